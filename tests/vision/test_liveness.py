from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import PEOPLE, OpenPeoplePicture
from tests.vision.attacks import on_screen, printed
from tests.vision.pictures import Array, resized
from tests.vision.scenes import faces_in, picture_of
from visavis.errors import SetupError
from visavis.types import Box, ImageSize, Traits
from visavis.vision.align import crop
from visavis.vision.analyzer import Analyzer
from visavis.vision.decode import DecodedPicture
from visavis.vision.geometry import similarity_transform
from visavis.vision.liveness_correction import corrections
from visavis.vision.liveness_measures import measures
from visavis.vision.models import CARDS, FR_LIVENESS, MINIFAS_V1SE, MINIFAS_V2, WITHOUT_FR_LIVENESS
from visavis.vision.session import Network
from visavis.vision.spoof import LivenessEstimator, _part, read_scale
from visavis.vision.store import ModelStore

pytestmark = pytest.mark.slow

WEAK, BALANCED, STRICT = 30.0, 50.0, 70.0
SCALES = ("liveness-fused", "liveness-minifas")
ALIGNED = np.array([(76.6, 103.3), (147.2, 103), (112, 143.4), (83.1, 184.8), (141.3, 184.8)])
"""The landmarks of an aligned face of 224 x 224 px."""


@pytest.fixture(scope="session")
def portraits(openpeople_picture: OpenPeoplePicture) -> list[Array]:
    return [resized(openpeople_picture(name, "studio_portrait"), 768, 1024) for name in PEOPLE]


@pytest.fixture(scope="session")
def store_without_npm(model_store: ModelStore, tmp_path_factory: pytest.TempPathFactory) -> ModelStore:
    """All models but the optional one of liveness."""
    store = ModelStore(tmp_path_factory.mktemp("models"))
    for card in CARDS:
        if card.source is not None and card is not FR_LIVENESS:
            shutil.copy(model_store.path(card), store.path(card))
    return store


@pytest.fixture(scope="session")
def pair_alone(store_without_npm: ModelStore) -> Analyzer:
    return Analyzer.load(store_without_npm, cpu_places=2)


@pytest.fixture(params=["all networks", "the pair alone"])
def any_analyzer(
    request: pytest.FixtureRequest, model_store: ModelStore, analyzer: Analyzer, pair_alone: Analyzer
) -> Analyzer:
    if request.param == "the pair alone":
        return pair_alone
    if not model_store.path(FR_LIVENESS).exists():
        pytest.skip("fr-liveness is not installed")
    return analyzer


def liveness_of(analyzer: Analyzer, rgb: Array) -> float:
    """That of the largest face."""
    picture = picture_of(rgb)
    (face,) = analyzer.describe(picture, analyzer.find(picture)[:1], Traits(liveness=True))
    assert face.liveness is not None
    return face.liveness


def aligned(analyzer: Analyzer, rgb: Array) -> DecodedPicture:
    """The largest face as its sender might align it."""
    points = faces_in(analyzer, rgb)[0].landmarks.as_array().astype(np.float64)
    return DecodedPicture(crop(picture_of(rgb), similarity_transform(points, ALIGNED), 224))


def test_portraits_are_taken_for_living_faces(any_analyzer: Analyzer, portraits: list[Array]) -> None:
    for portrait in portraits:
        assert liveness_of(any_analyzer, portrait) >= STRICT


def test_a_print_held_before_the_camera_is_no_living_face(any_analyzer: Analyzer, portraits: list[Array]) -> None:
    prints = [liveness_of(any_analyzer, printed(portrait)) for portrait in portraits]
    assert max(prints) < BALANCED
    assert np.median(prints) < WEAK


def test_a_screen_held_before_the_camera_is_no_living_face(any_analyzer: Analyzer, portraits: list[Array]) -> None:
    for portrait in portraits:
        assert liveness_of(any_analyzer, on_screen(portrait)) < BALANCED


