"""Accounts: the first account, invitations, new passwords, sign-in and sign-out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from fastapi import Response

from visavis.audit_events import Effect, Event
from visavis.console import cookies
from visavis.console.request_context import RequestContext, local
from visavis.core import passwords
from visavis.core.sessions import CodeNeeded
from visavis.errors import AccountError, AccountErrorCode, ErrorCode
from visavis.identities import User

_ABOUT_NAME = {AccountErrorCode.NAME_INVALID, AccountErrorCode.NAME_TAKEN}
_ABOUT_CODE = {AccountErrorCode.INVITATION_INVALID}


async def show_setup(context: RequestContext) -> Response:
    return context.page("setup.html", **_blank(asks_name=True))


async def show_new_password(context: RequestContext) -> Response:
    return context.page("setup.html", **_blank(asks_name=False))


async def set_up(context: RequestContext) -> Response:
    return await _accept(context, asks_name=True)


async def set_new_password(context: RequestContext) -> Response:
    return await _accept(context, asks_name=False)


async def show_sign_in(context: RequestContext) -> Response:
    """Show the sign-in page, or the page that opens the first account if there is none."""
    if context.session is not None:
        return context.redirect("/")
    if not await context.quick(context.services.accounts.all):
        return context.redirect("/setup")
    return context.page(
        "sign_in.html", error="", name="", after=local(context.request.query_params.get("next", ""))
    )


async def sign_in(context: RequestContext) -> Response:
    name, password = context.form.get("name", "").strip(), context.form.get("password", "")
    after = local(context.form.get("next", ""))
    try:
        secret = await context.hashing(lambda: context.services.sessions.sign_in(name, password, context.client))
    except CodeNeeded as needed:
        return _code_page(context, needed.token, after)
    except AccountError as error:
        await _record_attempt(context, error)
        sentence = sentence_of(context, error)
        response = context.page("sign_in.html", 401, error=sentence, name=name, after=after)
        if error.wait_seconds:
            response.status_code = 429
            response.headers["Retry-After"] = str(error.wait_seconds)
        return response
    await _record_attempt(context, None, name)
    return signed_in(context, secret, after)


async def give_code(context: RequestContext) -> Response:
    """The second half of signing in."""
    token, code = context.form.get("token", ""), context.form.get("code", "")
    after, sessions = local(context.form.get("next", "")), context.services.sessions
    try:
        secret, user = await context.hashing(lambda: sessions.finish(token, code, context.client))
    except AccountError as error:
        await _record_attempt(context, error)
        sentence, wait = sentence_of(context, error), error.wait_seconds
        if error.code is AccountErrorCode.SIGN_IN_EXPIRED:
            return context.page("sign_in.html", 401, error=sentence, name="", after=after)
        response = _code_page(context, token, after, sentence, 429 if wait else 401)
        if wait:
            response.headers["Retry-After"] = str(wait)
        return response
    await _record_attempt(context, None, user.name)
    return signed_in(context, secret, after)


async def sign_out(context: RequestContext) -> Response:
    if context.session is not None:
        await context.quick(lambda: context.services.sessions.close(context.secret))
    response = context.redirect("/sign-in", "signed_out")
    cookies.drop(context.request, response, cookies.SESSION)
    return response


def signed_in(context: RequestContext, secret: str, path: str, notice: str | None = None) -> Response:
    """Redirect with the cookie of a new session."""
    response = context.redirect(path, notice)
    cookies.keep(context.request, response, cookies.SESSION, secret, context.services.sessions.lifetime)
    cookies.drop(context.request, response, cookies.VISITOR)
    return response


def sentence_of(context: RequestContext, error: AccountError) -> str:
    """A sentence about an account error, in the reader's language."""
    minutes = -(-timedelta(seconds=error.wait_seconds) // timedelta(minutes=1))
    return context.messages(f"account_error.{error.code}", shortest=passwords.MIN_LENGTH, minutes=minutes)


async def _record_attempt(context: RequestContext, error: AccountError | None, name: str | None = None) -> None:
    """Record an attempt to sign in, without the name if it failed: people type passwords into that field."""
    event = Event(actor=context.actor(name), operation="sign_in", effect=Effect.CHANGE, dialect="console")
    audit = context.services.audit
    if error is None:
        await context.quick(lambda: audit.record(event))
        return
    wait = error.code is AccountErrorCode.TOO_MANY_ATTEMPTS
    refused = replace(event, result=ErrorCode.RATE_LIMITED if wait else ErrorCode.UNAUTHORIZED)
    await context.quick(lambda: audit.refused(refused))


async def _accept(context: RequestContext, *, asks_name: bool) -> Response:
    code, name = context.form.get("code", "").strip(), context.form.get("name", "")
    password = context.form.get("password", "")
    accounts, sessions = context.services.accounts, context.services.sessions

    def accept() -> str:
        if (accounts.invitation(code).user is None) is not asks_name:
            raise AccountError(AccountErrorCode.INVITATION_INVALID)
        user: User = accounts.accept(code, name, password)
        # A link is no second factor: who has one signs in with it.
        return "" if context.services.second_factors.has(user) else sessions.open(user, context.client)

    try:
        secret = await context.hashing(accept)
    except AccountError as error:
        field = "password"
        if error.code in _ABOUT_NAME:
            field = "name"
        elif error.code in _ABOUT_CODE:
            field = "code"
        errors = {field: sentence_of(context, error)}
        form = _blank(asks_name=asks_name) | {"errors": errors, "code": code, "name": name}
        return context.page("setup.html", 422, **form)
    if not secret:
        return context.redirect("/sign-in", "password_changed")
    return signed_in(context, secret, "/", "welcome" if asks_name else "password_changed")


def _code_page(context: RequestContext, token: str, after: str, error: str = "", status: int = 200) -> Response:
    return context.page("sign_in_code.html", status, token=token, after=after, error=error)


def _blank(*, asks_name: bool) -> dict[str, Any]:
    return {
        "asks_name": asks_name,
        "errors": {},
        "code": "",
        "name": "",
        "shortest": passwords.MIN_LENGTH,
    }
