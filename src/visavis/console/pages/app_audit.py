"""The records of the audit log that are about one app; and the record of who reads the log."""

from __future__ import annotations

from fastapi import Response

from visavis.audit_events import AuditFilter, AuditRecord, Effect, Event
from visavis.console.audit_names import Names
from visavis.console.paging import ITEMS
from visavis.console.request_context import RequestContext
from visavis.core.paging import Page
from visavis.identities import App


async def show(context: RequestContext) -> Response:
    """Show the records about an app. They are found by its number too: an earlier app may have had its name."""
    app = context.app
    text = context.request.query_params.get("before", "")
    before = int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else None
    where = AuditFilter(app=app.name, app_id=app.id)

    def read() -> tuple[Page[AuditRecord, int], Names]:
        page = context.services.audit.page(where, before, ITEMS)
        return page, Names.of(context.services, page.items)

    page, names = await context.quick(read)
    await note_reading(context, app)
    return context.page("app_audit.html", app=app, records=page.items, names=names, following=page.next)


async def note_reading(context: RequestContext, app: App | None = None) -> None:
    """Let it be on record, before the answer, that the user reads the log of this app, or all of it."""
    reading = Event(
        actor=context.actor(),
        operation="read_audit",
        effect=Effect.USE,
        dialect="console",
        app_id=app.id if app else None,
        app=app.name if app else None,
    )
    await context.quick(lambda: context.services.audit.read(reading))
