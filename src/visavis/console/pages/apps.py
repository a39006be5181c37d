"""Apps: their keys, their protocols and their rate limits."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta

from fastapi import Response

from visavis.console import shown_once
from visavis.console.refusals import Refused
from visavis.console.request_context import RequestContext
from visavis.core.apps import MAX_OVERLAP_HOURS
from visavis.errors import ErrorCode, ServiceError
from visavis.identities import App, KeyKind

_ABOUT_NAME = {ErrorCode.INVALID_PARAMETER, ErrorCode.DUPLICATE_APP}
_PERIODS = ("second", "minute", "hour", "day")


async def show_all(context: RequestContext) -> Response:
    return _list(context)


async def create(context: RequestContext) -> Response:
    """Create an app; its page shows the keys, this once."""
    name = context.form.get("name", "").strip()

    def make() -> tuple[App, Mapping[KeyKind, str]]:
        keys = context.services.apps.create(name)
        return context.services.apps.require(name), keys

    try:
        app, keys = await context.quick(make)
    except ServiceError as error:
        if error.code not in _ABOUT_NAME:
            raise
        return _list(context, 422, name, context.why(error))
    return _show_next(context, app, keys)


async def show(context: RequestContext) -> Response:
    """Show the app, and keys that were just made, this once."""
    if secrets := shown_once.made(context):
        keys = dict(zip(KeyKind, secrets, strict=False))
        return shown_once.forget(context, await _page(context, context.app, keys=keys))
    return await _page(context, context.app)


async def rotate(context: RequestContext) -> Response:
    """Add new keys beside the old ones; the page of the app shows them, this once."""
    text = context.form.get("overlap", "")
    try:
        hours = float(text)
    except ValueError:
        hours = math.nan
    if not 0 <= hours <= MAX_OVERLAP_HOURS:
        return await _page(context, context.app, 422, wrong="overlap")
    keys = await context.quick(lambda: context.services.apps.rotate(context.app, timedelta(hours=hours)))
    return _show_next(context, context.app, keys)


async def revoke(context: RequestContext) -> Response:
    text = context.request.path_params["key_id"]
    if not (text.isascii() and text.isdecimal() and len(text) < 18):
        raise Refused(404)
    await context.quick(lambda: context.services.apps.revoke(context.app, [int(text)]))
    return context.redirect(context.to("apps", context.app.id), "key_revoked")


async def set_dialects(context: RequestContext) -> Response:
    off = [name for name in context.services.apps.dialects if f"speaks_{name}" not in context.form]
    await context.quick(lambda: context.services.apps.switch_off(context.app, off))
    return context.redirect(context.to("apps", context.app.id), "app_changed")


async def set_rate(context: RequestContext) -> Response:
    number, period = context.form.get("rate", "").strip(), context.form.get("period", "")
    if period not in _PERIODS:
        raise Refused(422)
    try:
        rate = f"{number}/{period}" if number else "off"
        await context.quick(lambda: context.services.apps.limit_rate(context.app, rate))
    except ServiceError as error:
        if error.code is not ErrorCode.INVALID_PARAMETER:
            raise
        return await _page(context, context.app, 422, wrong="rate")
    return context.redirect(context.to("apps", context.app.id), "app_changed")


async def delete(context: RequestContext) -> Response:
    """Delete the app if its name was typed as confirmation."""
    app = context.app
    if context.form.get("confirmation", "") != app.name:
        return await _page(context, app, 422, wrong="confirmation")
    await context.quick(lambda: context.services.apps.delete(app))
    return context.redirect("/apps", "app_deleted")


def _show_next(context: RequestContext, app: App, keys: Mapping[KeyKind, str]) -> Response:
    return shown_once.show_next(context, context.to("apps", app.id), *(keys[kind] for kind in KeyKind))


def _list(context: RequestContext, status: int = 200, name: str = "", error: str = "") -> Response:
    return context.page("apps.html", status, name=name, error=error)


async def _page(
    context: RequestContext,
    app: App,
    status: int = 200,
    *,
    keys: Mapping[KeyKind, str] | None = None,
    wrong: str = "",
) -> Response:
    records = await context.quick(lambda: context.services.apps.keys(app))
    now = context.services.apps.clock()
    number, _, period = app.rate_limit.partition("/")
    return context.page(
        "app.html",
        status,
        app=app,
        keys=keys,
        records=[record for record in records if record.retires_at is None or record.retires_at > now],
        dialects=context.services.apps.dialects,
        rate=context.form.get("rate", "") if wrong == "rate" else number,
        period=period or "minute",
        periods=_PERIODS,
        wrong=wrong,
    )
