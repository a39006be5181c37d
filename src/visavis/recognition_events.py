"""Types of recognition events: who was recognised when, and where. Events of the audit log are something else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from visavis.audit_events import Actor, ActorKind

MAX_DAYS = 1_095
"""How many days events may be kept: three years."""

MAX_GAP_SECONDS = 3_600
"""For how long looks at a person may be joined to one event: an hour."""

MAX_DOOR = 64
"""Characters of the name of a door."""

_DOOR = re.compile(rf"[^\W_](?:[\w .:-]{{0,{MAX_DOOR - 2}}}[\w.:-])?")


class RecognitionKind(StrEnum):
    """How somebody was recognised."""

    SEARCH = "search"
    """Among all faces of a group."""
    VERIFICATION = "verification"
    """One to one, against a registered face."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks for a recognition, and at which door."""

    actor: Actor
    door: str = ""

    @property
    def is_at_one_place(self) -> bool:
        """Whether all looks of the asker at the door are of one place: a named door, or the screen of a user."""
        return bool(self.door) or self.actor.kind is ActorKind.USER

    @property
    def by(self) -> str:
        """The asker in a few words, such as `key 3` or `user kim`."""
        actor = self.actor
        if actor.kind is ActorKind.APP:
            return f"access key {actor.user}" if actor.user else f"key {actor.key_id}"
        return f"{actor.kind.value} {actor.user}" if actor.user else actor.kind.value


@dataclass(frozen=True, slots=True)
class RecognitionEvent:
    """Somebody was recognised."""

    sequence: int
    """Grows with every event."""
    id: str
    at: datetime
    kind: RecognitionKind
    face_id: str
    """The id of the registered face that matched best."""
    person_id: str | None
    """The external image id of that face."""
    name: str
    """What people call the person now; empty if none was given."""
    similarity: float
    liveness: float | None
    """0-100; None where it was not asked for."""
    asked_by: str
    door: str

    def shown(self) -> dict[str, object]:
        """The event as it is listed and exported."""
        return {
            "id": self.id,
            "at": self.at.isoformat(timespec="milliseconds"),
            "kind": self.kind.value,
            "person": self.person_id,
            "name": self.name,
            "face_id": self.face_id,
            "similarity": round(self.similarity, 3),
            "liveness": None if self.liveness is None else round(self.liveness, 1),
            "door": self.door,
            "asked_by": self.asked_by,
        }


@dataclass(frozen=True, slots=True)
class Recognised:
    """A registered face that was recognised just now."""

    face_id: str
    similarity: float


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Selects the events that match every field that is set."""

    person: str = ""
    """Part of a person's id or name."""
    door: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    """Events before this moment."""


@dataclass(frozen=True, slots=True)
class StrangerCount:
    """How often a face was recognised as nobody's, at a door on a day."""

    day: str
    """In UTC, such as 2026-11-29."""
    door: str
    count: int


def is_door(text: str) -> bool:
    """Whether a door may be called so: up to 64 letters, digits, spaces and `_.:-`, a letter or digit first."""
    return _DOOR.fullmatch(text) is not None
