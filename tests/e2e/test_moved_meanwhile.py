"""A group moves at the worst moment of a request: the answer is as if it had moved before, or after."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.packs import PLAIN, add_pack, link_models, plain_card
from visavis.app.records import make_records
from visavis.app.services import services_of
from visavis.core.bulk import BulkRegistration, Entry, Result
from visavis.identities import App
from visavis.settings import Settings
from visavis.storage.gallery.gallery import SealedGallery
from visavis.types import Embedding, ImageBytes, RequestedAttributes
from visavis.vision.analyzer import Analyzer
from visavis.vision.catalogue import Catalogue
from visavis.vision.models import SFACE
from visavis.vision.recognition import Recognizers
from visavis.vision.store import ModelStore
from visavis.web.services import Services

from .conftest import sample


class Desk:
    """What requests are served with, and a group with Ines in it."""

    def __init__(self, services: Services) -> None:
        self.services = services
        services.apps.create("door")
        self.app: App = services.apps.require("door")
        services.groups.create(self.app, "staff")
        self.ines = self.register("ines-portrait", "ines")

    def register(self, name: str, label: str) -> str:
        done = self.services.faces.register(self.app, "staff", picture(name), 1, label, RequestedAttributes())
        [added] = done.added
        return added.record.face_id

    @property
    def model(self) -> str:
        return self.services.groups.require(self.app, "staff").model

    def template(self, face_id: str) -> Embedding:
        group = self.services.groups.require(self.app, "staff")
        return self.services.faces.gallery.open_template(group, face_id)

    def imported(self, entries: list[Entry]) -> list[Result]:
        faces, group = self.services.faces, self.services.groups.require(self.app, "staff")
        bulk = BulkRegistration(faces.analyzer, faces.gallery, group, limit=1, quota=100, threads=1)
        return [result for batch in bulk.run(entries) for result in batch]

    def found(self, name: str) -> list[str | None]:
        matches = self.services.search.by_image(
            self.app, "staff", picture(name), 5, 90, RequestedAttributes()
        ).matches
        return [match.face.external_image_id for match in matches]


def picture(name: str) -> ImageBytes:
    return ImageBytes(sample(name), 10_000_000)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory, model_store: ModelStore) -> Path:
    models = link_models(tmp_path_factory.mktemp("meanwhile") / "models", model_store)
    add_pack(models, model_store, plain_card(), PLAIN)
    return models


@pytest.fixture(scope="module")
def all_models(models: Path) -> Analyzer:
    store = ModelStore(models)
    return Analyzer.load(store, 2, Recognizers(store, Catalogue.read(models)))


@pytest.fixture
def desk(tmp_path: Path, models: Path, all_models: Analyzer) -> Iterator[Desk]:
    settings = Settings(data_dir=tmp_path / "data", models_dir=models, recognition_model=SFACE.name)
    with closing(make_records(settings)) as storage:
        yield Desk(services_of(settings, Catalogue.read(models), all_models, storage))


@contextmanager
def moved_once(desk: Desk, after: Callable[..., Any]) -> Iterator[None]:
    """The group moves right after the first call of this method in the block has returned."""
    moved = False

    def and_move(*arguments: Any, **named: Any) -> Any:
        nonlocal moved
        result = after(*arguments, **named)
        if not moved:
            moved = True
            desk.services.groups.upgrade(desk.app, "staff", PLAIN)
        return result

    owner = Analyzer if after is Analyzer.embed else SealedGallery
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, after.__name__, and_move)
        yield
    assert moved
    assert desk.model == PLAIN


def test_a_search_by_picture_is_made_again_with_the_new_model(desk: Desk) -> None:
    for name, wanted in (("ines-selfie", [desk.ines]), ("omar-selfie", [])):
        desk.services.groups.upgrade(desk.app, "staff", SFACE.name)
        with moved_once(desk, Analyzer.embed):
            found = desk.services.search.by_image(desk.app, "staff", picture(name), 5, 90, RequestedAttributes())
        assert found.model == PLAIN
        assert [match.face.face_id for match in found.matches] == wanted


def test_the_similarity_of_a_search_is_that_of_a_search_afterwards(desk: Desk) -> None:
    def similarity() -> float:
        source = picture("ines-selfie")
        [match] = desk.services.search.by_image(desk.app, "staff", source, 5, 0, RequestedAttributes()).matches
        return match.similarity

    before = similarity()
    with moved_once(desk, Analyzer.embed):
        meanwhile = similarity()
    assert meanwhile == similarity()
    assert meanwhile != before


def test_a_search_by_a_face_is_made_again(desk: Desk) -> None:
    second = desk.register("ines-selfie", "ines again")
    with moved_once(desk, SealedGallery.require_template):
        matches = desk.services.search.by_face_id(desk.app, "staff", desk.ines, 5, 90)
    assert [match.face.face_id for match in matches] == [second]
    assert matches == desk.services.search.by_face_id(desk.app, "staff", desk.ines, 5, 90)


@pytest.mark.parametrize("moment", [SealedGallery.require_face, SealedGallery.open_template, Analyzer.embed])
def test_a_verification_is_wholly_by_one_model(desk: Desk, moment: Callable[..., Any]) -> None:
    def similarity() -> float:
        source = picture("ines-selfie")
        return desk.services.search.verify(desk.app, "staff", desk.ines, source, RequestedAttributes()).similarity

    before = similarity()
    with moved_once(desk, moment):
        meanwhile = similarity()
    assert meanwhile in {before, similarity()}
    assert before != similarity()


def test_a_collection_is_searched_again_and_takes_faces(desk: Desk) -> None:
    collections = desk.services.collections
    with moved_once(desk, Analyzer.embed):
        matches = collections.identify(desk.app, "staff", picture("ines-selfie")).matches
    assert [match.face.face_id for match in matches] == [desk.ines]
    desk.services.groups.upgrade(desk.app, "staff", SFACE.name)
    with moved_once(desk, Analyzer.embed):
        collections.add(desk.app, "staff", picture("omar-selfie"), "omar")
    assert desk.found("omar-selfie") == ["omar"]


def test_a_face_that_was_embedded_before_is_stored_as_if_it_came_after(desk: Desk) -> None:
    with moved_once(desk, Analyzer.embed):
        before = desk.register("omar-selfie", "omar")
    after = desk.register("omar-selfie", "omar again")
    assert desk.template(before) @ desk.template(after) > 0.9999
    assert sorted(map(str, desk.found("omar-selfie"))) == ["omar", "omar again"]
    assert desk.found("ines-selfie") == ["ines"]


def test_an_import_goes_on_with_what_it_began_with(desk: Desk, tmp_path: Path) -> None:
    entries = [Entry(tmp_path / f"{name}.jpg", name) for name in ("omar-selfie", "ines-selfie")]
    for entry in entries:
        entry.path.write_bytes(sample(entry.path.stem))
    with moved_once(desk, Analyzer.embed):
        results = desk.imported(entries)
    for result in results:
        [face] = result.faces
        assert face.face_id is not None
        again = desk.register(result.entry.path.stem, "again")
        assert desk.template(face.face_id) @ desk.template(again) > 0.9999
    assert [result.skipped for result in desk.imported(entries)] == ["present", "present"]
