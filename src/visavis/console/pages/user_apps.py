"""The roles of one user in the apps."""

from __future__ import annotations

from fastapi import Response

from visavis.console.pages.account import sentence_of
from visavis.console.pages.users import app_role, user_id
from visavis.console.refusals import Refused
from visavis.console.request_context import RequestContext
from visavis.core import permissions
from visavis.errors import AccountError, AccountErrorCode
from visavis.identities import User

_NONE = "none"


async def show(context: RequestContext) -> Response:
    return await _page(context)


async def set_role(context: RequestContext) -> Response:
    """Set the role in the app that the path names, or take it away. It holds from the user's next request on."""
    text = context.form.get("role", "")
    role = None if text == _NONE else app_role(text)
    user, accounts = await _user(context), context.services.accounts
    try:
        await context.quick(lambda: accounts.set_app_role(user, context.app, role, context.apps))
    except AccountError as error:
        return await _page(context, 409, sentence_of(context, error))
    return context.redirect(f"/users/{user.id}/apps", "user_changed")


async def _page(context: RequestContext, status: int = 200, error: str = "") -> Response:
    user = await _user(context)
    return context.page(
        "user_apps.html",
        status,
        user=user,
        roles=permissions.nearest(user, context.apps),
        is_former=user.role in permissions.FORMER,
        error=error,
    )


async def _user(context: RequestContext) -> User:
    """The user that the path names. Raises Refused."""
    number = user_id(context)
    try:
        return await context.quick(lambda: context.services.accounts.require(number))
    except AccountError as error:
        if error.code is not AccountErrorCode.USER_NOT_FOUND:
            raise
        raise Refused(404) from None
