"""Pixels to faces."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from typing import Any, TypeAlias

import numpy as np
import pytest
from PIL import Image

from tests.conftest import curated
from tests.fakes.analyzer import FakeAnalyzer
from tests.fakes.pictures import GIF, FakeFace, picture
from visavis.core.ports import FaceAnalyzer
from visavis.errors import ErrorCode, ServiceError
from visavis.types import DetectedFace, ImageSize, Traits
from visavis.vision.analyzer import Analyzer
from visavis.vision.catalogue import Catalogue
from visavis.vision.models import SFACE
from visavis.vision.pool.analyzer import PooledAnalyzer
from visavis.vision.pool.fork_server import ForkServer, WorkerPlan
from visavis.vision.pool.workers import PoolLimits, WorkerPool
from visavis.vision.store import ModelStore

ALL = Traits(pose=True, mask=True, liveness=True, quality=True, comparability=True)


@dataclass(frozen=True)
class Album:
    """An analyzer, a recognition model that it has, and pictures that it can look at."""

    analyzer: FaceAnalyzer[Any]
    model: str
    person: bytes
    again: bytes
    """The same person in another picture."""
    two_people: bytes
    """A large face and a smaller one."""
    nobody: bytes
    crowd: bytes
    """A face, and another that is smaller than 60 x 60 px."""
    blank: Callable[[int, int], bytes]
    """A picture without a face, of this width and height."""
    aligned: bytes
    """A picture that is nothing but a face."""
    gif: bytes


Request: TypeAlias = pytest.FixtureRequest


def _fake(_: Request) -> Album:
    return Album(
        FakeAnalyzer(),
        "old",
        person=picture(FakeFace(3)),
        again=picture(FakeFace(3, likeness=0.9, left=300, width=200, height=200)),
        two_people=picture(FakeFace(4, left=500), FakeFace(5, width=200, height=200)),
        nobody=picture(FakeFace(6, width=59)),
        crowd=picture(FakeFace(4), FakeFace(6, width=59)),
        blank=lambda width, height: picture(width=width, height=height),
        aligned=picture(width=224, height=224),
        gif=GIF,
    )


def _real(request: Request) -> Album:
    """With the networks in this process."""
    analyzer: Analyzer = request.getfixturevalue("analyzer")
    person, other = curated("P001", "studio_portrait"), curated("P002", "studio_portrait")
    return Album(
        analyzer,
        SFACE.name,
        person=person,
        again=curated("P001", "amateur_selfie"),
        two_people=_side_by_side(person, other),
        nobody=_blank(400, 300),
        crowd=_side_by_side(person, other, width=90),
        blank=_blank,
        aligned=_jpeg(Image.open(io.BytesIO(person)).resize((224, 224))),
        gif=_blank(100, 100, "GIF"),
    )


def _pooled(request: Request) -> Album:
    """With the networks in two worker processes."""
    store: ModelStore = request.getfixturevalue("model_store")
    pool = WorkerPool(ForkServer(WorkerPlan(store.directory, SFACE.name)), PoolLimits(2, 60.0, 1000))
    analyzer = PooledAnalyzer(pool, Catalogue.read(store.directory).cards)
    request.addfinalizer(analyzer.close)
    return replace(_real(request), analyzer=analyzer)


ANALYZERS = [
    pytest.param(_fake, id="fake"),
    pytest.param(_real, id="real"),
    pytest.param(_pooled, id="pooled", marks=pytest.mark.slow),
]
"""Whatever else implements the port is one more line."""


@pytest.fixture(scope="module", params=ANALYZERS)
def album(request: Request) -> Album:
    make: Callable[[Request], Album] = request.param
    return make(request)


def _jpeg(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.convert("RGB").save(file, "JPEG", quality=95)
    return file.getvalue()


def _blank(width: int, height: int, kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.new("L", (width, height), 128).save(file, kind)
    return file.getvalue()


def _side_by_side(large: bytes, small: bytes, width: int = 500) -> bytes:
    canvas = Image.new("RGB", (1600, 1000), "white")
    canvas.paste(Image.open(io.BytesIO(large)).resize((1000, 1000)), (0, 0))
    canvas.paste(Image.open(io.BytesIO(small)).resize((width, width)), (1050, 250))
    return _jpeg(canvas)


def look(album: Album, data: bytes, traits: Traits) -> list[DetectedFace]:
    with album.analyzer.decode(data) as seen:
        return album.analyzer.describe(seen, album.analyzer.find(seen), traits)


def embedded(album: Album, data: bytes) -> Any:
    with album.analyzer.decode(data) as seen:
        return album.analyzer.embed(seen, album.analyzer.find(seen), album.model)


def refusal(album: Album, data: bytes) -> ErrorCode:
    with pytest.raises(ServiceError) as refused, album.analyzer.decode(data):
        pytest.fail("it was decoded")
    return refused.value.code


def test_faces_that_are_too_small_are_counted(album: Album) -> None:
    for data, found, small in ((album.crowd, 1, 1), (album.two_people, 2, 0), (album.blank(400, 300), 0, 0)):
        with album.analyzer.decode(data) as seen:
            assert len(album.analyzer.find(seen)) == found
            assert seen.small_faces == small


def test_a_picture_tells_its_size(album: Album) -> None:
    with album.analyzer.decode(album.blank(120, 90)) as seen:
        assert seen.size == ImageSize(120, 90)


@pytest.mark.parametrize(
    ("width", "height", "code"),
    [
        (79, 200, ErrorCode.IMAGE_TOO_SMALL),
        (200, 79, ErrorCode.IMAGE_TOO_SMALL),
        (10_000, 5_001, ErrorCode.IMAGE_TOO_LARGE),
    ],
)
def test_a_picture_that_is_too_small_or_too_large_is_refused(
    album: Album, width: int, height: int, code: ErrorCode
) -> None:
    assert refusal(album, album.blank(width, height)) is code


def test_what_is_no_png_and_no_jpeg_is_refused_for_what_it_is(album: Album) -> None:
    assert refusal(album, b"text") is ErrorCode.NOT_AN_IMAGE
    assert refusal(album, b"") is ErrorCode.NOT_AN_IMAGE
    assert refusal(album, album.gif) is ErrorCode.UNSUPPORTED_IMAGE_FORMAT
    assert refusal(album, album.person[: -1000 if len(album.person) > 2000 else -4]) is ErrorCode.BROKEN_IMAGE


def test_faces_are_found_largest_first_and_without_traits(album: Album) -> None:
    with album.analyzer.decode(album.two_people) as seen:
        large, small = album.analyzer.find(seen)
    assert large.box.area > small.box.area
    for face in (large, small):
        assert (face.pose, face.mask, face.liveness, face.spoof, face.quality, face.comparability) == (None,) * 6
        assert 0 < face.detection_score <= 1


def test_a_picture_without_a_face_has_none(album: Album) -> None:
    assert look(album, album.nobody, ALL) == []
    rows = embedded(album, album.nobody)
    assert (len(rows), rows.dtype) == (0, np.float32)
    assert rows.shape[1] == embedded(album, album.person).shape[1]


@pytest.mark.parametrize("wanted", [field.name for field in fields(Traits)])
def test_a_trait_is_there_when_it_is_wanted_and_no_other_is(album: Album, wanted: str) -> None:
    [plain] = look(album, album.person, Traits())
    [face] = look(album, album.person, replace(Traits(), **{wanted: True}))
    assert getattr(face, wanted) is not None
    bare: Any = {wanted: None}
    assert replace(face, **bare) == plain


def test_described_faces_are_the_same_in_the_same_order(album: Album) -> None:
    with album.analyzer.decode(album.two_people) as seen:
        found = album.analyzer.find(seen)
        described = album.analyzer.describe(seen, found[::-1], ALL)
    assert [(face.box, face.landmarks) for face in described] == [
        (face.box, face.landmarks) for face in found[::-1]
    ]
    for face in described:
        assert face.liveness is not None
        assert 0 <= face.liveness <= 100
        assert face.quality is not None
        assert 0 <= face.quality.score <= 100
        assert face.comparability is not None
        assert 0 <= face.comparability.score <= 100
        assert face.spoof is None


def test_embeddings_are_unit_vectors_in_the_order_of_the_faces(album: Album) -> None:
    with album.analyzer.decode(album.two_people) as seen:
        found = album.analyzer.find(seen)
        rows = album.analyzer.embed(seen, found, album.model)
        reversed_rows = album.analyzer.embed(seen, found[::-1], album.model)
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx([1, 1], abs=1e-5)
    assert reversed_rows[::-1] == pytest.approx(rows, abs=1e-3)


def test_the_first_view_of_a_face_is_compared_nearly_as_all_views_are(album: Album) -> None:
    stored = np.vstack([embedded(album, album.person), embedded(album, album.two_people)])
    with album.analyzer.decode(album.again) as seen:
        found = album.analyzer.find(seen)
        first, full = (
            album.analyzer.as_probe(embed(seen, found, album.model), album.model) @ stored.T
            for embed in (album.analyzer.embed_first_view, album.analyzer.embed)
        )
    assert np.abs(first - full).max() <= album.analyzer.first_view_within(album.model)


def test_two_pictures_of_a_person_are_more_alike_than_two_people(album: Album) -> None:
    [person], [again] = embedded(album, album.person), embedded(album, album.again)
    stranger = embedded(album, album.two_people)[1]
    asked = album.analyzer.as_probe(again, album.model)
    assert asked.shape == again.shape
    assert asked @ stranger < asked @ person <= 1
    swapped = album.analyzer.as_probe(person, album.model) @ again
    assert asked @ person == pytest.approx(swapped, abs=1e-5)


def test_many_faces_are_asked_about_as_one_is(album: Album) -> None:
    rows = embedded(album, album.two_people)
    asked = album.analyzer.as_probe(rows, album.model)
    assert asked[1] == pytest.approx(album.analyzer.as_probe(rows[1], album.model))


def test_a_model_that_is_not_there_is_an_error_of_the_server(album: Album) -> None:
    [row] = embedded(album, album.person)
    with album.analyzer.decode(album.person) as seen:
        calls: list[Callable[[], object]] = [
            lambda: album.analyzer.embed(seen, album.analyzer.find(seen), "nowhere"),
            lambda: album.analyzer.embed_first_view(seen, album.analyzer.find(seen), "nowhere"),
            lambda: album.analyzer.first_view_within("nowhere"),
            lambda: album.analyzer.as_probe(row, "nowhere"),
        ]
        for call in calls:
            with pytest.raises(ServiceError) as failed:
                call()
            assert failed.value.code is ErrorCode.INTERNAL


def test_a_picture_that_is_nothing_but_a_face_has_a_liveness(album: Album) -> None:
    with album.analyzer.decode(album.aligned) as seen:
        assert 0 <= album.analyzer.aligned_liveness(seen) <= 100


def test_no_more_pictures_are_decoded_at_once_than_there_are_places(album: Album) -> None:
    held, over, happened = threading.Semaphore(0), threading.Event(), list[str]()

    def hold() -> None:
        with album.analyzer.decode(album.nobody):
            held.release()
            over.wait()
            happened.append("let go")

    def wait() -> None:
        held.release()
        with album.analyzer.decode(album.nobody):
            happened.append("decoded")

    with ThreadPoolExecutor(3) as pool:
        calls = [pool.submit(call) for call in (hold, hold)]
        for _ in calls:
            held.acquire()
        calls.append(pool.submit(wait))
        held.acquire()
        over.set()
    assert [call.result() for call in calls] == [None] * 3
    assert happened[0] == "let go"


def test_a_place_is_free_again_after_a_picture_that_was_refused(album: Album) -> None:
    for _ in range(5):
        refusal(album, b"text")
    with album.analyzer.decode(album.nobody) as seen:
        assert seen.size.width > 0
