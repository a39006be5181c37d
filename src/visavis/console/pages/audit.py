"""The audit log: filters to choose from, and records with the names that are still known."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from fastapi import Response

from visavis.audit_events import ActorKind, AuditFilter, AuditNames, AuditRecord, Effect
from visavis.console.audit_names import MOST_FACES, Names
from visavis.console.pages.app_audit import note_reading
from visavis.console.pages.events import day_after, day_of
from visavis.console.paging import ITEMS
from visavis.console.request_context import RequestContext
from visavis.core.paging import Page

_FILTERS = ("app", "group", "operation", "who", "result", "person", "from", "to")
_USER = "user:"
"""What the name of a console user follows in the value of `who`; other values are kinds of actors."""


async def show(context: RequestContext) -> Response:
    query = context.request.query_params
    asked = {name: query.get(name, "").strip() for name in _FILTERS}
    text = query.get("before", "")
    before = int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else None

    def read() -> tuple[Page[AuditRecord, int], AuditNames, Names]:
        page = context.services.audit.page(_filter(context, asked), before, ITEMS)
        return page, context.services.audit.names(), Names.of(context.services, page.items)

    page, choices, names = await context.quick(read)
    await note_reading(context)
    given = {name: value for name, value in asked.items() if value}
    older = f"{context.base}/audit?{urlencode({**given, 'before': page.next})}" if page.next else ""
    return context.page(
        "audit.html",
        records=page.items,
        names=names,
        older=older,
        newest=f"{context.base}/audit?{urlencode(given)}" if before else "",
        asked=asked,
        filtered=bool(given),
        choices=choices,
        groups=sorted({group for app, group in choices.groups if asked["app"] in {"", app}}),
        effects=_by_effect(choices),
    )


def _filter(context: RequestContext, asked: Mapping[str, str]) -> AuditFilter:
    """The filter that was chosen. A person stands for the faces that the groups have of the person now."""
    who, app, group, person = (asked[name] for name in ("who", "app", "group", "person"))
    is_user = who.startswith(_USER)
    kind = ActorKind.USER if is_user else next((kind for kind in ActorKind if kind == who), None)
    return AuditFilter(
        since=day_of(asked["from"]),
        until=day_after(asked["to"]),
        app=app or None,
        operation=asked["operation"] or None,
        group=group or None,
        faces=_faces(context, person, app, group) if person else None,
        actor=kind,
        user=who.removeprefix(_USER) if is_user else None,
        result=asked["result"] or None,
    )


def _faces(context: RequestContext, person: str, app: str, group: str) -> tuple[str, ...]:
    """The faces of a person; the text itself, which may be the id of a face, if there is nobody."""
    owner = next((each for each in context.apps if each.name == app), None)
    found = context.services.persons.faces_of(person, owner, group or None)
    return tuple(found[-MOST_FACES:]) or (person,)


def _by_effect(choices: AuditNames) -> dict[str, list[str]]:
    """The operations under the name of what they do: change, use or listing."""
    found: dict[str, list[str]] = {}
    for effect, operation in choices.operations:
        found.setdefault(Effect(effect).name.lower(), []).append(operation)
    return found
