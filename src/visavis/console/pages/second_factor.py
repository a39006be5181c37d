"""The second factor of whoever has signed in: enrolled, its recovery codes renewed, taken away."""

from __future__ import annotations

import segno
from fastapi import Response
from markupsafe import Markup

from visavis.console import shown_once
from visavis.console.pages.account import sentence_of
from visavis.console.request_context import RequestContext
from visavis.core.second_factor import new_secret
from visavis.errors import AccountError

PATH = "/profile/second-factor"


async def show(context: RequestContext) -> Response:
    """A new secret each time, which counts for nothing until a code of it is sent.

    Recovery codes that were just made are shown instead, this once.
    """
    if codes := shown_once.made(context):
        return shown_once.forget(context, context.page("recovery_codes.html", codes=codes))
    if context.session is not None and context.session.has_second_factor:
        factors = context.services.second_factors
        left = await context.quick(lambda: factors.codes_left(context.user))
        return context.page("second_factor.html", left=left)
    return _enrolment(context, new_secret())


async def enrol(context: RequestContext) -> Response:
    """Enrol the device; the next page shows the recovery codes, this once."""
    secret, code = context.form.get("secret", ""), context.form.get("code", "")
    factors = context.services.second_factors
    try:
        codes = await context.quick(lambda: factors.confirm(context.user, secret, code))
    except AccountError as error:
        return _enrolment(context, secret, sentence_of(context, error), 422)
    return shown_once.show_next(context, PATH, *codes)


async def renew_codes(context: RequestContext) -> Response:
    """Make new codes in the place of the old; the next page shows them, this once."""
    if context.session is None or not context.session.has_second_factor:
        return context.redirect(PATH)
    codes = await context.quick(lambda: context.services.second_factors.renew_codes(context.user))
    return shown_once.show_next(context, PATH, *codes)


async def remove(context: RequestContext) -> Response:
    await context.quick(lambda: context.services.second_factors.remove(context.user))
    return context.redirect("/profile", "second_factor_removed")


def _enrolment(context: RequestContext, secret: str, error: str = "", status: int = 200) -> Response:
    factors = context.services.second_factors
    try:
        uri = factors.uri(context.user, secret)
        code = segno.make(uri, error="m")
    except ValueError:  # a secret that is none was sent
        return _enrolment(context, new_secret(), error, status)
    picture = code.svg_inline(border=3, dark="#000", light="#fff", omitsize=True)
    spaced = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
    return context.page(
        "second_factor_enrol.html",
        status,
        secret=secret,
        spaced=spaced,
        picture=Markup(picture),  # noqa: S704 - made of numbers
        error=error,
    )
