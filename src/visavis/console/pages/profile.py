"""A user's own settings: password, sessions, language, theme."""

from __future__ import annotations

from fastapi import Response

from visavis.console import browsers, cookies
from visavis.console.pages.account import sentence_of, signed_in
from visavis.console.pages.users import rights
from visavis.console.refusals import Refused
from visavis.console.request_context import THEMES, RequestContext, local
from visavis.core import passwords
from visavis.errors import AccountError, AccountErrorCode


async def show(context: RequestContext) -> Response:
    return await _page(context)


async def change_password(context: RequestContext) -> Response:
    """Change the password, and end all other sessions."""
    old, new = context.form.get("old", ""), context.form.get("password", "")
    sessions = context.services.sessions
    try:
        secret = await context.hashing(lambda: sessions.change_password(context.user, old, new, context.client))
    except AccountError as error:
        of_old = {AccountErrorCode.WRONG_PASSWORD, AccountErrorCode.TOO_MANY_ATTEMPTS}
        field = "old" if error.code in of_old else "password"
        sentence = sentence_of(context, error)
        if error.code is AccountErrorCode.WRONG_PASSWORD:
            sentence = context.messages("profile.wrong_old")
        return await _page(context, 422, {field: sentence})
    return signed_in(context, secret, "/profile", "password_changed")


async def end_sessions(context: RequestContext) -> Response:
    """End all sessions of the user, including this one."""
    await context.quick(lambda: context.services.sessions.close_all(context.user))
    response = context.redirect("/sign-in", "signed_out")
    cookies.drop(context.request, response, cookies.SESSION)
    return response


async def end_other_sessions(context: RequestContext) -> Response:
    """Sign out everywhere but here."""
    await context.quick(lambda: context.services.sessions.end_others(context.user, context.secret))
    return context.redirect("/profile", "others_signed_out")


async def end_session(context: RequestContext) -> Response:
    """Sign out of one browser, which may be this one."""
    session_id = context.request.path_params["session_id"]
    ended = await context.quick(lambda: context.services.sessions.end(context.user, session_id))
    if not ended:
        raise Refused(404)
    return context.redirect("/profile", "session_ended")


async def set_preferences(context: RequestContext) -> Response:
    """Set language and theme, for this browser and the account. A field that is not sent stays as it is."""
    old_language = context.session.user.language if context.session else ""
    old_theme = context.session.user.theme if context.session else ""
    language = context.form.get("language", old_language)
    theme = context.form.get("theme", old_theme)
    if language not in context.renderer.languages:
        language = ""
    if theme not in THEMES:
        theme = ""
    if context.session is not None:
        user = context.session.user
        await context.quick(lambda: context.services.accounts.set_preferences(user, language, theme))
    response = context.redirect(local(context.form.get("back", "")))
    if "language" in context.form:
        cookies.keep(context.request, response, cookies.LANGUAGE, language)
    if "theme" in context.form:
        cookies.keep(context.request, response, cookies.THEME, theme)
    return response


async def _page(context: RequestContext, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    sessions = await context.quick(lambda: context.services.sessions.all_of(context.user, context.secret))
    return context.page(
        "profile.html",
        status,
        rights=rights(context, context.user.role, context.user.app_roles),
        errors=errors or {},
        shortest=passwords.MIN_LENGTH,
        sessions=[(each, browsers.in_words(each.browser)) for each in sessions],
    )
