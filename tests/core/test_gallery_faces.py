"""The faces of a group, a page or a slice at a time, and one less."""

from __future__ import annotations

from tests.core.world import World, refused
from visavis.errors import ErrorCode
from visavis.types import FaceFilter

EVERY = FaceFilter()


def test_a_page_goes_on_below_the_last_face_of_the_one_before(world: World) -> None:
    group = world.group()
    oldest, middle, newest = world.register(1, 2, 3)
    first = world.faces.page(group, EVERY, None, 2)
    assert (first.items, first.next) == ([newest, middle], middle.sequence)
    last = world.faces.page(group, EVERY, first.next, 2)
    assert (last.items, last.next) == ([oldest], None)
    whole = world.faces.page(group, EVERY, None, 3)
    assert (whole.items, whole.next) == ([newest, middle, oldest], None)


def test_a_page_holds_only_what_agrees_with_the_filter(world: World) -> None:
    group = world.group()
    one, _, again = world.register(1, 2, 1)
    page = world.faces.page(group, FaceFilter(external_image_id="p1"), None, 1)
    assert (page.items, page.next) == ([again], again.sequence)
    assert world.faces.page(group, FaceFilter(external_image_id="p1"), page.next, 1).items == [one]


def test_a_slice_leaves_out_the_newest_and_tells_how_many_there_are(world: World) -> None:
    group = world.group()
    oldest, middle, newest = world.register(1, 2, 1)
    assert world.faces.slice(group, EVERY, 0, 2) == ([newest, middle], 3)
    assert world.faces.slice(group, EVERY, 1, 5) == ([middle, oldest], 3)
    assert world.faces.slice(group, FaceFilter(external_image_id="p1"), 1, 5) == ([oldest], 2)


def test_a_face_is_deleted_once_and_from_its_group_alone(world: World) -> None:
    world.group()
    world.group("other")
    one, two = world.register(1, 2)
    with refused(ErrorCode.FACE_NOT_FOUND, "There is no face with this id in the group."):
        world.faces.delete(world.app, "other", one.face_id)
    world.faces.delete(world.app, "group", one.face_id)
    assert world.stored() == [two.face_id]
    with refused(ErrorCode.FACE_NOT_FOUND, "There is no face with this id in the group."):
        world.faces.delete(world.app, "group", one.face_id)
    with refused(ErrorCode.GROUP_NOT_FOUND, "There is no group with this id."):
        world.faces.delete(world.app, "nowhere", two.face_id)
