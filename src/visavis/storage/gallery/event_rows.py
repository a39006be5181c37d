"""All SQL statements on recognition events and on counts of strangers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, delete, false, insert, or_, select, update

from visavis.recognition_events import EventFilter, RecognitionEvent, RecognitionKind
from visavis.storage.database.chunked import BATCH
from visavis.storage.database.column_types import Row
from visavis.storage.database.schema import faces, persons, recognition_events, stranger_counts
from visavis.storage.gallery.face_rows import DeletedFaces
from visavis.storage.proof.alteration import altered
from visavis.storage.proof.records import Proofs

_events = recognition_events.c


def add(connection: Connection, proofs: Proofs, values: Mapping[str, object]) -> int:
    """Insert an event and return its number, which is part of its tag, so that the tag comes second."""
    row = dict(
        connection.execute(insert(recognition_events).values(**values, tag=b"").returning(*recognition_events.c))
        .mappings()
        .one()
    )
    _tag(connection, proofs, row)
    return int(row["id"])


def was_seen(connection: Connection, proofs: Proofs, values: Row, gap: timedelta) -> bool:
    """Whether the person of a new event has one at its door less than `gap` away.

    If no door is named, only events of the same asker without a door count. Nodes' clocks differ a little, so an
    event may be later than a new one. Raises INTERNAL if the row of an event was altered.
    """
    person, at = values["external_image_id"], values["at"]
    here = [
        _events.group_id == values["group_id"],
        _events.face_id == values["face_id"] if person is None else _events.external_image_id == person,
        _events.door == values["door"],
        _events.at > at - gap,
        _events.at < at + gap,
    ]
    if not values["door"]:
        here.append(_events.asked_by == values["asked_by"])
    row = connection.execute(select(recognition_events).where(*here).limit(1)).mappings().one_or_none()
    return row is not None and bool(_required(proofs, row))


def count_stranger(connection: Connection, proofs: Proofs, base: Row, notify_gap: timedelta | None) -> bool:
    """Count one more stranger, in a transaction that has locked the group; return whether to notify a webhook.

    `base` has group, time and door. A webhook is notified unless it was, of one at the door, less than
    `notify_gap` ago; with None it is not.
    """
    counts, at = stranger_counts.c, base["at"]
    key = {"group_id": base["group_id"], "day": f"{at:%Y-%m-%d}", "door": base["door"]}
    here = [counts[name] == value for name, value in key.items()]
    row = connection.execute(select(stranger_counts).where(*here)).mappings().one_or_none()
    before, notified_at = 0, None
    if row is not None:
        _required_count(proofs, row)
        before, notified_at = row["count"], row["notified_at"]
    notify = notify_gap is not None and (notified_at is None or abs(at - notified_at) >= notify_gap)
    new = {**key, "count": before + 1, "notified_at": at if notify else notified_at}
    tagged = {**new, "tag": proofs.tags.make(stranger_counts, new)}
    change = insert(stranger_counts) if row is None else update(stranger_counts).where(*here)
    connection.execute(change.values(**tagged))
    return notify


def some(
    connection: Connection,
    proofs: Proofs,
    group_key: int,
    where: EventFilter,
    kept_after: datetime,
    before: int | None,
    limit: int,
) -> list[Row]:
    """Events that match, newest first. Raises INTERNAL if the row of one was altered."""
    statement = select(recognition_events).where(*_conditions(group_key, where, kept_after))
    if before is not None:
        statement = statement.where(_events.id < before)
    rows = connection.execute(statement.order_by(_events.id.desc()).limit(limit)).mappings()
    return [_required(proofs, row) for row in rows]


def event_of(row: Row, names: Mapping[str, str]) -> RecognitionEvent:
    """The event of a row, with the person's name out of these, by id."""
    person = row["external_image_id"]
    return RecognitionEvent(
        sequence=row["id"],
        id=row["uid"],
        at=row["at"],
        kind=RecognitionKind(row["kind"]),
        face_id=row["face_id"],
        person_id=person,
        name=names.get(person or "", ""),
        similarity=row["similarity"],
        liveness=row["liveness"],
        asked_by=row["asked_by"],
        door=row["door"],
    )


def find(connection: Connection, proofs: Proofs, number: int) -> Row | None:
    """The row of an event; None if there is none. Raises INTERNAL if it was altered."""
    row = connection.execute(select(recognition_events).where(_events.id == number)).mappings().one_or_none()
    return None if row is None else _required(proofs, row)


