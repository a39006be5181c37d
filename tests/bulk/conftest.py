"""Small pictures of the synthetic people, so that many are looked at in little time."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import PIL.Image
import pytest

from tests.conftest import PEOPLE, OpenPeoplePicture
from visavis.core.bulk import BulkRegistration, Entry, Result
from visavis.identities import App
from visavis.storage.store import Storage, open_storage
from visavis.types import FaceFilter, Group
from visavis.vision.analyzer import Analyzer
from visavis.vision.models import DEFAULT_RECOGNITION

MakePicture: TypeAlias = Callable[..., bytes]
"""(person, kind, quality, longest side) to a JPEG; another quality is another file of the same look."""


@pytest.fixture(scope="session")
def small(openpeople_picture: OpenPeoplePicture) -> MakePicture:
    decoded: dict[tuple[str, str, int], PIL.Image.Image] = {}

    def make(person: str, kind: str = "studio_portrait", quality: int = 90, side: int = 420) -> bytes:
        if (person, kind, side) not in decoded:
            picture = PIL.Image.open(io.BytesIO(openpeople_picture(person, kind))).convert("RGB")
            picture.thumbnail((side, side))
            decoded[person, kind, side] = picture
        file = io.BytesIO()
        decoded[person, kind, side].save(file, "JPEG", quality=quality)
        return file.getvalue()

    return make


@pytest.fixture
def people(tmp_path: Path, small: MakePicture) -> Path:
    """PERSON/*.jpg, two pictures of each of ten people."""
    folder = tmp_path / "people"
    for person in PEOPLE:
        (folder / person).mkdir(parents=True)
        for kind in ("studio_portrait", "amateur_selfie"):
            (folder / person / f"{kind}.jpg").write_bytes(small(person, kind))
    return folder


@dataclass
class Desk:
    """A data directory with one app and one group, and how pictures are imported into it."""

    storage: Storage
    analyzer: Analyzer
    app: App
    group: Group
    quota: int = 100
    limit: int = 1

    def bulk(self, **changed: Any) -> BulkRegistration:
        facts: dict[str, Any] = {"group": self.group, "limit": self.limit, "quota": self.quota} | changed
        return BulkRegistration(analyzer=self.analyzer, gallery=self.storage.gallery, threads=2, **facts)

    def add(self, entries: list[Entry], **changed: Any) -> list[Result]:
        return [result for batch in self.bulk(**changed).run(entries) for result in batch]

    def stored(self) -> list[tuple[str | None, str]]:
        """(external image id, face id), oldest first."""
        records = self.storage.gallery.list_faces(self.group, FaceFilter(), None, 1000)
        return [(record.external_image_id, record.face_id) for record in reversed(records)]


@pytest.fixture
def desk(tmp_path: Path, analyzer: Analyzer) -> Iterator[Desk]:
    storage = open_storage(tmp_path / "data")
    app = storage.apps.create_app("door", {})
    group = storage.gallery.create_group(app, "staff", DEFAULT_RECOGNITION.name, quota=10)
    yield Desk(storage, analyzer, app, group)
    storage.close()
