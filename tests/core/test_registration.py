"""Faces of a picture become faces of a group."""

from __future__ import annotations

import uuid

import pytest

from tests.core.world import EVERYTHING, FACE_QUOTA, PLAIN, World, refused, sent, showing
from tests.fakes.pictures import FakeFace, picture
from visavis.core.faces import Registered
from visavis.errors import ErrorCode
from visavis.types import (
    Box,
    FaceFilter,
    FaceRecord,
    ImageSize,
    ImageUrl,
    Refusal,
    RequestedAttributes,
    Sensitivity,
    Traits,
)

FULL = "The group is full: not every face was registered."
TURNED = (46.0, 0.0, 0.0)


def row(*faces: FakeFace) -> list[FakeFace]:
    """The faces side by side, each smaller than the one before."""
    return [
        FakeFace(
            person,
            left=130.0 * person,
            width=120.0 - person,
            turn=face.turn,
            quality=face.quality,
            comparability=face.comparability,
            lacks=face.lacks,
        )
        for person, face in enumerate(faces)
    ]


def register(world: World, *faces: FakeFace, limit: int = 20, label: str | None = "kim") -> Registered:
    return world.faces.register(world.app, "group", showing(*row(*faces)), limit, label, PLAIN)


def reasons(registered: Registered) -> list[Refusal]:
    return [refused.reason for refused in registered.not_added]


def test_every_face_gets_a_record_of_its_own_and_the_picture_one_id(world: World) -> None:
    group = world.group()
    seen = FakeFace(1), FakeFace(2, left=300, width=200, height=200)
    registered = world.faces.register(world.app, "group", showing(*seen), 20, "kim", PLAIN)
    assert (registered.model, registered.size) == ("old", ImageSize(1000, 500))
    assert [added.face.box for added in registered.added] == [seen[1].found().box, seen[0].found().box]
    large, small = (added.record for added in registered.added)
    assert (large.box, small.box) == (Box(0.3, 0.04, 0.5, 0.44), Box(0.01, 0.04, 0.11, 0.24))
    assert large.image_id == small.image_id
    assert len({large.face_id, small.face_id, large.image_id}) == 3
    assert all(uuid.UUID(each) for each in (large.face_id, small.face_id, large.image_id))
    assert {large.external_image_id, small.external_image_id} == {"kim"}
    assert {large.detection_score, small.detection_score} == {0.9}
    assert world.gallery.list_faces(group, FaceFilter(), None, 10) == [small, large]
    assert registered.not_added == []
    assert not registered.quota_exceeded
    assert registered.detail == ""


def test_what_is_stored_is_found_again(world: World) -> None:
    world.group()
    registered = register(world, FakeFace(), FakeFace(), label=None)
    for person, added in enumerate(registered.added):
        found = world.search.by_image(world.app, "group", showing(FakeFace(person)), 1, 99, PLAIN)
        assert [match.face for match in found.matches] == [added.record]
        assert added.record.external_image_id is None


def test_the_largest_faces_are_registered_up_to_the_limit(world: World) -> None:
    world.group()
    registered = register(world, FakeFace(), FakeFace(), FakeFace(), limit=2)
    assert len(registered.added) == 2
    assert reasons(registered) == [Refusal.LIMIT]
    assert registered.not_added[0].face.box.x0 == 260
    assert not registered.quota_exceeded
    assert registered.detail == ""


def test_a_face_that_is_refused_is_told_with_its_reason_and_not_stored(world: World) -> None:
    world.group(min_quality=50)
    registered = register(
        world, FakeFace(turn=TURNED), FakeFace(comparability=49), FakeFace(quality=49), FakeFace()
    )
    assert reasons(registered) == [Refusal.POSE, Refusal.POOR, Refusal.QUALITY]
    assert [added.face.box.x0 for added in registered.added] == [390]
    assert len(world.stored()) == 1
    assert registered.detail == "The face is too poor to be compared: it is blurred."


def test_the_detail_is_about_the_largest_of_the_faces_that_are_too_poor(world: World) -> None:
    world.group()
    registered = register(
        world, FakeFace(), FakeFace(comparability=9, lacks="too dark"), FakeFace(comparability=9)
    )
    assert registered.detail == "The face is too poor to be compared: it is too dark."


