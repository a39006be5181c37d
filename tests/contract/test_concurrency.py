"""Requests at the same time: quotas hold to the last face, and one of several equal requests succeeds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice

from . import pictures
from .answers import Answer
from .calls import Call
from .servers import FACE_QUOTA, GROUP_QUOTA, Servers
from .session import Session, unique
from .tables import DIALECTS

AT_ONCE = 12


def _together(session: Session, calls: Sequence[Call]) -> list[Answer]:
    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(session.send, calls))


def _codes(answers: Sequence[Answer]) -> Counter[int]:
    return Counter(answer.code for answer in answers)


def test_a_group_never_gets_one_face_more_than_its_quota(servers: Servers) -> None:
    session = servers.small_app()
    group = session.new_group()
    calls = [session.call(dialect.operations["register"]).put("path", "group-id", group) for dialect in DIALECTS]
    answers = _together(session, calls * (AT_ONCE // len(calls)))
    assert _codes(answers) == {0: FACE_QUOTA, -40070: AT_ONCE - FACE_QUOTA}
    assert len(session.face_ids(group)) == FACE_QUOTA
    details = session.send(session.call("group_details").put("path", "group-id", group))
    assert details.data["faceCount"] == FACE_QUOTA


def test_an_app_never_gets_one_group_more_than_its_quota(servers: Servers) -> None:
    session = servers.small_app()
    dialects = islice(cycle(DIALECTS), AT_ONCE)
    calls = [session.call(dialect.operations["create_group"]) for dialect in dialects]
    assert _codes(_together(session, calls)) == {0: GROUP_QUOTA, -40070: AT_ONCE - GROUP_QUOTA}
    assert session.send(session.call("list_groups")).data["groupCount"] == GROUP_QUOTA


def test_room_is_made_by_deleting(servers: Servers) -> None:
    session = servers.small_app()
    group = session.new_group()
    register = session.call("register").put("path", "group-id", group)
    delete = session.call("delete_face").put("path", "group-id", group)
    codes = [session.send(register).code for _ in range(FACE_QUOTA + 1)]
    assert codes == [0] * FACE_QUOTA + [-40070]
    assert session.send(delete.put("path", "face-id", session.face_ids(group)[0])).code == 0
    assert session.send(register).code == 0
    assert session.send(register).code == -40070


def test_one_of_several_who_create_the_same_group_succeeds(session: Session) -> None:
    name = unique()
    calls = [session.call(dialect.operations["create_group"]).put("json", "groupId", name) for dialect in DIALECTS]
    assert _codes(_together(session, calls * (AT_ONCE // len(calls)))) == {0: 1, -40020: AT_ONCE - 1}


def test_one_of_several_who_delete_the_same_face_succeeds(session: Session) -> None:
    group = session.new_group()
    face = session.registered(group, pictures.portrait())[0]
    call = session.call("delete_face").put("path", "group-id", group).put("path", "face-id", face)
    assert _codes(_together(session, [call] * AT_ONCE)) == {0: 1, -40050: AT_ONCE - 1}


def test_one_of_several_who_delete_the_same_group_succeeds(session: Session) -> None:
    call = session.call("delete_group").put("path", "group-id", session.new_group())
    assert _codes(_together(session, [call] * AT_ONCE)) == {0: 1, -40030: AT_ONCE - 1}


def test_a_face_is_found_as_soon_as_it_is_registered_and_no_longer_than_it_is_kept(session: Session) -> None:
    group = session.new_group()
    search = session.call("search_by_image").put("path", "group-id", group)
    for _ in range(3):
        face = session.registered(group, pictures.portrait())[0]
        found = session.send(search).data["matchFaces"]
        assert [match["face"]["faceId"] for match in found] == [face]
        assert found[0]["similarity"] > 99
        delete = session.call("delete_face").put("path", "group-id", group).put("path", "face-id", face)
        assert session.send(delete).code == 0
        assert session.send(search).data["matchFaceCount"] == 0
