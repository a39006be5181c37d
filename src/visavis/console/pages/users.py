"""The users of the console."""

from __future__ import annotations

from functools import partial

from fastapi import Response

from visavis.console import shown_once
from visavis.console.pages.account import sentence_of
from visavis.console.refusals import Refused
from visavis.console.request_context import RequestContext
from visavis.errors import AccountError
from visavis.identities import AppRole, AppRoles, Invitation, Role


async def show(context: RequestContext) -> Response:
    """Show the users, and the link of an invitation that was just made, this once."""
    for secret in shown_once.made(context):
        made = await context.quick(partial(_made, context, secret))
        return shown_once.forget(context, await _page(context, made=made))
    return await _page(context)


async def invite(context: RequestContext) -> Response:
    """Invite an administrator, or a member with one role in the ticked apps; the next page shows the link."""
    accounts, name = context.services.accounts, context.user.name
    role = context.form.get("role", "")
    if role == Role.ADMINISTRATOR.value:
        secret = await context.quick(lambda: accounts.invite(name))
        return shown_once.show_next(context, "/users", secret)
    in_apps = app_role(role)
    apps = [app for app in context.apps if f"app_{app.id}" in context.form]
    try:
        secret = await context.quick(lambda: accounts.invite_member(in_apps, apps, name))
    except AccountError as error:
        return await _page(context, 422, error=sentence_of(context, error))
    return shown_once.show_next(context, "/users", secret)


async def invite_anew(context: RequestContext) -> Response:
    """Make a link that sets a new password for a user; the page after it shows the link."""
    accounts, number = context.services.accounts, user_id(context)
    secret = await context.quick(lambda: accounts.invite_anew(accounts.require(number), context.user.name))
    return shown_once.show_next(context, "/users", secret)


async def revoke_invitation(context: RequestContext) -> Response:
    invitation_id = context.request.path_params["invitation_id"]
    try:
        await context.quick(lambda: context.services.accounts.revoke_invitation(invitation_id))
    except AccountError:
        raise Refused(404) from None
    return context.redirect("/users", "invitation_revoked")


async def set_role(context: RequestContext) -> Response:
    """Make a member an administrator, or an administrator, or somebody of a former role, a member."""
    role = context.form.get("role", "")
    if role not in {Role.ADMINISTRATOR.value, Role.MEMBER.value}:
        raise Refused(422)
    accounts, number = context.services.accounts, user_id(context)

    def change() -> None:
        user = accounts.require(number)
        if role == Role.MEMBER.value:
            accounts.make_member(user, context.apps)
        else:
            accounts.make_administrator(user)

    try:
        await context.quick(change)
    except AccountError as error:
        return await _page(context, 409, error=sentence_of(context, error))
    return context.redirect("/users", "user_changed")


async def delete(context: RequestContext) -> Response:
    accounts = context.services.accounts
    try:
        await context.quick(lambda: accounts.delete(accounts.require(user_id(context))))
    except AccountError as error:
        return await _page(context, 409, error=sentence_of(context, error))
    return context.redirect("/users", "user_deleted")


async def _page(
    context: RequestContext,
    status: int = 200,
    *,
    error: str = "",
    made: tuple[Invitation, str] | None = None,
) -> Response:
    """`made` is an invitation and its link."""
    accounts, factors = context.services.accounts, context.services.second_factors
    users = await context.quick(accounts.all)
    return context.page(
        "users.html",
        status,
        users=users,
        invitations=await context.quick(accounts.open_invitations),
        enrolled=await context.quick(factors.enrolled),
        error=error,
        made=made,
        rights=lambda each: rights(context, each.role, each.app_roles),
    )


def _made(context: RequestContext, secret: str) -> tuple[Invitation, str] | None:
    """The invitation of this secret and its link, unless it was used or revoked meanwhile."""
    try:
        invitation = context.services.accounts.invitation(secret)
    except AccountError:
        return None
    return invitation, _link(context, "password" if invitation.user else "setup", secret)


def app_role(text: str) -> AppRole:
    """The role of this name. Raises Refused."""
    try:
        return AppRole(text)
    except ValueError:
        raise Refused(422) from None


def rights(context: RequestContext, role: Role, app_roles: AppRoles) -> str:
    """What somebody may do, in words: `Administrator`, or such as `Operator in shop, office; Door in lab`."""
    if role is not Role.MEMBER:
        return context.messages(f"role.{role.name.lower()}")
    apps: dict[AppRole, list[str]] = {}
    for app in context.apps:
        if app.id in app_roles:
            apps.setdefault(app_roles[app.id], []).append(app.name)
    texts = [
        context.messages("role.in_apps", role=context.messages(f"role.{each}"), apps=", ".join(names))
        for each, names in apps.items()
    ]
    return "; ".join(texts) or context.messages("role.in_no_app")


def user_id(context: RequestContext) -> int:
    """The id that the path names. Raises Refused."""
    text = context.request.path_params["user_id"]
    if not (text.isascii() and text.isdecimal() and len(text) < 18):
        raise Refused(404)
    return int(text)


def _link(context: RequestContext, page: str, secret: str) -> str:
    """The link with its secret after the #, which browsers do not send, so that it gets into no log."""
    url = context.request.url
    return f"{url.scheme}://{url.netloc}{context.base}/{page}#{secret}"
