"""The faces of a group that match a face: by its picture, or by its id."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.world import EVERYTHING, PLAIN, SCALES, World, refused, sent, showing
from tests.fakes.pictures import FakeFace, picture
from visavis.core.search import Found
from visavis.errors import ErrorCode
from visavis.types import ImageSize, ImageUrl, Match, RequestedAttributes, Sensitivity

POOR = "The face is too poor to be compared: it is blurred."


def by_image(world: World, *faces: FakeFace, limit: int = 10, threshold: float = 0.0) -> Found:
    return world.search.by_image(world.app, "group", showing(*faces), limit, threshold, PLAIN)


def similarities(matches: list[Match]) -> list[float]:
    return [round(match.similarity, 3) for match in matches]


def test_the_most_alike_come_first_with_their_similarities(world: World) -> None:
    world.group()
    stranger, person, again = world.register(1, 2, 2)
    found = by_image(world, FakeFace(2, likeness=0.7))
    assert found.model == "old"
    assert [match.face for match in found.matches] == [again, person, stranger]
    assert similarities(found.matches) == [70, 70, 0]
    assert (found.probe.size, found.probe.face.box) == (ImageSize(1000, 500), FakeFace().found().box)
    assert found.detail == ""


def test_no_more_are_found_than_asked_for(world: World) -> None:
    world.group()
    records = world.register(2, 2, 2)
    assert [match.face for match in by_image(world, FakeFace(2), limit=2).matches] == records[:0:-1]


@pytest.mark.parametrize(("threshold", "count"), [(0, 2), (0.1, 1), (69.9, 1), (70.1, 0), (100, 0)])
def test_only_those_are_found_that_are_as_similar_as_asked(world: World, threshold: float, count: int) -> None:
    world.group()
    world.register(1, 2)
    assert len(by_image(world, FakeFace(2, likeness=0.7), threshold=threshold).matches) == count


@pytest.mark.parametrize(
    ("likeness", "threshold", "others", "looked_twice"),
    [
        (0.995, 50, (1,), False),
        (0.995, 50, (), False),
        (1.0, 50, (1,), True),
        (0.4, 50, (1,), False),
        (0.97, 50, (1,), True),
        (0.5, 50, (1,), True),
        (1.0, 0, (1,), True),
        (1.0, 99.9, (1,), True),
    ],
)
def test_all_views_are_looked_at_where_one_might_decide_wrongly(
    world: World, likeness: float, threshold: float, others: tuple[int, ...], looked_twice: bool
) -> None:
    world.group()
    world.register(2, *others)
    world.analyzer.views.update(first=0, all=0)
    found = by_image(world, FakeFace(2, likeness=likeness), threshold=threshold)
    assert world.analyzer.views == {"first": 1, "all": int(looked_twice)}
    assert [match.face.external_image_id for match in found.matches][:1] == ["p2"] * (likeness > 0.4)
    if looked_twice:
        assert found.matches[0].similarity == pytest.approx(100 * likeness, abs=1e-4)


def test_the_first_view_is_not_used_where_nobody_knows_how_far_it_is_off(world: World) -> None:
    world.group()
    world.register(2)
    world.analyzer.views.update(first=0, all=0)
    world.analyzer.within = 0.0
    assert similarities(by_image(world, FakeFace(2), threshold=50).matches) == [100]
    assert world.analyzer.views == {"first": 0, "all": 1}


@pytest.mark.parametrize("likeness", [0.1, 0.3, 0.55, 0.7, 0.9, 1.0])
def test_rounding_costs_no_match_at_the_very_threshold(world: World, likeness: float) -> None:
    world.group()
    world.register(2)
    [match] = by_image(world, FakeFace(2, likeness=likeness)).matches
    assert len(by_image(world, FakeFace(2, likeness=likeness), threshold=match.similarity).matches) == 1


def test_a_face_just_below_the_threshold_is_never_told(world: World) -> None:
    world.group()
    world.register(2)
    [match] = by_image(world, FakeFace(2, likeness=0.7)).matches
    threshold = match.similarity + 1e-6
    assert by_image(world, FakeFace(2, likeness=0.7), threshold=threshold).matches == []


def test_the_largest_face_of_a_picture_is_the_one_that_is_searched_for(world: World) -> None:
    world.group()
    world.register(1, 2)
    found = by_image(world, FakeFace(1), FakeFace(2, left=300, width=200, height=200), threshold=50)
    assert [match.face.external_image_id for match in found.matches] == ["p2"]
    assert found.probe.face.box.width == 200


def test_what_is_asked_for_is_told_of_the_probe(world: World) -> None:
    world.group()
    source = showing(FakeFace(turn=(80, 0, 0), masked=True, liveness=10))
    found = world.search.by_image(world.app, "group", source, 1, 0, EVERYTHING)
    assert (found.probe.face.pose, found.probe.face.mask) == (FakeFace(turn=(80, 0, 0)).pose, True)
    assert found.probe.face.spoof is None
    judging = RequestedAttributes(spoof=Sensitivity.WEAK)
    assert world.search.by_image(world.app, "group", source, 1, 0, judging).probe.face.spoof is True


def test_a_probe_that_is_too_poor_matches_nobody(world: World) -> None:
    world.group()
    world.register(2)
    found = by_image(world, FakeFace(2, comparability=49.9))
    assert (found.matches, found.detail) == ([], POOR)
    assert found.probe.face.comparability is not None
    world.groups.change_settings(world.app, "group", {"min_comparability": 49.9})
    found = by_image(world, FakeFace(2, comparability=49.9))
    assert (len(found.matches), found.detail) == (1, "")


def test_a_picture_without_a_face_is_refused(world: World) -> None:
    world.group()
    detail = "No face of at least 60 x 60 pixels was found in the image."
    with refused(ErrorCode.NO_FACE, detail):
        by_image(world)
    with refused(ErrorCode.NOT_AN_IMAGE, "The bytes are not an image."):
        world.search.by_image(world.app, "group", sent(b"text"), 1, 0, PLAIN)


def test_a_group_that_is_not_there_is_refused_before_the_picture_is_looked_at(world: World) -> None:
    with refused(ErrorCode.GROUP_NOT_FOUND, "There is no group with this id."):
        world.search.by_image(world.app, "group", sent(b"text"), 1, 0, PLAIN)
    assert world.analyzer.decoded == 0


def test_a_picture_is_fetched_where_there_is_a_url(world: World) -> None:
    world.group()
    world.register(2)
    world.fetcher.files["http://host.example/a.jpg"] = picture(FakeFace(2))
    source = ImageUrl("http://host.example/a.jpg", 10_000)
    assert len(world.search.by_image(world.app, "group", source, 1, 50, PLAIN).matches) == 1


def test_a_registered_face_finds_the_others_that_are_like_it(world: World) -> None:
    world.group()
    person, _, again = world.register(2, 3, 2)
    matches = world.search.by_face_id(world.app, "group", person.face_id, 10, 50)
    assert [match.face for match in matches] == [again]
    assert similarities(matches) == [100]
    assert len(world.search.by_face_id(world.app, "group", person.face_id, 10, 0)) == 2
    assert len(world.search.by_face_id(world.app, "group", person.face_id, 1, 0)) == 1


def test_a_face_that_is_not_there_cannot_be_searched_by(world: World) -> None:
    world.group()
    [person] = world.register(2)
    world.group("other")
    with refused(ErrorCode.FACE_NOT_FOUND, "There is no face with this id in the group."):
        world.search.by_face_id(world.app, "other", person.face_id, 10, 50)
    with refused(ErrorCode.GROUP_NOT_FOUND, "There is no group with this id."):
        world.search.by_face_id(world.app, "nowhere", person.face_id, 10, 50)


def test_a_group_that_has_moved_is_searched_by_its_own_model_and_scale(world: World) -> None:
    world.group()
    person, _ = world.register(2, 2)
    world.groups.upgrade(world.app, "group")
    found = by_image(world, FakeFace(2))
    assert found.model == "new"
    assert similarities(found.matches) == [80, 80]
    assert similarities(world.search.by_face_id(world.app, "group", person.face_id, 5, 0)) == [80]


def test_a_model_without_a_scale_is_an_error_of_the_server(world: World) -> None:
    world.group()
    [person] = world.register(2)
    broken = replace(world.search, calibrations={"new": SCALES["new"]})
    with refused(ErrorCode.INTERNAL, "The recognition model old is missing on this server."):
        broken.by_face_id(world.app, "group", person.face_id, 5, 0)
