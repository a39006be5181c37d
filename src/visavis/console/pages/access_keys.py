"""User access keys: made and shown once, limited, given new secrets, revoked."""

from __future__ import annotations

import math
from datetime import timedelta

from fastapi import Response

from visavis.console import shown_once
from visavis.console.refusals import Refused
from visavis.console.request_context import RequestContext
from visavis.core.access_keys import LEAST_LIFETIME, MOST_LIFETIME
from visavis.core.apps import MAX_OVERLAP_HOURS
from visavis.errors import ErrorCode, ServiceError
from visavis.identities import AccessKey

PATH = "/access-keys"
_ABOUT_INPUT = {ErrorCode.INVALID_PARAMETER, ErrorCode.DUPLICATE_ACCESS_KEY, ErrorCode.APP_NOT_FOUND}


async def show(context: RequestContext) -> Response:
    """Show the keys, and a secret that was just made, this once."""
    match shown_once.made(context):
        case [number, secret]:
            keys = await context.quick(context.services.access_keys.all)
            made = next((key for key in keys if str(key.number) == number), None)
            return shown_once.forget(context, await _page(context, made=made, secret=secret))
        case _:
            return await _page(context)


async def create(context: RequestContext) -> Response:
    """Create a key; the next page shows its secret, this once."""
    name, lifetime = context.form.get("name", "").strip(), _lifetime(context)
    if lifetime is None:
        return await _page(context, 422, error=context.messages("access_keys.lifetime_wrong"))
    apps, keys = _apps(context), context.services.access_keys
    try:
        key, secret = await context.quick(lambda: keys.create(name, apps, lifetime))
    except ServiceError as error:
        if error.code not in _ABOUT_INPUT:
            raise
        return await _page(context, 422, error=context.why(error), wrong="name", name=name)
    return shown_once.show_next(context, PATH, str(key.number), secret)


async def limit(context: RequestContext) -> Response:
    lifetime = _lifetime(context)
    if lifetime is None:
        return await _page(context, 422, error=context.messages("access_keys.lifetime_wrong"))
    key, apps = await _key(context), _apps(context)
    try:
        await context.quick(lambda: context.services.access_keys.limit(key, apps, lifetime))
    except ServiceError as error:
        if error.code not in _ABOUT_INPUT:
            raise
        return await _page(context, 422, error=context.why(error))
    return context.redirect(PATH, "access_key_changed")


async def rotate(context: RequestContext) -> Response:
    """Give the key a new secret; the next page shows it, this once."""
    try:
        hours = float(context.form.get("overlap", ""))
    except ValueError:
        hours = math.nan
    if not 0 <= hours <= MAX_OVERLAP_HOURS:
        return await _page(context, 422, error=context.messages("access_keys.overlap_wrong"))
    key = await _key(context)
    secret = await context.quick(lambda: context.services.access_keys.rotate(key, timedelta(hours=hours)))
    return shown_once.show_next(context, PATH, str(key.number), secret)


async def revoke(context: RequestContext) -> Response:
    key = await _key(context)
    await context.quick(lambda: context.services.access_keys.revoke(key))
    return context.redirect(PATH, "access_key_revoked")


async def _page(
    context: RequestContext,
    status: int = 200,
    *,
    made: AccessKey | None = None,
    secret: str = "",
    error: str = "",
    wrong: str = "",
    name: str = "",
) -> Response:
    keys = context.services.access_keys
    return context.page(
        "access_keys.html",
        status,
        keys=await context.quick(keys.all),
        now=keys.clock(),
        made=made,
        secret=secret,
        error=error,
        wrong=wrong,
        name=name,
    )


async def _key(context: RequestContext) -> AccessKey:
    """The key that the path names. Raises Refused."""
    for key in await context.quick(context.services.access_keys.all):
        if str(key.number) == context.request.path_params["number"]:
            return key
    raise Refused(404)


def _apps(context: RequestContext) -> list[str] | None:
    """Names of the apps that were ticked; None for all. Raises Refused."""
    match context.form.get("reach"):
        case "all":
            return None
        case "some":
            return [app.name for app in context.apps if f"app_{app.id}" in context.form]
        case _:
            raise Refused(422)


def _lifetime(context: RequestContext) -> int | None:
    """Seconds; None if they are none that a token may be valid for."""
    text = context.form.get("lifetime", "")
    seconds = int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else 0
    return seconds if LEAST_LIFETIME <= seconds <= MOST_LIFETIME else None
