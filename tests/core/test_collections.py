"""Groups that decide for themselves what is alike enough and alive enough."""

from __future__ import annotations

from typing import Any

import pytest

from tests.core.world import FACE_QUOTA, World, refused, sent, showing
from tests.fakes.pictures import FakeFace, picture
from visavis.core.collections import MAX_MATCHES, Applied, Enrolled, Identified
from visavis.errors import ErrorCode
from visavis.types import Box, GroupSettings, ImageUrl, NewFace, Traits

NO_FACE = "No face of at least 60 x 60 pixels was found in the image."
LARGE: dict[str, Any] = {"left": 300.0, "width": 200.0, "height": 200.0}


def add(world: World, *faces: FakeFace) -> Enrolled:
    return world.collections.add(world.app, "group", showing(*faces), "kim")


def identify(world: World, *faces: FakeFace) -> Identified:
    return world.collections.identify(world.app, "group", showing(*faces))


def labels(identified: Identified) -> list[str | None]:
    return [match.face.external_image_id for match in identified.matches]


def test_the_largest_face_is_added_under_the_label(world: World) -> None:
    world.group()
    enrolled = add(world, FakeFace(1), FakeFace(2, **LARGE))
    record = enrolled.record
    assert (record.external_image_id, record.detection_score) == ("kim", 0.9)
    assert record.box == Box(0.3, 0.04, 0.5, 0.44)
    assert record.face_id != record.image_id
    assert enrolled.applied == Applied(GroupSettings(), 0.0)
    assert world.stored() == [record.face_id]
    assert labels(identify(world, FakeFace(2))) == ["kim"]


def test_two_pictures_of_a_person_are_two_faces(world: World) -> None:
    world.group()
    first, second = add(world, FakeFace(1)).record, add(world, FakeFace(1)).record
    assert len({first.face_id, second.face_id, first.image_id, second.image_id}) == 4


@pytest.mark.parametrize(("liveness", "told"), [(71.26, "71.2"), (71.0, "71"), (0.0, "0"), (72.49, "72.4")])
def test_a_face_that_is_not_alive_enough_is_refused_where_the_group_asks(
    world: World, liveness: float, told: str
) -> None:
    world.group(liveness=True, liveness_threshold=72.5)
    detail = f"The liveness of the face is {told}; at least 72.5 is required."
    with refused(ErrorCode.NOT_ALIVE, detail):
        add(world, FakeFace(liveness=liveness))
    with refused(ErrorCode.NOT_ALIVE, detail):
        identify(world, FakeFace(liveness=liveness))


def test_a_face_that_is_just_alive_enough_is_taken(world: World) -> None:
    group = world.group(liveness=True, liveness_threshold=72.5)
    assert add(world, FakeFace(liveness=72.5)).applied == Applied(group.settings, 72.5)
    assert identify(world, FakeFace(liveness=72.5)).applied == Applied(group.settings, 72.5)


def test_liveness_is_not_measured_where_the_group_does_not_ask(world: World) -> None:
    world.group(liveness_threshold=100.0)
    assert add(world, FakeFace(liveness=1)).applied.liveness == 0
    assert identify(world, FakeFace(liveness=1)).applied.liveness == 0


@pytest.mark.parametrize("turn", [(45.1, 0.0, 0.0), (0.0, -46.0, 0.0)])
def test_a_face_that_is_turned_away_is_not_added_and_is_searched_for(
    world: World, turn: tuple[float, float, float]
) -> None:
    world.group()
    with refused(ErrorCode.FACE_TURNED_AWAY, "The face is turned more than 45 degrees."):
        add(world, FakeFace(turn=turn))
    add(world, FakeFace(turn=(45, 45, 90)))
    assert labels(identify(world, FakeFace(turn=turn))) == ["kim"]


def test_a_face_that_is_too_poor_is_not_added_and_matches_nobody(world: World) -> None:
    world.group()
    poor = "The face is too poor to be compared: it is blurred."
    with refused(ErrorCode.TOO_POOR, poor):
        add(world, FakeFace(comparability=49.9))
    add(world, FakeFace(comparability=50))
    identified = identify(world, FakeFace(comparability=49.9))
    assert (identified.matches, identified.detail) == ([], poor)
    assert identified.applied == Applied(GroupSettings(), 0.0)
    world.groups.change_settings(world.app, "group", {"min_comparability": 0})
    add(world, FakeFace(comparability=0))
    identified = identify(world, FakeFace(comparability=0))
    assert (labels(identified), identified.detail) == (["kim", "kim"], "")


@pytest.mark.parametrize(
    ("quality", "defect", "told"),
    [
        (59.99, None, "59.9; at least 60 is required."),
        (12.0, "grainy", "12; at least 60 is required, and it is grainy."),
    ],
)
def test_a_face_of_less_quality_than_the_group_asks_for_is_not_added(
    world: World, quality: float, defect: str | None, told: str
) -> None:
    world.group(min_quality=60)
    with refused(ErrorCode.LOW_QUALITY, f"The quality of the face is {told}"):
        add(world, FakeFace(quality=quality, defect=defect))
    add(world, FakeFace(quality=60))
    assert labels(identify(world, FakeFace(quality=1))) == ["kim"]