def strangers(
    connection: Connection, proofs: Proofs, group_key: int, where: EventFilter, kept_after: datetime, limit: int
) -> list[Row]:
    """Counts of the days that match, newest first. Raises INTERNAL if one was altered."""
    counts = stranger_counts.c
    first = max(kept_after, where.since) if where.since else kept_after
    statement = select(stranger_counts).where(counts.group_id == group_key, counts.day >= f"{first:%Y-%m-%d}")
    if where.until is not None:
        statement = statement.where(counts.day < f"{where.until:%Y-%m-%dT%H:%M:%S}")
    if where.door is not None:
        statement = statement.where(_is_at(counts.door, where.door))
    rows = connection.execute(statement.order_by(counts.day.desc(), counts.door).limit(limit)).mappings()
    return [_required_count(proofs, row) for row in rows]


def groups_with_any(connection: Connection) -> list[int]:
    """The numbers of the groups that have an event or a count."""
    both = select(_events.group_id).union(select(stranger_counts.c.group_id))
    return sorted(connection.scalars(both))


def delete_until(connection: Connection, group_key: int, expired_by: datetime, limit: int) -> int:
    """Delete up to `limit` events of this moment or before, and counts of days before it; how many events."""
    counts = stranger_counts.c
    connection.execute(
        delete(stranger_counts).where(counts.group_id == group_key, counts.day < f"{expired_by:%Y-%m-%d}")
    )
    old = select(_events.id).where(_events.group_id == group_key, _events.at <= expired_by).limit(limit)
    return connection.execute(delete(recognition_events).where(_events.id.in_(old))).rowcount


def forget(connection: Connection, group_key: int, deleted: DeletedFaces) -> None:
    """Delete the events of persons who have no face left, and of deleted faces that have no person."""
    left = select(faces.c.id).where(
        faces.c.group_id == group_key, faces.c.external_image_id == _events.external_image_id
    )
    here = _events.group_id == group_key
    for few in _batches(sorted(deleted.external_image_ids)):
        statement = delete(recognition_events).where(here, _events.external_image_id.in_(few), ~left.exists())
        connection.execute(statement)
    for few in _batches(sorted(deleted.ids.values())):
        nobody = _events.external_image_id.is_(None)
        connection.execute(delete(recognition_events).where(here, nobody, _events.face_id.in_(few)))


def move(connection: Connection, proofs: Proofs, group_key: int, person_id: str, new_id: str) -> None:
    """Make the events of a person another's. Raises INTERNAL if the row of one was altered."""
    here = (_events.group_id == group_key, _events.external_image_id == person_id)
    for row in connection.execute(select(recognition_events).where(*here)).mappings().all():
        _tag(connection, proofs, {**_required(proofs, row), "external_image_id": new_id})


def _tag(connection: Connection, proofs: Proofs, row: Row) -> None:
    values = {"external_image_id": row["external_image_id"], "tag": proofs.tags.make(recognition_events, row)}
    connection.execute(update(recognition_events).where(_events.id == row["id"]).values(**values))


def _conditions(group_key: int, where: EventFilter, kept_after: datetime) -> Iterator[ColumnElement[bool]]:
    yield _events.group_id == group_key
    yield _events.at > kept_after
    if where.since is not None:
        yield _events.at >= where.since
    if where.until is not None:
        yield _events.at < where.until
    if where.door is not None:
        yield _is_at(_events.door, where.door)
    if where.person:
        named = select(persons.c.external_image_id).where(
            persons.c.group_id == group_key, persons.c.name.icontains(where.person, autoescape=True)
        )
        by_id = _events.external_image_id.icontains(where.person, autoescape=True)
        yield or_(by_id, _events.external_image_id.in_(named))


def _is_at(column: ColumnElement[str], door: str) -> ColumnElement[bool]:
    """No door has a NUL in its name, which PostgreSQL cannot be asked for; an empty name is that of none."""
    return false() if "\0" in door else column == door


def _batches(values: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(values), BATCH):
        yield values[start : start + BATCH]


def _required(proofs: Proofs, row: Row) -> Row:
    if not proofs.tags.fits(recognition_events, row):
        raise altered(f"The recognition event {row['id']}")
    return row


def _required_count(proofs: Proofs, row: Row) -> Row:
    if not proofs.tags.fits(stranger_counts, row):
        raise altered(f"The count of strangers of {row['day']}")
    return row
