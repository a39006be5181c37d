"""Recognitions for the tests of what records them and what is told of them."""

from __future__ import annotations

from harness.storage.faces import new_face, unit_rows
from tests.ports.stores import Stores
from visavis.audit_events import Actor, ActorKind
from visavis.recognition_events import Asked, EventFilter, Recognised, RecognitionKind
from visavis.types import FaceFilter, Group

ASKED = Asked(Actor(kind=ActorKind.APP, key_id=3), "main")
NOWHERE = Asked(ASKED.actor, "")
EVERYTHING = EventFilter()


def register(storage: Stores, group: Group, *people: str | None) -> None:
    """A face of each of these external image ids."""
    faces = [
        new_face(row, external_image_id=label) for row, label in zip(unit_rows(len(people)), people, strict=True)
    ]
    storage.gallery.add(group, faces, quota=10)


def face_of(storage: Stores, group: Group, person: str | None) -> str:
    records = storage.gallery.list_faces(group, FaceFilter(), None, 10)
    return next(record.face_id for record in records if record.external_image_id == person)


def recognise(storage: Stores, group: Group, person: str | None, asked: Asked = ASKED) -> bool:
    found = Recognised(face_of(storage, group, person), 97.5)
    return storage.recognition_events.record(group, RecognitionKind.SEARCH, found, 88.0, asked)


def meet_stranger(storage: Stores, group: Group, asked: Asked = ASKED) -> bool:
    return storage.recognition_events.record(group, RecognitionKind.SEARCH, None, None, asked)


def people(storage: Stores, group: Group, where: EventFilter = EVERYTHING) -> list[str | None]:
    return [event.person_id for event in storage.recognition_events.list_events(group, where, None, 100)]


def strangers(storage: Stores, group: Group, where: EventFilter = EVERYTHING) -> list[tuple[str, int]]:
    """Door and number of each count."""
    return [(each.door, each.count) for each in storage.recognition_events.count_strangers(group, where, 100)]