def test_quality_is_not_asked_for_unless_the_group_does(world: World) -> None:
    world.group()
    assert add(world, FakeFace(quality=0)).record
    world.groups.change_settings(world.app, "group", {"min_quality": 0.5})
    with refused(ErrorCode.LOW_QUALITY, "The quality of the face is 0; at least 0.5 is required."):
        add(world, FakeFace(quality=0))


def test_a_face_that_is_turned_away_and_poor_is_refused_for_its_turn(world: World) -> None:
    world.group(min_quality=60)
    with refused(ErrorCode.FACE_TURNED_AWAY, "The face is turned more than 45 degrees."):
        add(world, FakeFace(turn=(90, 0, 0), comparability=1, quality=1))
    with refused(ErrorCode.TOO_POOR, "The face is too poor to be compared: it is blurred."):
        add(world, FakeFace(comparability=1, quality=1))


def test_a_full_group_takes_no_more(world: World) -> None:
    world.group()
    for person in range(FACE_QUOTA):
        add(world, FakeFace(person))
    with refused(ErrorCode.FACE_QUOTA_EXCEEDED, "The group has 5 faces; the limit is 5."):
        add(world, FakeFace(9))


def test_those_match_that_are_as_similar_as_the_group_asks(world: World) -> None:
    world.group(similarity=70)
    world.register(1, 2, 1)
    identified = identify(world, FakeFace(1, likeness=0.71))
    assert labels(identified) == ["p1", "p1"]
    assert [round(match.similarity) for match in identified.matches] == [71, 71]
    assert labels(identify(world, FakeFace(1, likeness=0.69))) == []
    assert identify(world, FakeFace(1)).detail == ""


def test_no_more_than_a_hundred_are_told(world: World) -> None:
    group = world.group()
    [record] = world.register(1)
    template = world.gallery.open_template(group, record.face_id)
    many = [NewFace(f"f{number}", "i", None, record.box, 0.9, template) for number in range(MAX_MATCHES)]
    world.gallery.add(group, many, 1000)
    assert len(identify(world, FakeFace(1)).matches) == MAX_MATCHES == 100


def test_the_largest_face_is_the_one_that_is_searched_for(world: World) -> None:
    world.group()
    world.register(1, 2)
    assert labels(identify(world, FakeFace(1), FakeFace(2, **LARGE))) == ["p2"]


def test_a_picture_without_a_face_is_refused(world: World) -> None:
    world.group()
    with refused(ErrorCode.NO_FACE, NO_FACE):
        add(world)
    with refused(ErrorCode.NO_FACE, NO_FACE):
        identify(world)


def test_a_group_that_is_gone_is_refused_before_the_picture_is_looked_at(world: World) -> None:
    world.group()
    world.groups.delete(world.app, "group")
    for call in (
        lambda: world.collections.add(world.app, "group", sent(b"text"), "kim"),
        lambda: world.collections.identify(world.app, "group", sent(b"text")),
    ):
        with refused(ErrorCode.GROUP_DELETED, "The group with this id has been deleted."):
            call()
    with refused(ErrorCode.GROUP_NOT_FOUND, "There is no group with this id."):
        world.collections.identify(world.app, "never", sent(b"text"))
    assert world.analyzer.decoded == 0


def test_pictures_are_fetched_where_there_are_urls(world: World) -> None:
    world.group()
    world.fetcher.files["http://a.example/"] = picture(FakeFace(1))
    source = ImageUrl("http://a.example/", 10_000)
    world.collections.add(world.app, "group", source, "kim")
    assert labels(world.collections.identify(world.app, "group", source)) == ["kim"]


def test_a_group_that_has_moved_is_asked_by_its_own_model_and_scale(world: World) -> None:
    world.group(similarity=70)
    world.groups.upgrade(world.app, "group")
    add(world, FakeFace(1))
    [match] = identify(world, FakeFace(1)).matches
    assert match.similarity == pytest.approx(80)


def test_no_more_is_measured_than_the_group_asks_for(world: World) -> None:
    world.group()
    add(world, FakeFace(1))
    identify(world, FakeFace(1))
    world.groups.change_settings(world.app, "group", {"liveness": True, "min_quality": 1})
    add(world, FakeFace(1))
    identify(world, FakeFace(1))
    assert world.analyzer.wanted == [
        Traits(pose=True, comparability=True),
        Traits(comparability=True),
        Traits(pose=True, comparability=True, quality=True, liveness=True),
        Traits(comparability=True, liveness=True),
    ]


def test_a_face_that_could_not_be_measured_is_not_added(world: World) -> None:
    world.group(min_quality=60)
    with refused(ErrorCode.LOW_QUALITY, "The quality of the face could not be measured."):
        add(world, FakeFace(quality=None))
    with refused(ErrorCode.TOO_POOR, "Whether the face can be compared could not be measured."):
        add(world, FakeFace(comparability=None))
    assert identify(world, FakeFace(comparability=None)).detail == (
        "Whether the face can be compared could not be measured."
    )
