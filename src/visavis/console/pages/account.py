"""Into the console and out of it: the first account, invitations, forgotten passwords, signing in."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from fastapi import Response

from visavis.console import cookies
from visavis.console.visit import Visit, local
from visavis.core import passwords
from visavis.errors import AccountError, ErrorCode, Objection
from visavis.identities import User
from visavis.trail import Effect, Event

_ABOUT_NAME = {Objection.NAME_INVALID, Objection.NAME_TAKEN}
_ABOUT_CODE = {Objection.INVITATION_INVALID}


async def show_setup(visit: Visit) -> Response:
    return visit.page("setup.html", **_blank(asks_name=True))


async def show_new_password(visit: Visit) -> Response:
    return visit.page("setup.html", **_blank(asks_name=False))


async def set_up(visit: Visit) -> Response:
    return await _accept(visit, asks_name=True)


async def set_new_password(visit: Visit) -> Response:
    return await _accept(visit, asks_name=False)


async def show_sign_in(visit: Visit) -> Response:
    """Where nobody has an account yet, the page on which the first is opened."""
    if visit.session is not None:
        return visit.redirect("/")
    if not await visit.quick(visit.services.accounts.store.list_users):
        return visit.redirect("/setup")
    return visit.page("sign_in.html", error="", name="", after=local(visit.request.query_params.get("next", "")))


async def sign_in(visit: Visit) -> Response:
    name, password = visit.form.get("name", "").strip(), visit.form.get("password", "")
    after = local(visit.form.get("next", ""))
    try:
        secret = await visit.hashing(lambda: visit.services.sessions.sign_in(name, password, visit.place))
    except AccountError as error:
        await _tell(visit, error)
        sentence = objection(visit, error)
        response = visit.page("sign_in.html", 401, error=sentence, name=name, after=after)
        if error.wait_seconds:
            response.status_code = 429
            response.headers["Retry-After"] = str(error.wait_seconds)
        return response
    await _tell(visit, None, name)
    return signed_in(visit, secret, after)


async def sign_out(visit: Visit) -> Response:
    if visit.session is not None:
        await visit.quick(lambda: visit.services.sessions.close(visit.secret))
    response = visit.redirect("/sign-in", "signed_out")
    cookies.drop(visit.request, response, cookies.SESSION)
    return response


def signed_in(visit: Visit, secret: str, path: str, notice: str | None = None) -> Response:
    """Go on as somebody who has a new session."""
    response = visit.redirect(path, notice)
    cookies.keep(visit.request, response, cookies.SESSION, secret, visit.services.sessions.lifetime)
    cookies.drop(visit.request, response, cookies.VISITOR)
    return response


def objection(visit: Visit, error: AccountError) -> str:
    """The objection in words."""
    minutes = -(-timedelta(seconds=error.wait_seconds) // timedelta(minutes=1))
    return visit.words(f"objection.{error.objection}", shortest=passwords.MIN_LENGTH, minutes=minutes)


async def _tell(visit: Visit, error: AccountError | None, name: str | None = None) -> None:
    """Put an attempt to sign in on record. Without a name where it failed: people type passwords there."""
    event = Event(actor=visit.actor(name), operation="sign_in", effect=Effect.CHANGE, dialect="console")
    audit = visit.services.audit
    if error is None:
        await visit.quick(lambda: audit.record(event))
        return
    wait = error.objection is Objection.TOO_MANY_ATTEMPTS
    refused = replace(event, result=ErrorCode.RATE_LIMITED if wait else ErrorCode.UNAUTHORIZED)
    await visit.quick(lambda: audit.refused(refused))


async def _accept(visit: Visit, *, asks_name: bool) -> Response:
    code, name = visit.form.get("code", "").strip(), visit.form.get("name", "")
    password = visit.form.get("password", "")
    accounts, sessions = visit.services.accounts, visit.services.sessions

    def accept() -> str:
        if (accounts.invitation(code).user is None) is not asks_name:
            raise AccountError(Objection.INVITATION_INVALID)
        user: User = accounts.accept(code, name, password)
        return sessions.open(user)

    try:
        secret = await visit.hashing(accept)
    except AccountError as error:
        field = "password"
        if error.objection in _ABOUT_NAME:
            field = "name"
        elif error.objection in _ABOUT_CODE:
            field = "code"
        context = _blank(asks_name=asks_name) | {"errors": {field: objection(visit, error)}}
        return visit.page("setup.html", 422, **context | {"code": code, "name": name})
    return signed_in(visit, secret, "/", "welcome" if asks_name else "password_changed")


def _blank(*, asks_name: bool) -> dict[str, Any]:
    return {
        "asks_name": asks_name,
        "errors": {},
        "code": "",
        "name": "",
        "shortest": passwords.MIN_LENGTH,
    }
