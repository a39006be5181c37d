"""The commands `visavis console ...`: accounts of the web console."""

from __future__ import annotations

from typing import Annotated

import typer

from visavis import app as wiring
from visavis.cli.terminal import DataDir, reachable, read_settings, say
from visavis.errors import AccountError, SetupError
from visavis.identities import Role

console_commands = typer.Typer(no_args_is_help=True, help="The web console: who gets in.")


@console_commands.command("invite", epilog="Example: visavis console invite --role operator")
def invite(
    role: Annotated[Role, typer.Option(help="What the new account may do.")] = Role.ADMINISTRATOR,
    data_dir: DataDir = None,
) -> None:
    """Print a link that opens one account, for seven days. Works beside a running server."""
    settings = read_settings(data_dir=data_dir)
    wiring.make_records(settings).close()
    with wiring.open_accounts(settings) as accounts:
        secret = accounts.invite(role)
    say(f"{reachable(settings)}/console/setup#{secret}")


@console_commands.command("reset-password", epilog="Example: visavis console reset-password ines")
def reset_password(
    name: Annotated[str, typer.Argument(help="The name that the account signs in with.")],
    data_dir: DataDir = None,
) -> None:
    """Print a link that sets a new password, once, within seven days. Works beside a running server."""
    settings = read_settings(data_dir=data_dir)
    with wiring.open_accounts(settings) as accounts:
        try:
            secret = accounts.invite_anew(accounts.require_name(name))
        except AccountError:
            raise SetupError(f"There is no user named {name!r}.") from None
    say(f"{reachable(settings)}/console/password#{secret}")


@console_commands.command("reset-second-factor", epilog="Example: visavis console reset-second-factor ines")
def reset_second_factor(
    name: Annotated[str, typer.Argument(help="The name that the account signs in with.")],
    data_dir: DataDir = None,
) -> None:
    """Take a second factor away whose owner has lost device and recovery codes. Works beside a running server."""
    settings = read_settings(data_dir=data_dir)
    with wiring.open_second_factors(settings) as (accounts, factors):
        try:
            user = accounts.require_name(name)
        except AccountError:
            raise SetupError(f"There is no user named {name!r}.") from None
        if not factors.remove(user):
            raise SetupError(f"{user.name} has no second factor.")
    say(f"{user.name} signs in with the password alone now, until a second factor is enrolled again.")


@console_commands.command("users", epilog="Example: visavis console users")
def list_users(data_dir: DataDir = None) -> None:
    """List who may sign in, and as what."""
    with wiring.open_accounts(read_settings(data_dir=data_dir)) as accounts:
        for user in accounts.all():
            say(f"{user.role:<14} {user.name}")
