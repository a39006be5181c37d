"""What people decide about themselves: password, sessions, language, theme."""

from __future__ import annotations

from fastapi import Response

from visavis.console import cookies
from visavis.console.pages.account import objection, signed_in
from visavis.console.visit import THEMES, Visit, local
from visavis.core import passwords
from visavis.errors import AccountError, Objection


async def show(visit: Visit) -> Response:
    return _page(visit)


async def change_password(visit: Visit) -> Response:
    """All other sessions end."""
    old, new = visit.form.get("old", ""), visit.form.get("password", "")
    sessions = visit.services.sessions
    try:
        secret = await visit.hashing(lambda: sessions.change_password(visit.user, old, new, visit.place))
    except AccountError as error:
        of_old = {Objection.WRONG_PASSWORD, Objection.TOO_MANY_ATTEMPTS}
        field = "old" if error.objection in of_old else "password"
        sentence = objection(visit, error)
        if error.objection is Objection.WRONG_PASSWORD:
            sentence = visit.words("profile.wrong_old")
        return _page(visit, 422, {field: sentence})
    return signed_in(visit, secret, "/profile", "password_changed")


async def end_sessions(visit: Visit) -> Response:
    """Sign out everywhere, here included."""
    await visit.quick(lambda: visit.services.accounts.store.end_sessions(visit.user))
    response = visit.redirect("/sign-in", "signed_out")
    cookies.drop(visit.request, response, cookies.SESSION)
    return response


async def set_preferences(visit: Visit) -> Response:
    """Language and theme, for this browser and for the account; what is not sent stays."""
    old_language = visit.session.user.language if visit.session else ""
    old_theme = visit.session.user.theme if visit.session else ""
    language = visit.form.get("language", old_language)
    theme = visit.form.get("theme", old_theme)
    if language not in visit.renderer.languages:
        language = ""
    if theme not in THEMES:
        theme = ""
    if visit.session is not None:
        user = visit.session.user
        await visit.quick(lambda: visit.services.accounts.store.set_preferences(user, language, theme))
    response = visit.redirect(local(visit.form.get("back", "")))
    if "language" in visit.form:
        cookies.keep(visit.request, response, cookies.LANGUAGE, language)
    if "theme" in visit.form:
        cookies.keep(visit.request, response, cookies.THEME, theme)
    return response


def _page(visit: Visit, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    return visit.page("profile.html", status, errors=errors or {}, shortest=passwords.MIN_LENGTH)
