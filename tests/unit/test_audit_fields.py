"""A field of the audit log has one name from the event to the reader; the database alone has others for four."""

from __future__ import annotations

import inspect
from dataclasses import fields
from datetime import UTC, datetime

from visavis.api.admin.routes import AuditQuery
from visavis.audit_events import Actor, ActorKind, AuditFilter, AuditRecord, Effect, Event
from visavis.cli.audit import export
from visavis.storage.audit.record_codec import column_of, columns_of, record_of
from visavis.storage.database.schema import AUDIT_COLUMNS

NOW = datetime(2026, 1, 2, 3, 4, 5, 6, UTC)
ACTOR = Actor(kind=ActorKind.APP, user="kim", key_id=7, address="192.0.2.7", request_id="r-1")
EVENT = Event(
    actor=ACTOR,
    operation="register",
    effect=Effect.CHANGE,
    dialect="v2",
    app_id=1,
    app="door",
    group="staff",
    faces=("one", "two"),
    detail="why",
    count=2,
)
KEPT = {field.name for kind in (Event, Actor, AuditRecord) for field in fields(kind)} - {"event", "kind"}


def test_what_readers_are_shown_has_the_names_of_the_event() -> None:
    shown = AuditRecord(1, "id", NOW, EVENT, bytes(32)).shown()
    assert set(shown) == KEPT - {"effect"}
    for field in fields(Event):
        if field.name not in {"actor", "effect", "faces"}:
            assert shown[field.name] == getattr(EVENT, field.name)


def test_readers_ask_by_the_same_names() -> None:
    for_managers_of_an_app = {"app_id"}
    asked = {field.name for field in fields(AuditFilter)} - for_managers_of_an_app
    assert asked - KEPT == {"since", "until"}
    # Who did it and what came of it can be chosen in the console only; a face is asked for by itself.
    by_name = asked - {"actor", "user", "result", "faces"} | {"face"}
    assert set(AuditQuery.model_fields) - {"before", "limit"} == by_name
    assert set(inspect.signature(export).parameters) - {"data_dir"} == by_name


def test_the_database_has_a_column_for_each_and_gives_back_what_it_was_given() -> None:
    assert {column_of(field) for field in KEPT - {"position", "link"}} == set(AUDIT_COLUMNS)
    columns = columns_of(EVENT, NOW)
    assert set(columns) == set(AUDIT_COLUMNS)
    record = record_of(columns | {"position": 1, "link": bytes(32)})
    assert record == AuditRecord(1, columns["uid"], NOW, EVENT, bytes(32))
