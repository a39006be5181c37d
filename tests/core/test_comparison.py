"""Faces of one picture against those of another, without any group."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.core.world import EVERYTHING, PLAIN, World, refused, sent, showing
from tests.fakes.pictures import FakeFace, picture
from visavis.core.compare import Compared, Pairs
from visavis.errors import ErrorCode
from visavis.types import ImageSize, ImageSource, ImageUrl, RequestedAttributes, Sensitivity

NO_FACE = "Source image: No face of at least 60 x 60 pixels was found in the image."
LARGE: dict[str, Any] = {"left": 300.0, "width": 200.0, "height": 200.0}


def compare(world: World, source: ImageSource, target: ImageSource, threshold: float = 50) -> Compared:
    return world.search.compare(source, target, threshold, PLAIN)


def table(pairs: Pairs) -> list[list[float]]:
    return [[round(similarity, 3) for similarity in row] for row in pairs.similarities]


def test_every_target_face_is_told_best_first_on_its_side_of_the_threshold(world: World) -> None:
    source = showing(FakeFace(7), FakeFace(1, **LARGE))
    target = sent(
        picture(
            FakeFace(1, likeness=0.3, left=0, width=90),
            FakeFace(1, likeness=0.9, left=100, width=80),
            FakeFace(1, likeness=0.6, left=200, width=70),
            FakeFace(2, left=300, width=60, height=60),
            width=600,
            height=300,
        )
    )
    compared = compare(world, source, target)
    assert compared.model == "old"
    assert (compared.probe.size, compared.size) == (ImageSize(1000, 500), ImageSize(600, 300))
    assert compared.probe.face.box.width == 200
    matched = [(face.box.x0, round(similarity, 3)) for face, similarity in compared.matched]
    unmatched = [(face.box.x0, round(similarity, 3)) for face, similarity in compared.unmatched]
    assert matched == [(100, 90), (200, 60)]
    assert unmatched == [(0, 30), (300, 0)]
    assert compared.detail == ""


def test_a_face_at_the_very_threshold_matches(world: World) -> None:
    source, target = showing(FakeFace(1)), showing(FakeFace(1, likeness=0.5))
    [(_, similarity)] = compare(world, source, target, 0).matched
    assert len(compare(world, source, target, similarity).matched) == 1
    assert len(compare(world, source, target, similarity + 1e-9).unmatched) == 1


def test_a_target_without_a_face_is_no_error_and_a_source_is(world: World) -> None:
    compared = compare(world, showing(FakeFace(1)), showing())
    assert (compared.matched, compared.unmatched) == ([], [])
    assert compared.detail == NO_FACE.replace("Source", "Target")
    with refused(ErrorCode.NO_FACE, NO_FACE, "Source"):
        compare(world, showing(), showing(FakeFace(1)))


def test_an_error_tells_of_which_picture_it_is(world: World) -> None:
    person, text = showing(FakeFace(1)), sent(b"text")
    with refused(ErrorCode.NOT_AN_IMAGE, "Source image: The bytes are not an image.", "Source"):
        compare(world, text, person)
    with refused(ErrorCode.NOT_AN_IMAGE, "Target image: The bytes are not an image.", "Target"):
        compare(world, person, text)
    nobody = ImageUrl("http://nobody.example/", 1000)
    detail = "image: the host of the image URL cannot be reached"
    with refused(ErrorCode.INVALID_IMAGE_URL, f"Source {detail}", "Source"):
        compare(world, nobody, person)
    with refused(ErrorCode.INVALID_IMAGE_URL, f"Target {detail}", "Target"):
        compare(world, person, nobody)


def test_both_pictures_are_at_hand_before_either_is_looked_at(world: World) -> None:
    nobody = ImageUrl("http://nobody.example/", 1000)
    with refused(
        ErrorCode.INVALID_IMAGE_URL, "Target image: the host of the image URL cannot be reached", "Target"
    ):
        compare(world, sent(b"text"), nobody)
    assert world.analyzer.decoded == 0


def test_pictures_are_fetched_where_there_are_urls(world: World) -> None:
    world.fetcher.files.update(
        {"http://a.example/": picture(FakeFace(1)), "http://b.example/": picture(FakeFace(1))}
    )
    compared = compare(world, ImageUrl("http://a.example/", 10_000), ImageUrl("http://b.example/", 10_000))
    assert len(compared.matched) == 1


def test_what_is_asked_for_is_told_of_every_face(world: World) -> None:
    face = FakeFace(1, masked=True, liveness=20)
    requested = replace(EVERYTHING, spoof=Sensitivity.WEAK)
    compared = world.search.compare(showing(face), showing(face), 50, requested)
    for seen in (compared.probe.face, compared.matched[0][0]):
        assert (seen.mask, seen.pose, seen.quality) == (True, face.pose, face.measured_quality)
        assert (seen.liveness, seen.spoof) == (20, True)
    plain = world.search.compare(showing(face), showing(face), 50, RequestedAttributes()).probe.face
    assert (plain.mask, plain.pose, plain.quality, plain.liveness, plain.spoof) == (None,) * 5


@pytest.mark.parametrize("threshold", [0, 50])
def test_a_face_that_is_too_poor_is_like_nobody(world: World, threshold: float) -> None:
    good, poor = showing(FakeFace(1)), showing(FakeFace(1, comparability=49.9))
    for source, target, which in ((poor, good, "Source"), (good, poor, "Target"), (poor, poor, "Source")):
        compared = compare(world, source, target, threshold)
        assert [similarity for _, similarity in [*compared.matched, *compared.unmatched]] == [0.0]
        assert compared.detail == f"{which} image: The face is too poor to be compared: it is blurred."
    edge = showing(FakeFace(1, comparability=50))
    assert compare(world, edge, edge).detail == ""
    assert len(compare(world, edge, edge).matched) == 1


def test_the_detail_is_about_the_largest_target_face_that_is_too_poor(world: World) -> None:
    target = showing(
        FakeFace(1, **LARGE),
        FakeFace(2, comparability=1, lacks="too dark"),
        FakeFace(3, left=600, width=90, comparability=1),
    )
    compared = compare(world, showing(FakeFace(1)), target)
    assert compared.detail == "Target image: The face is too poor to be compared: it is too dark."
    assert len(compared.matched) == 1


def test_every_source_face_is_compared_with_every_target_face(world: World) -> None:
    source = showing(FakeFace(2), FakeFace(1, **LARGE), FakeFace(3, left=600, width=90, comparability=1))
    target = sent(picture(FakeFace(2, likeness=0.8, **LARGE), FakeFace(1, likeness=0.6), width=600, height=300))
    pairs = world.search.pairs(source, target, PLAIN)
    assert pairs.model == "old"
    assert [face.box.width for face in pairs.source_faces] == [200, 100, 90]
    assert [face.box.width for face in pairs.target_faces] == [200, 100]
    assert (pairs.source_size, pairs.target_size) == (ImageSize(1000, 500), ImageSize(600, 300))
    assert table(pairs) == [[0, 60], [80, 0], [0, 0]]


def test_the_pairs_of_the_largest_face_are_what_a_comparison_finds(world: World) -> None:
    source = showing(FakeFace(2), FakeFace(1, **LARGE))
    target = showing(FakeFace(2, likeness=0.8, **LARGE), FakeFace(1, likeness=0.6))
    for requested in (PLAIN, replace(EVERYTHING, spoof=Sensitivity.STRICT)):
        pairs = world.search.pairs(source, target, requested)
        assert pairs.of_largest(50) == world.search.compare(source, target, 50, requested)


def test_there_may_be_no_face_in_either_picture(world: World) -> None:
    pairs = world.search.pairs(showing(), showing(), PLAIN)
    assert (pairs.source_faces, pairs.target_faces, pairs.similarities) == ([], [], [])
    with refused(ErrorCode.NO_FACE, NO_FACE, "Source"):
        pairs.of_largest(50)
    assert table(world.search.pairs(showing(FakeFace(1)), showing(), PLAIN)) == [[]]
    with refused(ErrorCode.NOT_AN_IMAGE, "Target image: The bytes are not an image.", "Target"):
        world.search.pairs(showing(), sent(b"text"), PLAIN)


def test_a_comparison_uses_the_model_of_the_server_and_its_scale(world: World) -> None:
    newer = replace(world.search, model="new")
    compared = newer.compare(showing(FakeFace(1)), showing(FakeFace(1)), 50, PLAIN)
    assert compared.model == "new"
    assert compared.matched[0][1] == pytest.approx(80)
    missing = replace(world.search, calibrations={})
    with refused(ErrorCode.INTERNAL, "The recognition model old is missing on this server."):
        missing.compare(showing(FakeFace(1)), showing(FakeFace(1)), 50, PLAIN)
