"""Apps and their keys: made, rotated, revoked; which protocols they speak, and how often."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta

from fastapi import Response

from visavis.console.refusals import Refused
from visavis.console.visit import Visit
from visavis.errors import ErrorCode, FaceError
from visavis.identities import App, KeyKind

MAX_OVERLAP_HOURS = 87_600
"""Ten years, as in the admin API."""

_ABOUT_NAME = {ErrorCode.INVALID_PARAMETER, ErrorCode.DUPLICATE_APP}
_PERIODS = ("second", "minute", "hour", "day")


async def show_all(visit: Visit) -> Response:
    return _list(visit)


async def create(visit: Visit) -> Response:
    """The only page that ever shows these keys."""
    name = visit.form.get("name", "").strip()

    def make() -> tuple[App, Mapping[KeyKind, str]]:
        keys = visit.services.apps.create(name)
        return visit.services.apps.require(name), keys

    try:
        app, keys = await visit.quick(make)
    except FaceError as error:
        if error.code not in _ABOUT_NAME:
            raise
        return _list(visit, 422, name, visit.why(error))
    return await _page(visit, app, keys=keys)


async def show(visit: Visit) -> Response:
    return await _page(visit, visit.app)


async def rotate(visit: Visit) -> Response:
    """Likewise, of new keys beside the old ones."""
    text = visit.form.get("overlap", "")
    try:
        hours = float(text)
    except ValueError:
        hours = math.nan
    if not 0 <= hours <= MAX_OVERLAP_HOURS:
        return await _page(visit, visit.app, 422, wrong="overlap")
    keys = await visit.quick(lambda: visit.services.apps.rotate(visit.app, timedelta(hours=hours)))
    return await _page(visit, visit.app, keys=keys)


async def revoke(visit: Visit) -> Response:
    text = visit.request.path_params["key_id"]
    if not (text.isascii() and text.isdecimal() and len(text) < 18):
        raise Refused(404)
    await visit.quick(lambda: visit.services.apps.revoke(visit.app, [int(text)]))
    return visit.redirect(visit.to("apps", visit.app.id), "key_revoked")


async def set_dialects(visit: Visit) -> Response:
    off = [name for name in visit.services.apps.dialects if f"speaks_{name}" not in visit.form]
    await visit.quick(lambda: visit.services.apps.switch_off(visit.app, off))
    return visit.redirect(visit.to("apps", visit.app.id), "app_changed")


async def set_rate(visit: Visit) -> Response:
    number, period = visit.form.get("rate", "").strip(), visit.form.get("period", "")
    if period not in _PERIODS:
        raise Refused(422)
    try:
        rate = f"{number}/{period}" if number else "off"
        await visit.quick(lambda: visit.services.apps.limit_rate(visit.app, rate))
    except FaceError as error:
        if error.code is not ErrorCode.INVALID_PARAMETER:
            raise
        return await _page(visit, visit.app, 422, wrong="rate")
    return visit.redirect(visit.to("apps", visit.app.id), "app_changed")


async def delete(visit: Visit) -> Response:
    """Only for somebody who has typed the name of the app."""
    app = visit.app
    if visit.form.get("confirmation", "") != app.name:
        return await _page(visit, app, 422, wrong="confirmation")
    await visit.quick(lambda: visit.services.apps.store.delete_app(app))
    return visit.redirect("/apps", "app_deleted")


def _list(visit: Visit, status: int = 200, name: str = "", error: str = "") -> Response:
    return visit.page("apps.html", status, name=name, error=error)


async def _page(
    visit: Visit, app: App, status: int = 200, *, keys: Mapping[KeyKind, str] | None = None, wrong: str = ""
) -> Response:
    records = await visit.quick(lambda: visit.services.apps.store.list_keys(app))
    now = visit.services.apps.clock()
    number, _, period = app.rate_limit.partition("/")
    return visit.page(
        "app.html",
        status,
        app=app,
        keys=keys,
        records=[record for record in records if record.retires_at is None or record.retires_at > now],
        dialects=visit.services.apps.dialects,
        rate=visit.form.get("rate", "") if wrong == "rate" else number,
        period=period or "minute",
        periods=_PERIODS,
        wrong=wrong,
    )
