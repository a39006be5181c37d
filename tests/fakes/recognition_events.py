"""Recognition events in memory, over the faces of a fake gallery."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from threading import RLock
from uuid import uuid4

from tests.fakes.gallery import FakeGallery
from tests.fakes.webhooks import FakeWebhookStore
from visavis.core.ports import Clock
from visavis.recognition_events import (
    Asked,
    EventFilter,
    Recognised,
    RecognitionEvent,
    RecognitionKind,
    StrangerCount,
)
from visavis.types import FaceRecord, Group
from visavis.webhooks import Stranger


@dataclass
class _Count:
    number: int = 0
    notified_at: datetime | None = None


@dataclass
class FakeRecognitionEventStore:
    """Its events are those of a gallery; the webhooks of a store are told of them."""

    gallery: FakeGallery
    webhooks: FakeWebhookStore
    clock: Clock
    _strangers: dict[tuple[int, str, str], _Count] = field(default_factory=dict)
    """By group, day and door."""
    _sequences: count[int] = field(default_factory=lambda: count(1))
    _lock: RLock = field(default_factory=RLock)

    def record(
        self, group: Group, kind: RecognitionKind, found: Recognised | None, liveness: float | None, asked: Asked
    ) -> bool:
        with self._lock:
            settings = self.gallery.require(group).settings
            if not settings.recognition_event_days:
                return False
            seconds = settings.recognition_event_gap_seconds if asked.is_at_one_place else 0
            gap, now, notifies = timedelta(seconds=seconds), self.clock(), self.webhooks.is_at_work(group)
            about: RecognitionEvent | Stranger | None
            if found is None:
                about = Stranger(str(uuid4()), now, kind, liveness, asked.door)
                notifies = self._count(group, about, gap, notifies=notifies)
            else:
                about = self._add(group, kind, found, liveness, asked, gap)
            if about is not None and notifies:
                self.webhooks.add(group, about)
                return True
            return False

    def list_events(
        self, group: Group, where: EventFilter, before: int | None, limit: int
    ) -> list[RecognitionEvent]:
        self.gallery.require(group)
        kept_after = self._expired_by(group)
        events = [
            replace(event, name=self.gallery.names.get((group.id, event.person_id or ""), ""))
            for group_id, event in reversed(self.gallery.events)
            if group_id == group.id and event.at > kept_after
        ]
        found = [event for event in events if _agrees(event, where)]
        return [event for event in found if before is None or event.sequence < before][:limit]

    def count_strangers(self, group: Group, where: EventFilter, limit: int) -> list[StrangerCount]:
        if not group.settings.recognition_event_days or self.gallery.now(group.id) is None:
            return []
        kept_after = self._expired_by(group)
        first = f"{max(kept_after, where.since or kept_after):%Y-%m-%d}"
        last = "9" if where.until is None else f"{where.until:%Y-%m-%d}"
        found = [
            StrangerCount(day, door, each.number)
            for (group_id, day, door), each in self._strangers.items()
            if group_id == group.id and first <= day <= last and where.door in {None, door}
        ]
        return sorted(sorted(found, key=lambda each: each.door), key=lambda each: each.day, reverse=True)[:limit]

    def delete_expired(self, limit: int) -> int:
        with self._lock:
            groups = {group_id for group_id, _ in self.gallery.events} | {key[0] for key in self._strangers}
            return sum(self._delete_expired_in(group_id, limit) for group_id in groups)

    def let_age(self, by: timedelta) -> None:
        """Let all events have happened so much earlier, as no caller of a real store can."""
        self.gallery.events = [(each, replace(event, at=event.at - by)) for each, event in self.gallery.events]

    def _add(
        self,
        group: Group,
        kind: RecognitionKind,
        found: Recognised,
        liveness: float | None,
        asked: Asked,
        gap: timedelta,
    ) -> RecognitionEvent | None:
        face = self._face(group, found.face_id)
        if face is None:
            return None
        event = RecognitionEvent(
            sequence=next(self._sequences),
            id=str(uuid4()),
            at=self.clock(),
            kind=kind,
            face_id=face.face_id,
            person_id=face.external_image_id,
            name="",
            similarity=found.similarity,
            liveness=liveness,
            asked_by=asked.by,
            door=asked.door,
        )
        if any(group_id == group.id and _is_same(each, event, gap) for group_id, each in self.gallery.events):
            return None
        self.gallery.events.append((group.id, event))
        return event

    def _face(self, group: Group, face_id: str) -> FaceRecord | None:
        faces = [face for each, faces in self.gallery.everything() if each.id == group.id for face in faces]
        return next((face for face in faces if face.face_id == face_id), None)

    def _count(self, group: Group, about: Stranger, gap: timedelta, *, notifies: bool) -> bool:
        """Count a stranger; whether a webhook is to be told of this one."""
        counted = self._strangers.setdefault((group.id, f"{about.at:%Y-%m-%d}", about.door), _Count())
        counted.number += 1
        if not notifies or (counted.notified_at is not None and about.at - counted.notified_at < gap):
            return False
        counted.notified_at = about.at
        return True

    def _expired_by(self, group: Group) -> datetime:
        return self.clock() - timedelta(days=group.settings.recognition_event_days)

    def _delete_expired_in(self, group_id: int, limit: int) -> int:
        group = self.gallery.now(group_id)
        if group is None:
            return 0
        is_on = group.settings.recognition_event_days > 0
        until = self._expired_by(group) if is_on else self.clock() + timedelta(days=1)
        old = [event.id for each, event in self.gallery.events if each == group_id and event.at <= until][:limit]
        self.gallery.events = [(each, event) for each, event in self.gallery.events if event.id not in old]
        day = f"{until:%Y-%m-%d}"
        for key in [key for key in self._strangers if key[0] == group_id and key[1] < day]:
            del self._strangers[key]
        return len(old)


def _is_same(one: RecognitionEvent, other: RecognitionEvent, gap: timedelta) -> bool:
    """Whether two events are of one person at one door, less than `gap` apart."""
    who = one.person_id == other.person_id and (one.person_id is not None or one.face_id == other.face_id)
    asker = bool(one.door) or one.asked_by == other.asked_by
    return who and asker and one.door == other.door and abs(one.at - other.at) < gap


def _agrees(event: RecognitionEvent, where: EventFilter) -> bool:
    part = where.person.lower()
    return (
        (not part or part in (event.person_id or "").lower() or part in event.name.lower())
        and where.door in {None, event.door}
        and (where.since is None or event.at >= where.since)
        and (where.until is None or event.at < where.until)
    )