def test_the_size_of_the_picture_does_not_matter(
    any_analyzer: Analyzer, openpeople_picture: OpenPeoplePicture
) -> None:
    for name in PEOPLE[:4]:
        for width in (400, 800, 1600):
            portrait = resized(openpeople_picture(name, "studio_portrait"), width, width * 4 // 3)
            assert liveness_of(any_analyzer, portrait) >= STRICT


def test_each_of_several_faces_gets_what_it_gets_alone(
    any_analyzer: Analyzer, openpeople_picture: OpenPeoplePicture
) -> None:
    with any_analyzer.decode(openpeople_picture("P003", "emotions_sheet")) as picture:
        faces = any_analyzer.find(picture)
        wanted = Traits(liveness=True)
        together = any_analyzer.describe(picture, faces, wanted)
        alone = [face for each in faces for face in any_analyzer.describe(picture, [each], wanted)]
        backwards = any_analyzer.describe(picture, faces[::-1], wanted)
    assert len(faces) == 16
    assert [face.box for face in together] == [face.box for face in faces]
    scores = [face.liveness for face in together]
    assert len({round(score or 0, 3) for score in scores}) > 8
    assert scores == pytest.approx([face.liveness for face in alone], abs=0.01)
    assert scores == pytest.approx([face.liveness for face in backwards[::-1]], abs=0.01)


def test_the_same_picture_gets_the_same_liveness(any_analyzer: Analyzer, portraits: list[Array]) -> None:
    attack = on_screen(portraits[1])
    assert liveness_of(any_analyzer, attack) == liveness_of(any_analyzer, attack)
    picture = aligned(any_analyzer, portraits[1])
    assert any_analyzer.aligned_liveness(picture) == any_analyzer.aligned_liveness(picture)


@pytest.mark.parametrize("attack", [printed, on_screen])
def test_aligned_attacks_get_less_than_aligned_portraits(
    any_analyzer: Analyzer, portraits: list[Array], attack: Callable[[Array], Array]
) -> None:
    living = [any_analyzer.aligned_liveness(aligned(any_analyzer, portrait)) for portrait in portraits]
    attacks = [any_analyzer.aligned_liveness(aligned(any_analyzer, attack(portrait))) for portrait in portraits]
    assert np.median(living) > BALANCED > np.median(attacks)
    assert np.mean(living) > np.mean(attacks) + 25


@pytest.mark.parametrize("scene", [np.asarray, printed, on_screen])
def test_a_mirrored_picture_gets_the_same_liveness(
    any_analyzer: Analyzer, portraits: list[Array], scene: Callable[[Array], Array]
) -> None:
    for portrait in portraits[:4]:
        picture = aligned(any_analyzer, scene(portrait))
        mirrored = DecodedPicture(np.ascontiguousarray(picture.pixels[:, ::-1]))
        score = any_analyzer.aligned_liveness(picture)
        assert any_analyzer.aligned_liveness(mirrored) == pytest.approx(score, abs=0.01)


@pytest.mark.parametrize("colour", [0, 127, 255])
def test_an_aligned_picture_without_a_face_has_a_liveness_all_the_same(
    any_analyzer: Analyzer, colour: int
) -> None:
    picture = DecodedPicture(np.full((224, 224, 3), colour, np.uint8))
    assert 0 <= any_analyzer.aligned_liveness(picture) <= 100


def test_liveness_is_there_only_when_it_is_wanted(analyzer: Analyzer, portraits: list[Array]) -> None:
    picture = picture_of(portraits[0])
    faces = analyzer.find(picture)
    (without,) = analyzer.describe(picture, faces, Traits(pose=True, mask=True))
    (having,) = analyzer.describe(picture, faces, Traits(pose=True, mask=True, liveness=True))
    assert without.liveness is None
    assert having.liveness is not None
    assert replace(having, liveness=None) == without
    assert analyzer.describe(picture, [], Traits(liveness=True)) == []


def test_no_liveness_network_runs_when_it_is_not_wanted(
    analyzer: Analyzer, portraits: list[Array], monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[Network] = []
    run = Network.run

    def noted(network: Network, batch: Array) -> dict[str, Array]:
        ran.append(network)
        return run(network, batch)

    monkeypatch.setattr(Network, "run", noted)
    picture = picture_of(portraits[0])
    faces = analyzer.find(picture)
    described = [analyzer.describe(picture, faces, Traits(pose=True, mask=True)) for _ in range(2)]
    usual = set(map(id, ran))
    analyzer.describe(picture, faces, Traits(pose=True, mask=True, liveness=True))
    liveness_networks = {id(view.network) for view in analyzer._liveness._views}
    assert described[0] == described[1]
    assert usual.isdisjoint(liveness_networks)
    assert {id(network) for network in ran} == usual | liveness_networks


def test_a_server_without_the_optional_network_says_so_once(
    store_without_npm: ModelStore, portraits: list[Array], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "visavis"):
        analyzer = Analyzer.load(store_without_npm, cpu_places=1)
        liveness_of(analyzer, portraits[0])
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", WITHOUT_FR_LIVENESS)
    ]


def test_a_server_with_all_networks_says_nothing(
    model_store: ModelStore, caplog: pytest.LogCaptureFixture
) -> None:
    if not model_store.path(FR_LIVENESS).exists():
        pytest.skip("fr-liveness is not installed")
    with caplog.at_level(logging.INFO, "visavis"):
        Analyzer.load(model_store, cpu_places=1)
    assert caplog.records == []


def test_the_commands_say_that_the_optional_network_is_missing(store_without_npm: ModelStore) -> None:
    environment = os.environ | {
        "VISAVIS_MODELS_DIR": str(store_without_npm.directory),
        "PATH": "",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": "",
        "COLUMNS": "400",
    }

    def said_by(*command: str) -> str:
        run = [sys.executable, "-m", "visavis", "models", *command]
        done = subprocess.run(run, env=environment, capture_output=True, text=True, check=True)  # noqa: S603 - ours
        return done.stdout

    assert f"{FR_LIVENESS.name}: left out" in said_by("pull", "--without-optional")
    assert f"{FR_LIVENESS.name}: optional, not installed" in said_by("verify")
    listed = said_by("list")
    assert "no, optional" in listed
    assert WITHOUT_FR_LIVENESS in listed


def test_a_server_refuses_a_damaged_optional_network(store_without_npm: ModelStore) -> None:
    path = store_without_npm.path(FR_LIVENESS)
    path.write_bytes(b"\x00" * FR_LIVENESS.size)
    try:
        with pytest.raises(SetupError, match=f"{FR_LIVENESS.file} is not the file"):
            Analyzer.load(store_without_npm, cpu_places=1)
    finally:
        path.unlink()


def test_files_that_are_no_networks_are_refused(model_store: ModelStore) -> None:
    pair = (model_store.load(MINIFAS_V2), model_store.load(MINIFAS_V1SE))
    for files in ((b"", pair[1], None), (pair[0], b"no network", None), (*pair, b"no network")):
        with pytest.raises(SetupError):
            LivenessEstimator(*files)


@pytest.mark.parametrize("name", SCALES)
def test_a_scale_rises_through_the_three_sensitivities(name: str) -> None:
    scale = read_scale(name)
    assert scale.set
    for knots in (scale.in_picture, scale.aligned):
        assert [liveness for _, liveness in knots] == [0, 30, 50, 70, 100]
        assert (knots[0][0], knots[-1][0]) == (0, 1)
        assert all(low < high for (low, _), (high, _) in pairwise(knots))


@settings(max_examples=200)
@given(
    size=st.tuples(st.integers(80, 400), st.integers(80, 400)),
    corner=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    extent=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    scale=st.sampled_from([1.5, 2.7, 4.0]),
)
def test_what_a_network_sees_lies_in_the_picture_and_holds_the_box(
    size: tuple[int, int], corner: tuple[float, float], extent: tuple[float, float], scale: float
) -> None:
    width, height = size
    box_width, box_height = 60 + extent[0] * (width - 60), 60 + extent[1] * (height - 60)
    x0, y0 = corner[0] * (width - box_width), corner[1] * (height - box_height)
    box = Box(x0, y0, x0 + box_width, y0 + box_height).clipped(ImageSize(width, height))
    y, x = np.mgrid[0:height, 0:width]
    numbered = np.stack([x % 256, y % 256, x // 256 + 2 * (y // 256)], axis=-1).astype(np.uint8)
    part = _part(DecodedPicture(numbered), box, scale)
    rows, columns = part.shape[:2]
    first, last = part[0, 0].astype(int), part[-1, -1].astype(int)
    left, top = first[0] + 256 * (first[2] % 2), first[1] + 256 * (first[2] // 2)
    right, bottom = last[0] + 256 * (last[2] % 2) + 1, last[1] + 256 * (last[2] // 2) + 1
    assert (right - left, bottom - top) == (columns, rows)
    assert left <= box.x0 + 1
    assert top <= box.y0 + 1
    assert right >= box.x1 - 1
    assert bottom >= box.y1 - 1
    fit = min(scale, width / box.width, height / box.height)
    assert columns == pytest.approx(fit * box.width, abs=1.01)
    assert rows == pytest.approx(fit * box.height, abs=1.01)


def test_a_face_that_fills_the_picture_has_a_liveness(any_analyzer: Analyzer, portraits: list[Array]) -> None:
    picture = picture_of(portraits[0])
    whole = Box(0.0, 0.0, picture.size.width, picture.size.height)
    face = replace(any_analyzer.find(picture)[0], box=whole)
    (described,) = any_analyzer.describe(picture, [face], Traits(liveness=True))
    assert described.liveness is not None
    assert 0 <= described.liveness <= 100


def test_measures_move_the_verdict_of_the_networks_and_never_outvote_them() -> None:
    far = [np.full(34, number) for number in (-1e6, -100.0, 0.0, 100.0, 1e6)]
    assert np.abs(corrections(far)).max() <= 1.5
    assert corrections(far)[0] == pytest.approx(corrections([np.full(34, -1e9)])[0])


def test_an_even_picture_has_no_detail_and_no_saturation() -> None:
    grey = measures(np.full((128, 128, 3), 120, np.uint8))
    assert grey[:3] == pytest.approx([120, 128, 128])
    assert grey[6] == 0
    assert (grey[12:] < -2.9).all()


def test_measures_see_colour_and_detail(portraits: list[Array]) -> None:
    shown = np.ascontiguousarray(resized_square(portraits[0]))
    softened = np.asarray(cv2.GaussianBlur(shown, (0, 0), 2), np.uint8)
    warmer = (shown * [1.2, 1.0, 0.8]).clip(0, 255).astype(np.uint8)
    assert measures(softened)[12] < measures(shown)[12] - 0.5
    assert measures(warmer)[2] > measures(shown)[2] + 5


def resized_square(rgb: Array) -> Array:
    return np.asarray(cv2.resize(rgb, (128, 128), interpolation=cv2.INTER_AREA), np.uint8)
