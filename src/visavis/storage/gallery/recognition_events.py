"""Recognition events of groups: recorded beside what they tell of, and gone with it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy import Connection

from visavis.recognition_events import (
    Asked,
    EventFilter,
    Recognised,
    RecognitionEvent,
    RecognitionKind,
    StrangerCount,
)
from visavis.storage.database.column_types import Row
from visavis.storage.database.connection import Database
from visavis.storage.gallery import delivery_rows, event_rows, face_rows, group_rows, person_rows, webhook_rows
from visavis.storage.gallery.gallery import existing
from visavis.storage.proof.records import Proofs
from visavis.types import FaceFilter, Group, GroupSettings


class StoredRecognitionEvents:
    """Implements core's `RecognitionEventStore`."""

    def __init__(self, database: Database, proofs: Proofs) -> None:
        self._database = database
        self._proofs = proofs

    def record(
        self, group: Group, kind: RecognitionKind, found: Recognised | None, liveness: float | None, asked: Asked
    ) -> bool:
        with self._database.write() as connection:
            # Locked, so that nobody deletes the person, or switches the events off, between question and answer.
            existing(group_rows.lock_group(connection, self._proofs, group.id))
            settings = group_rows.settings_of(connection, self._proofs, group.id)
            if not settings.recognition_event_days:
                return False
            base: dict[str, object] = {
                "group_id": group.id,
                "uid": str(uuid4()),
                "at": datetime.now(UTC),
                "kind": kind.value,
                "liveness": liveness,
                "door": asked.door,
            }
            gap = timedelta(seconds=settings.recognition_event_gap_seconds if asked.is_at_one_place else 0)
            notifies = webhook_rows.is_at_work(connection, self._proofs, group.id)
            event = None
            if found is None:
                notifies = event_rows.count_stranger(connection, self._proofs, base, gap if notifies else None)
            else:
                event = self._add(connection, base, found, asked, gap)
                notifies = notifies and event is not None
            if notifies:
                delivery_rows.add(connection, self._proofs, {**base, "event_id": event})
        return notifies

    def _add(
        self, connection: Connection, base: Row, found: Recognised, asked: Asked, gap: timedelta
    ) -> int | None:
        """Add an event of the face and return its number; None if the face is gone, or was seen within the gap."""
        where = FaceFilter(face_id=found.face_id)
        for face in face_rows.list_faces(connection, self._proofs, base["group_id"], where, None, 1, 0):
            values = {
                **base,
                "face_id": face.face_id,
                "external_image_id": face.external_image_id,
                "similarity": found.similarity,
                "asked_by": asked.by,
            }
            if not event_rows.was_seen(connection, self._proofs, values, gap):
                return event_rows.add(connection, self._proofs, values)
        return None

    def list_events(
        self, group: Group, where: EventFilter, before: int | None, limit: int
    ) -> list[RecognitionEvent]:
        kept_after = _expired_by(group.settings, datetime.now(UTC))
        with self._database.read() as connection:
            existing(group_rows.group_version(connection, group.id))
            rows = event_rows.some(connection, self._proofs, group.id, where, kept_after, before, limit)
            people = sorted({row["external_image_id"] or "" for row in rows} - {""})
            names = person_rows.names_of(connection, self._proofs, group.id, people)
        return [event_rows.event_of(row, names) for row in rows]

    def count_strangers(self, group: Group, where: EventFilter, limit: int) -> list[StrangerCount]:
        if not group.settings.recognition_event_days:
            return []
        kept_after = _expired_by(group.settings, datetime.now(UTC))
        with self._database.read() as connection:
            rows = event_rows.strangers(connection, self._proofs, group.id, where, kept_after, limit)
        return [StrangerCount(row["day"], row["door"], row["count"]) for row in rows]

    def delete_expired(self, limit: int) -> int:
        with self._database.read() as connection:
            groups = event_rows.groups_with_any(connection)
        return sum(self._delete_expired_in(each, limit) for each in groups)

    def _delete_expired_in(self, group_key: int, limit: int) -> int:
        with self._database.write() as connection:
            if group_rows.lock_group(connection, self._proofs, group_key) is None:
                return 0
            settings = group_rows.settings_of(connection, self._proofs, group_key)
            now = datetime.now(UTC)
            expired_by = _expired_by(settings, now)
            # Once it is switched off, today's strangers are forgotten too.
            until = expired_by if settings.recognition_event_days else now + timedelta(days=1)
            deleted = event_rows.delete_until(connection, group_key, until, limit)
            if not settings.recognition_event_days:
                delivery_rows.delete_all_of(connection, group_key)
        if deleted:
            self._database.purge_deleted()
        return deleted


def _expired_by(settings: GroupSettings, now: datetime) -> datetime:
    """Events of this moment or before have expired: all, where none are recorded."""
    return now - timedelta(days=settings.recognition_event_days)
