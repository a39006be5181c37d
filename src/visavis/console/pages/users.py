"""The users of the console."""

from __future__ import annotations

from fastapi import Response

from visavis.console.pages.account import sentence_of
from visavis.console.refusals import Refused
from visavis.console.request_context import RequestContext
from visavis.errors import AccountError
from visavis.identities import Role, User


async def show(context: RequestContext) -> Response:
    return await _page(context)


async def invite(context: RequestContext) -> Response:
    """Invite a user and show the link, this once."""
    role = _role(context)
    secret = await context.quick(lambda: context.services.accounts.invite(role, context.user.name))
    return await _page(context, link=_link(context, "setup", secret), invited_role=role)


async def invite_anew(context: RequestContext) -> Response:
    """Show, this once, a link that sets a new password for a user."""

    def call() -> tuple[User, str]:
        user = context.services.accounts.require(_user_id(context))
        return user, context.services.accounts.invite_anew(user, context.user.name)

    user, secret = await context.quick(call)
    return await _page(context, link=_link(context, "password", secret), invited_user=user)


async def revoke_invitation(context: RequestContext) -> Response:
    invitation_id = context.request.path_params["invitation_id"]
    try:
        await context.quick(lambda: context.services.accounts.revoke_invitation(invitation_id))
    except AccountError:
        raise Refused(404) from None
    return context.redirect("/users", "invitation_revoked")


async def set_role(context: RequestContext) -> Response:
    role = _role(context)
    accounts = context.services.accounts
    try:
        await context.quick(lambda: accounts.set_role(accounts.require(_user_id(context)), role))
    except AccountError as error:
        return await _page(context, 409, error=sentence_of(context, error))
    return context.redirect("/users", "user_changed")


async def delete(context: RequestContext) -> Response:
    accounts = context.services.accounts
    try:
        await context.quick(lambda: accounts.delete(accounts.require(_user_id(context))))
    except AccountError as error:
        return await _page(context, 409, error=sentence_of(context, error))
    return context.redirect("/users", "user_deleted")


async def _page(
    context: RequestContext,
    status: int = 200,
    *,
    error: str = "",
    link: str = "",
    invited_role: Role | None = None,
    invited_user: User | None = None,
) -> Response:
    accounts, factors = context.services.accounts, context.services.second_factors
    users = await context.quick(accounts.all)
    return context.page(
        "users.html",
        status,
        users=users,
        invitations=await context.quick(accounts.open_invitations),
        enrolled=await context.quick(factors.enrolled),
        error=error,
        link=link,
        invited_role=invited_role,
        invited_user=invited_user,
    )


def _role(context: RequestContext) -> Role:
    try:
        return Role(context.form.get("role", ""))
    except ValueError:
        raise Refused(422) from None


def _user_id(context: RequestContext) -> int:
    text = context.request.path_params["user_id"]
    if not (text.isascii() and text.isdecimal() and len(text) < 18):
        raise Refused(404)
    return int(text)


def _link(context: RequestContext, page: str, secret: str) -> str:
    """The link with its secret after the #, which browsers do not send, so that it gets into no log."""
    url = context.request.url
    return f"{url.scheme}://{url.netloc}{context.base}/{page}#{secret}"
