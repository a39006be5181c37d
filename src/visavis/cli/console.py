"""The commands `visavis console ...`: accounts of the web console."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated

import typer

from visavis import app as wiring
from visavis.cli.address import server_url
from visavis.cli.terminal import DataDir, read_settings, say
from visavis.core import permissions
from visavis.core.accounts import Accounts
from visavis.errors import AccountError, AccountErrorCode, SetupError
from visavis.identities import App, AppRole, Role, User

console_commands = typer.Typer(no_args_is_help=True, help="The accounts of the web console.")

Name = Annotated[str, typer.Argument(help="The name that the account signs in with.")]


class InvitedRole(StrEnum):
    """Roles that a new account can have."""

    ADMINISTRATOR = "administrator"
    MANAGER = "manager"
    OPERATOR = "operator"
    VIEWER = "viewer"
    DOOR = "door"


class GivenRole(StrEnum):
    """Roles that an account can be given: two for the server, and those in an app or none there."""

    ADMINISTRATOR = "administrator"
    MEMBER = "member"
    MANAGER = "manager"
    OPERATOR = "operator"
    VIEWER = "viewer"
    DOOR = "door"
    NONE = "none"


@console_commands.command("invite", epilog="Example: visavis console invite --role operator --app front-door")
def invite(
    role: Annotated[InvitedRole, typer.Option(help="What the new account may do.")] = InvitedRole.ADMINISTRATOR,
    app: Annotated[
        list[str] | None,
        typer.Option(help="An app in which it has this role, for all but administrators; repeatable."),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Print a one-time link for creating an account, valid for seven days. Works while a server is running."""
    is_administrator = role is InvitedRole.ADMINISTRATOR
    if is_administrator and app:
        raise typer.BadParameter("Administrators need no --app: they may do everything in every app.")
    if not is_administrator and not app:
        raise typer.BadParameter(f"Name the apps in which the new account is {role}, with --app.")
    settings = read_settings(data_dir=data_dir)
    wiring.make_records(settings).close()
    with wiring.open_roles(settings) as (accounts, apps):
        if is_administrator:
            secret = accounts.invite()
        else:
            secret = accounts.invite_member(AppRole(role.value), [apps.require(name) for name in app or ()])
    say(f"{server_url(settings)}/console/setup#{secret}")


@console_commands.command("reset-password", epilog="Example: visavis console reset-password ines")
def reset_password(
    name: Name,
    data_dir: DataDir = None,
) -> None:
    """Print a one-time link for setting a new password, valid for seven days. Works while a server is running."""
    settings = read_settings(data_dir=data_dir)
    with wiring.open_accounts(settings) as accounts:
        secret = accounts.invite_anew(_user(accounts, name))
    say(f"{server_url(settings)}/console/password#{secret}")


@console_commands.command("reset-second-factor", epilog="Example: visavis console reset-second-factor ines")
def reset_second_factor(
    name: Name,
    data_dir: DataDir = None,
) -> None:
    """Remove the second factor of a user who lost device and recovery codes. Works while a server is running."""
    settings = read_settings(data_dir=data_dir)
    with wiring.open_second_factors(settings) as (accounts, factors):
        user = _user(accounts, name)
        if not factors.remove(user):
            raise SetupError(f"{user.name} has no second factor.")
    say(f"{user.name} now signs in with the password alone, until a second factor is enrolled again.")


@console_commands.command("users", epilog="Example: visavis console users")
def list_users(data_dir: DataDir = None) -> None:
    """List the accounts and their roles: on the server, and for members in which apps."""
    with wiring.open_roles(read_settings(data_dir=data_dir)) as (accounts, apps):
        known = apps.all()
        for user in accounts.all():
            roles = "; ".join(_roles(user, known)) if user.role is Role.MEMBER else ""
            say(f"{_shown(user):<14} {user.name}{f' ({roles})' if roles else ''}")


@console_commands.command("roles", epilog="Example: visavis console roles ines")
def show_roles(name: Name, data_dir: DataDir = None) -> None:
    """Print what somebody may do: the role on the server, and a member's roles in apps."""
    with wiring.open_roles(read_settings(data_dir=data_dir)) as (accounts, apps):
        user, known = _user(accounts, name), apps.all()
    say(_shown(user))
    for role in _roles(user, known):
        say(role)


@console_commands.command(
    "set-role", epilog="Example: visavis console set-role ines --role viewer --app front-door"
)
def set_role(
    name: Name,
    role: Annotated[
        GivenRole,
        typer.Option(help="`administrator` or `member`, or a role in --app; `none` takes the role there away."),
    ],
    app: Annotated[str | None, typer.Option(help="The app in which the role holds.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Change what somebody may do, from the next request on. Works beside a running server."""
    on_server = role in {GivenRole.ADMINISTRATOR, GivenRole.MEMBER}
    if on_server and app is not None:
        raise typer.BadParameter(f"The role {role} is not one in an app: leave --app out.")
    if not on_server and app is None:
        raise typer.BadParameter("Name the app in which the role holds, with --app.")
    with wiring.open_roles(read_settings(data_dir=data_dir)) as (accounts, apps), _explained(name):
        user, known = _user(accounts, name), apps.all()
        if role is GivenRole.ADMINISTRATOR:
            accounts.make_administrator(user)
        elif role is GivenRole.MEMBER:
            accounts.make_member(user, known)
        else:
            in_app = None if role is GivenRole.NONE else AppRole(role.value)
            accounts.set_app_role(user, apps.require(app or ""), in_app, known)
        user = _user(accounts, name)
    say(f"{user.name}: {'; '.join([_shown(user), *_roles(user, known)])}")


@contextmanager
def _explained(name: str) -> Iterator[None]:
    """Says in a sentence why a role cannot be changed."""
    try:
        yield
    except AccountError as error:
        match error.code:
            case AccountErrorCode.LAST_ADMINISTRATOR:
                raise SetupError(f"{name} is the only administrator, and one must stay.") from None
            case AccountErrorCode.NOT_A_MEMBER:
                raise SetupError(
                    f"{name} is an administrator, who has no roles in apps: make it a member first."
                ) from None
            case _:
                raise SetupError(f"There is no user named {name!r}.") from None


def _user(accounts: Accounts, name: str) -> User:
    with _explained(name):
        return accounts.require_name(name)


def _shown(user: User) -> str:
    """The role on the server."""
    return f"{user.role} in every app" if user.role in permissions.FORMER else user.role.value


def _roles(user: User, apps: Sequence[App]) -> list[str]:
    """The roles of a member as they are printed, such as `operator in front-door`."""
    return [f"{user.app_roles[app.id]} in {app.name}" for app in apps if app.id in user.app_roles]
