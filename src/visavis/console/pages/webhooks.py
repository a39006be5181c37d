"""The webhook of a group: set, tested, given a new secret, started again, removed."""

from __future__ import annotations

import math
from datetime import timedelta

from fastapi import Response

from visavis.console import shown_once
from visavis.console.pages.groups import group_of, group_path
from visavis.console.request_context import RequestContext
from visavis.core.apps import MAX_OVERLAP_HOURS
from visavis.errors import ErrorCode, ServiceError
from visavis.types import Group


async def show(context: RequestContext) -> Response:
    """Show the webhook, and a secret that was just made, this once."""
    group = await group_of(context)
    for secret in shown_once.made(context):
        return shown_once.forget(context, await _page(context, group, secret=secret))
    return await _page(context, group)


async def set_url(context: RequestContext) -> Response:
    """Set the URL; the next page shows the secret of a new webhook, this once."""
    group, url = await group_of(context), context.form.get("url", "").strip()
    try:
        secret = await context.services.workers.sending(lambda: context.services.webhooks.set_url(group, url))
    except ServiceError as error:
        if error.code is not ErrorCode.INVALID_PARAMETER:
            raise
        return await _page(context, group, 422, error=context.why(error), url=url)
    if secret is None:
        return context.redirect(_path(context, group), "webhook_changed")
    return shown_once.show_next(context, _path(context, group), secret)


async def rotate(context: RequestContext) -> Response:
    """Give the webhook a new secret; the next page shows it, this once."""
    group = await group_of(context)
    try:
        hours = float(context.form.get("overlap", ""))
    except ValueError:
        hours = math.nan
    if not 0 <= hours <= MAX_OVERLAP_HOURS:
        return await _page(context, group, 422, wrong_overlap=True)
    secret = await context.quick(lambda: context.services.webhooks.rotate(group, timedelta(hours=hours)))
    return shown_once.show_next(context, _path(context, group), secret)


async def test(context: RequestContext) -> Response:
    """Send a test message, and show what came back."""
    group = await group_of(context)
    reply = await context.services.workers.sending(lambda: context.services.webhooks.test(group))
    return await _page(context, group, reply=reply)


async def start(context: RequestContext) -> Response:
    group = await group_of(context)
    await context.quick(lambda: context.services.webhooks.start(group))
    return context.redirect(_path(context, group), "webhook_changed")


async def remove(context: RequestContext) -> Response:
    group = await group_of(context)
    await context.quick(lambda: context.services.webhooks.remove(group))
    return context.redirect(_path(context, group), "webhook_removed")


async def _page(context: RequestContext, group: Group, status: int = 200, **shown: object) -> Response:
    """The page, with what an action has to show in place of these fields."""
    webhooks = context.services.webhooks
    webhook = await context.quick(lambda: webhooks.find(group))
    fields: dict[str, object] = {
        "webhook": webhook,
        "now": webhooks.clock(),
        "url": webhook.url if webhook else "",
        "secret": "",
        "error": "",
        "wrong_overlap": False,
        "reply": None,
        "most_overlap": MAX_OVERLAP_HOURS,
        "in_words": lambda detail: context.reason(detail) or detail,
    }
    return context.page("group_webhook.html", status, group=group, **{**fields, **shown})


def _path(context: RequestContext, group: Group) -> str:
    return f"{group_path(context, group.name)}/webhook"
