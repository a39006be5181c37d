"""The users of the console."""

from __future__ import annotations

from datetime import timedelta

from fastapi import Response

from visavis.console import cookies
from visavis.console.pages.account import sentence_of
from visavis.console.refusals import Refused
from visavis.console.request_context import RequestContext
from visavis.errors import AccountError
from visavis.identities import Invitation, Role

_UNTIL_SHOWN = timedelta(minutes=1)


async def show(context: RequestContext) -> Response:
    """Show the users, and the link of an invitation that was just made, this once."""
    secret = cookies.read(context.request, cookies.INVITATION)
    response = await _page(context, made=await context.quick(lambda: _made(context, secret)) if secret else None)
    if secret:
        cookies.drop(context.request, response, cookies.INVITATION)
    return response


async def invite(context: RequestContext) -> Response:
    """Invite a user; the page after it shows the link."""
    role = _role(context)
    secret = await context.quick(lambda: context.services.accounts.invite(role, context.user.name))
    return _show_next(context, secret)


async def invite_anew(context: RequestContext) -> Response:
    """Make a link that sets a new password for a user; the page after it shows the link."""
    accounts, user_id = context.services.accounts, _user_id(context)
    secret = await context.quick(lambda: accounts.invite_anew(accounts.require(user_id), context.user.name))
    return _show_next(context, secret)


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
    )


def _show_next(context: RequestContext, secret: str) -> Response:
    """Go to the page that shows the link. Loading that anew sends no form again, and makes no second link."""
    response = context.redirect("/users")
    cookies.keep(context.request, response, cookies.INVITATION, secret, _UNTIL_SHOWN)
    return response


def _made(context: RequestContext, secret: str) -> tuple[Invitation, str] | None:
    """The invitation of this secret and its link, unless it was used or revoked meanwhile."""
    try:
        invitation = context.services.accounts.invitation(secret)
    except AccountError:
        return None
    return invitation, _link(context, "password" if invitation.user else "setup", secret)


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
