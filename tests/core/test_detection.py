"""What is found in a picture, and whether a picture that is nothing but a face is a spoof."""

from __future__ import annotations

import pytest

from tests.core.world import EVERYTHING, PLAIN, World, refused, sent, showing
from tests.fakes.pictures import FakeFace, picture
from visavis.errors import ErrorCode
from visavis.types import ImageSize, ImageUrl, RequestedAttributes, Sensitivity


def test_every_face_of_a_picture_is_told_largest_first(world: World) -> None:
    small, large = FakeFace(1), FakeFace(2, left=300, width=200, height=200)
    detected = world.faces.detect(showing(small, large), PLAIN)
    assert detected.size == ImageSize(1000, 500)
    assert detected.faces == [large.found(), small.found()]


def test_how_many_faces_were_too_small_is_told(world: World) -> None:
    small = FakeFace(1, width=59, height=59), FakeFace(2, left=300, width=59, height=80)
    assert world.faces.detect(showing(FakeFace(3, left=600), *small), PLAIN).small == 2


def test_a_picture_without_a_face_is_no_error(world: World) -> None:
    assert world.faces.detect(showing(), EVERYTHING).faces == []


def test_what_is_asked_for_is_told_and_nothing_else(world: World) -> None:
    face = FakeFace(turn=(10, 20, 30), masked=True, quality=40)
    [told] = world.faces.detect(showing(face), EVERYTHING).faces
    assert (told.pose, told.mask, told.quality) == (face.pose, True, face.measured_quality)
    assert (told.liveness, told.spoof, told.comparability) == (None, None, None)


@pytest.mark.parametrize(
    ("sensitivity", "liveness", "spoof"),
    [
        (Sensitivity.WEAK, 29.9, True),
        (Sensitivity.WEAK, 30, False),
        (Sensitivity.BALANCED, 49.9, True),
        (Sensitivity.BALANCED, 50, False),
        (Sensitivity.STRICT, 69.9, True),
        (Sensitivity.STRICT, 70, False),
    ],
)
def test_a_face_is_called_a_spoof_as_readily_as_is_asked(
    world: World, sensitivity: Sensitivity, liveness: float, spoof: bool
) -> None:
    source = showing(FakeFace(liveness=liveness))
    [face] = world.faces.detect(source, RequestedAttributes(spoof=sensitivity)).faces
    assert (face.liveness, face.spoof) == (liveness, spoof)
    aligned = sent(picture(width=224, height=224, liveness=liveness))
    assert world.faces.check_aligned(aligned, sensitivity) is spoof


@pytest.mark.parametrize(("width", "height"), [(224, 223), (223, 224), (225, 224), (448, 448)])
def test_an_aligned_picture_has_one_size(world: World, width: int, height: int) -> None:
    source = sent(picture(width=width, height=height))
    with refused(ErrorCode.IMAGE_NOT_ALIGNED, "An aligned image has 224 x 224 pixels."):
        world.faces.check_aligned(source, Sensitivity.WEAK)


def test_a_picture_is_fetched_where_there_is_a_url(world: World) -> None:
    world.fetcher.files["http://host.example/a.jpg"] = picture(FakeFace(1), width=224, height=224)
    source = ImageUrl("http://host.example/a.jpg", 10_000)
    assert len(world.faces.detect(source, PLAIN).faces) == 1
    assert world.faces.check_aligned(source, Sensitivity.STRICT) is False


def test_what_is_no_picture_is_refused(world: World) -> None:
    with refused(ErrorCode.NOT_AN_IMAGE, "The bytes are not an image."):
        world.faces.detect(sent(b"text"), PLAIN)
    with refused(ErrorCode.NOT_AN_IMAGE, "The bytes are not an image."):
        world.faces.check_aligned(sent(b"text"), Sensitivity.WEAK)
