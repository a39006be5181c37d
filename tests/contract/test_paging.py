"""Pages: complete, without repetition, and so even while groups and faces come and go."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from . import pictures
from .answers import assert_success
from .calls import ABSENT, Call
from .servers import Servers
from .session import Session, unique

EMPTY: dict[str, Any] = {"faceCount": 0, "faces": [], "nextToken": ""}


def _pages(session: Session, call: Call) -> Iterator[Any]:
    """The data of each page, to the last."""
    token: object = ABSENT
    while token:
        answer = session.send(call.put("query", "next-token", token))
        assert_success(answer)
        yield answer.data
        token = answer.data["nextToken"]


def _faces(data: Any) -> list[str]:
    return [face["faceId"] for face in data["faces"]]


def _groups(data: Any) -> list[str]:
    return [group["groupId"] for group in data["groups"]]


@pytest.fixture(scope="module")
def crowd(servers: Servers) -> tuple[str, list[str]]:
    """A group of seven faces, and their ids, newest first."""
    session = servers.main
    group = session.new_group()
    session.registered(group, pictures.sheet(), limit=4, externalImageId="sheet-1")
    session.registered(group, pictures.sheet(2), limit=3, externalImageId="sheet-2")
    return group, session.face_ids(group)


def _list(session: Session, group: str, limit: int) -> Call:
    return session.call("list_faces").put("path", "group-id", group).put("query", "limit", str(limit))


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8])
def test_pages_of_faces_add_up_to_the_whole_group(
    limit: int, speaker: Session, crowd: tuple[str, list[str]]
) -> None:
    group, faces = crowd
    pages = list(_pages(speaker, _list(speaker, group, limit)))
    assert [face for page in pages for face in _faces(page)] == faces
    assert all(page["faceCount"] == len(page["faces"]) == limit for page in pages[:-1])
    assert pages[-1]["nextToken"] == ""
    assert len(pages) == -(-len(faces) // limit)


def test_an_empty_group_has_one_empty_page(speaker: Session) -> None:
    answer = speaker.send(_list(speaker, speaker.new_group(), 1))
    assert answer.data.items() >= EMPTY.items()


@pytest.fixture
def lonely(speaker: Session) -> Session:
    """An app without a group."""
    return Session(speaker.server, speaker.dialect, speaker.server.create_app(unique()))


def test_an_app_without_groups_has_one_empty_page(lonely: Session) -> None:
    answer = lonely.send(lonely.call("list_groups"))
    assert answer.data == {"groupCount": 0, "groups": [], "nextToken": ""}


def test_pages_of_groups_add_up_and_stay_whole_while_groups_come_and_go(lonely: Session) -> None:
    names = sorted(lonely.new_group(name) for name in ("b", "d", "f", "h", "j", "l", "n"))
    seen = []
    for number, page in enumerate(_pages(lonely, lonely.call("list_groups").put("query", "limit", "2"))):
        seen += _groups(page)
        assert page["groupCount"] == len(page["groups"]) <= 2
        if number == 0:
            first = page["groups"][0]["groupId"]
            for gone in (first, "h"):
                lonely.send(lonely.call("delete_group").put("path", "group-id", gone))
            lonely.new_group("a")
            lonely.new_group("z")
    stayed = [name for name in names if name not in {first, "h"}]
    assert [name for name in seen if name in stayed] == stayed
    assert len(seen) == len(set(seen))


def test_pages_of_faces_stay_whole_while_faces_come_and_go(speaker: Session) -> None:
    group = speaker.new_group()
    speaker.registered(group, pictures.sheet(), limit=9)
    before = speaker.face_ids(group)
    seen = []
    gone = {before[1], before[4], before[8]}  # one seen, one on the next page, the last of all
    for number, page in enumerate(_pages(speaker, _list(speaker, group, 2))):
        seen += _faces(page)
        if number == 0:
            for face in gone:
                call = speaker.call("delete_face").put("path", "group-id", group)
                assert_success(speaker.send(call.put("path", "face-id", face)))
        if number < 3:
            speaker.registered(group, pictures.portrait())
    stayed = [face for face in before if face not in gone]
    assert [face for face in seen if face in stayed] == stayed
    assert len(seen) == len(set(seen))
    assert not (gone - {before[1]}) & set(seen)


FILTERS: dict[str, Callable[[dict[str, Any]], str]] = {
    "face-id": lambda face: str(face["faceId"]),
    "image-id": lambda face: str(face["imageId"]),
    "external-image-id": lambda face: str(face["externalImageId"]),
}


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_keeps_the_faces_it_names_on_every_page(
    name: str, session: Session, crowd: tuple[str, list[str]]
) -> None:
    group, _ = crowd
    everyone = session.send(_list(session, group, 200)).data["faces"]
    wanted = FILTERS[name](everyone[-1])
    expected = [face["faceId"] for face in everyone if FILTERS[name](face) == wanted]
    assert 0 < len(expected) < len(everyone)
    pages = list(_pages(session, _list(session, group, 2).put("query", name, wanted)))
    assert [face for page in pages for face in _faces(page)] == expected


def test_filters_together_keep_what_meets_them_all(session: Session, crowd: tuple[str, list[str]]) -> None:
    group, _ = crowd
    face = session.send(_list(session, group, 200)).data["faces"][0]
    call = _list(session, group, 200).put("query", "face-id", face["faceId"])
    assert _faces(session.send(call.put("query", "external-image-id", "sheet-2")).data) == [face["faceId"]]
    assert _faces(session.send(call.put("query", "external-image-id", "sheet-1")).data) == []


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_that_nothing_meets_gives_an_empty_page(
    name: str, session: Session, crowd: tuple[str, list[str]]
) -> None:
    answer = session.send(_list(session, crowd[0], 2).put("query", name, "nobody"))
    assert_success(answer)
    assert answer.data == EMPTY


@pytest.mark.parametrize("later", [ABSENT, "sheet-2", "nobody", ""], ids=str)
def test_with_a_token_the_filter_is_the_one_it_was_issued_with(
    later: object, session: Session, crowd: tuple[str, list[str]]
) -> None:
    group, _ = crowd
    call = _list(session, group, 2).put("query", "external-image-id", "sheet-1")
    first = session.send(call).data
    again = call.put("query", "external-image-id", later).put("query", "next-token", first["nextToken"])
    second = session.send(again)
    assert_success(second)
    assert {face["externalImageId"] for face in second.data["faces"]} == {"sheet-1"}
    assert second.data["faceCount"] == 2
    assert second.data["nextToken"] == ""


def test_a_token_of_an_unfiltered_list_does_not_take_up_a_filter(
    session: Session, crowd: tuple[str, list[str]]
) -> None:
    group, faces = crowd
    first = session.send(_list(session, group, 3)).data
    call = _list(session, group, 3).put("query", "next-token", first["nextToken"])
    answer = session.send(call.put("query", "external-image-id", "nobody"))
    assert _faces(answer.data) == faces[3:6]
