"""Core's services on the fakes, with nothing kept yet but an app."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import pytest

from tests.fakes.analyzer import FakeAnalyzer
from tests.fakes.clock import FakeClock
from tests.fakes.fetcher import FakeFetcher
from tests.fakes.pictures import FakeFace, picture
from tests.fakes.recipes import FakeRecipes
from tests.fakes.storage import FakeStorage, fake_storage
from visavis.audit_events import Actor, ActorKind, AuditFilter, AuditRecord
from visavis.core.calibration import Calibration
from visavis.core.collections import Collections
from visavis.core.faces import Faces
from visavis.core.groups import Groups
from visavis.core.recognition_events import RecognitionEvents
from visavis.core.search import Search
from visavis.errors import ErrorCode, ServiceError
from visavis.identities import App
from visavis.recognition_events import Asked, RecognitionKind
from visavis.types import FaceFilter, FaceRecord, Group, ImageBytes, RequestedAttributes

GROUP_QUOTA, FACE_QUOTA = 3, 5
PLAIN = RequestedAttributes()
EVERYTHING = RequestedAttributes(pose=True, mask=True, quality=True)

SCALES = {
    "old": Calibration((-0.1, 0.8), (0.0, 100.0)),
    "new": Calibration((-0.1, 0.8), (0.0, 80.0)),
}
"""What the likeness of two faces comes to: 100 times as much with the old model, 80 times with the new one."""


@dataclass
class World:
    """Everything that a test needs to talk about faces in groups."""

    clock: FakeClock = field(default_factory=FakeClock)
    analyzer: FakeAnalyzer = field(default_factory=FakeAnalyzer)
    fetcher: FakeFetcher = field(default_factory=FakeFetcher)

    def __post_init__(self) -> None:
        convert = partial(self.analyzer.conversion, "old", "new")
        self.recipes = FakeRecipes({("old", "new"): convert})
        self.storage: FakeStorage = fake_storage(self.clock, self.recipes.conversion)
        gallery = self.storage.gallery
        self.gallery = gallery
        self.app: App = self.storage.apps.create_app("app", {})
        self.groups = Groups(gallery, "old", GROUP_QUOTA, self.recipes, SCALES)
        self.faces = Faces(self.analyzer, self.fetcher, gallery, self.groups, FACE_QUOTA)
        self.events = RecognitionEvents(self.storage.recognition_events, self.groups, self.clock)
        self.search = Search(self.analyzer, self.fetcher, SCALES, "old", gallery, self.groups, self.events)
        self.collections = Collections(self.analyzer, gallery, self.groups, self.fetcher, self.search, FACE_QUOTA)

    def group(self, name: str = "group", **settings: object) -> Group:
        """A new group with these settings."""
        group = self.groups.create(self.app, name)
        return self.groups.change_settings(self.app, name, settings) if settings else group

    def register(self, *people: int, group: str = "group") -> list[FaceRecord]:
        """A face of each of these people, each from a picture of its own."""
        return [self._registered(person, group) for person in people]

    def _registered(self, person: int, group: str) -> FaceRecord:
        source = showing(FakeFace(person))
        [added] = self.faces.register(self.app, group, source, 1, f"p{person}", PLAIN).added
        return added.record

    def meet_stranger(self, group: Group) -> None:
        """Let a picture of nobody in the group be recognised at its only door."""
        asked = Asked(Actor(kind=ActorKind.APP, key_id=3), "main")
        self.storage.recognition_events.record(group, RecognitionKind.SEARCH, None, None, asked)

    def recorded(self) -> list[AuditRecord]:
        """What is in the audit log, oldest first."""
        return self.storage.audit.page(AuditFilter(), None, 1000)[::-1]

    def stored(self, group: str = "group") -> list[str]:
        """The ids of a group's faces, oldest first."""
        there = self.gallery.require_group(self.app, group)
        return [record.face_id for record in self.gallery.list_faces(there, FaceFilter(), None, 1000)][::-1]


def sent(data: bytes, max_bytes: int = 1_000_000) -> ImageBytes:
    return ImageBytes(data, max_bytes)


def showing(*faces: FakeFace) -> ImageBytes:
    """A picture of these faces, 1000 x 500 pixels."""
    return sent(picture(*faces))


@contextmanager
def refused(
    code: ErrorCode, detail: str, subject: str | None = None, retry_after: int | None = None
) -> Iterator[None]:
    """Let the block be refused in just these words."""
    with pytest.raises(ServiceError) as caught:
        yield
    error = caught.value
    assert (error.code, error.detail, error.subject, error.retry_after) == (code, detail, subject, retry_after)