def test_quality_is_looked_at_where_the_group_asks_for_it_or_the_request_does(world: World) -> None:
    world.group()
    [added] = register(world, FakeFace(quality=1)).added
    assert added.face.quality is None
    source = showing(FakeFace(quality=1))
    [added] = world.faces.register(world.app, "group", source, 1, None, EVERYTHING).added
    assert added.face.quality is not None
    world.groups.change_settings(world.app, "group", {"min_quality": 1})
    [added] = register(world, FakeFace(quality=1)).added
    assert added.face.quality is not None
    world.groups.change_settings(world.app, "group", {"min_quality": 1.1})
    assert reasons(register(world, FakeFace(quality=1))) == [Refusal.QUALITY]


def test_a_group_may_take_any_picture(world: World) -> None:
    world.group(min_comparability=0)
    assert len(register(world, FakeFace(comparability=0)).added) == 1


def test_the_pose_decides_and_is_told_only_if_asked_for(world: World) -> None:
    world.group()
    faces = FakeFace(1, turn=(45, 0, 0)), FakeFace(2, left=300, turn=TURNED)
    for requested, told in ((PLAIN, False), (EVERYTHING, True)):
        registered = world.faces.register(world.app, "group", showing(*faces), 20, None, requested)
        [added], [other] = registered.added, registered.not_added
        assert other.reason is Refusal.POSE
        assert (added.face.pose is not None) is (other.face.pose is not None) is told
        assert added.face.mask is (False if told else None)


def test_a_verdict_on_liveness_keeps_nobody_out(world: World) -> None:
    world.group()
    requested = RequestedAttributes(spoof=Sensitivity.BALANCED)
    source = showing(FakeFace(liveness=1))
    [added] = world.faces.register(world.app, "group", source, 1, None, requested).added
    assert (added.face.spoof, added.face.liveness) == (True, 1)


def test_a_group_takes_as_many_faces_as_its_quota_leaves_room_for(world: World) -> None:
    world.group()
    world.register(*range(FACE_QUOTA - 1))
    registered = register(world, FakeFace(turn=TURNED), FakeFace(), FakeFace(), FakeFace(comparability=1))
    assert len(registered.added) == 1
    assert reasons(registered) == [Refusal.POSE, Refusal.QUOTA, Refusal.POOR]
    assert registered.quota_exceeded
    assert registered.detail == FULL


def test_a_full_group_refuses_a_face_that_nothing_else_is_wrong_with(world: World) -> None:
    world.group()
    world.register(*range(FACE_QUOTA))
    with refused(ErrorCode.FACE_QUOTA_EXCEEDED, "The group has 5 faces; the limit is 5."):
        register(world, FakeFace())
    assert reasons(register(world, FakeFace(turn=TURNED))) == [Refusal.POSE]


def test_a_picture_without_a_face_is_no_error(world: World) -> None:
    world.group()
    registered = register(world)
    assert (registered.added, registered.not_added) == ([], [])
    assert "register" not in {record.event.operation for record in world.recorded()}


def test_a_picture_of_which_nothing_is_stored_costs_no_write(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(*_: object) -> list[FaceRecord]:
        raise AssertionError("there is nothing to write")

    world.group()
    monkeypatch.setattr(world.gallery, "add", write)
    assert reasons(register(world, FakeFace(turn=TURNED))) == [Refusal.POSE]


def test_a_group_that_is_not_there_is_refused_before_the_picture_is_looked_at(world: World) -> None:
    with refused(ErrorCode.GROUP_NOT_FOUND, "There is no group with this id."):
        world.faces.register(world.app, "group", sent(b"text"), 1, None, PLAIN)


def test_a_picture_is_fetched_where_there_is_a_url(world: World) -> None:
    world.group()
    world.fetcher.files["http://host.example/a.jpg"] = picture(FakeFace(1))
    source = ImageUrl("http://host.example/a.jpg", 10_000)
    assert len(world.faces.register(world.app, "group", source, 1, None, PLAIN).added) == 1


def test_a_group_that_has_moved_gets_faces_of_its_own_model(world: World) -> None:
    world.group()
    world.groups.upgrade(world.app, "group")
    registered = register(world, FakeFace())
    assert registered.model == "new"
    [match] = world.search.by_face_id(world.app, "group", world.register(0)[0].face_id, 5, 0)
    assert match.face == registered.added[0].record
    assert match.similarity == pytest.approx(80)


def test_no_more_is_measured_than_the_group_and_the_request_ask_for(world: World) -> None:
    world.group()
    register(world, FakeFace())
    world.faces.register(world.app, "group", showing(FakeFace()), 1, None, EVERYTHING)
    assert world.analyzer.wanted == [
        Traits(pose=True, comparability=True),
        Traits(pose=True, mask=True, quality=True, comparability=True),
    ]
