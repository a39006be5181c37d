"""A registered face against the largest face of a picture."""

from __future__ import annotations

import pytest

from tests.core.world import EVERYTHING, PLAIN, World, refused, sent, showing
from tests.fakes.pictures import FakeFace
from visavis.core.search import Verified
from visavis.errors import ErrorCode
from visavis.types import ImageSize


def verify(world: World, face_id: str, *faces: FakeFace) -> Verified:
    return world.search.verify(world.app, "group", face_id, showing(*faces), PLAIN)


@pytest.mark.parametrize("likeness", [0.0, 0.4, 1.0])
def test_the_similarity_is_that_of_both_faces(world: World, likeness: float) -> None:
    world.group()
    _, record, _ = world.register(1, 2, 3)
    verified = verify(world, record.face_id, FakeFace(2, likeness=likeness))
    assert verified.similarity == pytest.approx(100 * likeness, abs=1e-4)
    assert (verified.record, verified.detail) == (record, "")
    assert (verified.probe.size, verified.probe.face.pose) == (ImageSize(1000, 500), None)


def test_the_largest_face_of_the_picture_counts(world: World) -> None:
    world.group()
    [record] = world.register(2)
    large = FakeFace(3, left=300, width=200, height=200)
    verified = verify(world, record.face_id, FakeFace(2), large)
    assert verified.similarity == 0
    assert verified.probe.face.box == large.found().box


def test_a_probe_that_is_too_poor_is_like_nobody(world: World) -> None:
    world.group()
    [record] = world.register(2)
    verified = verify(world, record.face_id, FakeFace(2, comparability=10, lacks="too dark"))
    assert verified.similarity == 0
    assert verified.detail == "The face is too poor to be compared: it is too dark."
    world.groups.change_settings(world.app, "group", {"min_comparability": 10})
    verified = verify(world, record.face_id, FakeFace(2, comparability=10))
    assert (round(verified.similarity), verified.detail) == (100, "")


def test_what_is_asked_for_is_told_of_the_probe(world: World) -> None:
    world.group()
    [record] = world.register(2)
    source = showing(FakeFace(2, masked=True))
    verified = world.search.verify(world.app, "group", record.face_id, source, EVERYTHING)
    assert verified.probe.face.mask is True


def test_a_face_that_is_not_there_is_refused_before_the_picture_is_looked_at(world: World) -> None:
    world.group()
    with refused(ErrorCode.FACE_NOT_FOUND, "There is no face with this id in the group."):
        world.search.verify(world.app, "group", "nobody", sent(b"text"), PLAIN)
    with refused(ErrorCode.GROUP_NOT_FOUND, "There is no group with this id."):
        world.search.verify(world.app, "nowhere", "nobody", sent(b"text"), PLAIN)
    assert world.analyzer.decoded == 0


def test_a_picture_without_a_face_is_refused(world: World) -> None:
    world.group()
    [record] = world.register(2)
    with refused(ErrorCode.NO_FACE, "No face of at least 60 x 60 pixels was found in the image."):
        verify(world, record.face_id)


def test_a_group_that_has_moved_is_asked_by_its_own_model_and_scale(world: World) -> None:
    world.group()
    [record] = world.register(2)
    world.groups.upgrade(world.app, "group")
    assert verify(world, record.face_id, FakeFace(2)).similarity == pytest.approx(80)
