"""Who may use the console."""

from __future__ import annotations

from fastapi import Response

from visavis.console.pages.account import objection
from visavis.console.refusals import Refused
from visavis.console.visit import Visit
from visavis.errors import AccountError
from visavis.identities import Role, User


async def show(visit: Visit) -> Response:
    return await _page(visit)


async def invite(visit: Visit) -> Response:
    """The only page that ever shows the link."""
    role = _role(visit)
    secret = await visit.quick(lambda: visit.services.accounts.invite(role))
    return await _page(visit, link=_link(visit, "setup", secret), invited_role=role)


async def invite_anew(visit: Visit) -> Response:
    """Likewise, for somebody who has lost the password."""

    def call() -> tuple[User, str]:
        user = visit.services.accounts.require(_user_id(visit))
        return user, visit.services.accounts.invite_anew(user)

    user, secret = await visit.quick(call)
    return await _page(visit, link=_link(visit, "password", secret), invited_user=user)


async def set_role(visit: Visit) -> Response:
    role = _role(visit)
    accounts = visit.services.accounts
    try:
        await visit.quick(lambda: accounts.store.set_role(accounts.require(_user_id(visit)), role))
    except AccountError as error:
        return await _page(visit, 409, error=objection(visit, error))
    return visit.redirect("/users", "user_changed")


async def delete(visit: Visit) -> Response:
    accounts = visit.services.accounts
    try:
        await visit.quick(lambda: accounts.store.delete_user(accounts.require(_user_id(visit))))
    except AccountError as error:
        return await _page(visit, 409, error=objection(visit, error))
    return visit.redirect("/users", "user_deleted")


async def _page(
    visit: Visit,
    status: int = 200,
    *,
    error: str = "",
    link: str = "",
    invited_role: Role | None = None,
    invited_user: User | None = None,
) -> Response:
    users = await visit.quick(visit.services.accounts.store.list_users)
    return visit.page(
        "users.html",
        status,
        users=users,
        error=error,
        link=link,
        invited_role=invited_role,
        invited_user=invited_user,
    )


def _role(visit: Visit) -> Role:
    try:
        return Role(visit.form.get("role", ""))
    except ValueError:
        raise Refused(422) from None


def _user_id(visit: Visit) -> int:
    text = visit.request.path_params["user_id"]
    if not (text.isascii() and text.isdecimal() and len(text) < 18):
        raise Refused(404)
    return int(text)


def _link(visit: Visit, page: str, secret: str) -> str:
    """The secret is behind the #, which browsers keep to themselves: it gets into no log."""
    url = visit.request.url
    return f"{url.scheme}://{url.netloc}{visit.base}/{page}#{secret}"
