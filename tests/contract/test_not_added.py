"""A header names why each face was not registered, in the order of the body; a group may ask for quality."""

from __future__ import annotations

import pytest

from harness.servers import visavis

from . import pictures
from .answers import Answer, assert_error, assert_success
from .servers import FACE_QUOTA, Servers
from .session import Session
from .tables import DIALECTS, Dialect

QUALITY_OF_PORTRAITS = 60
"""Portraits have more, blurred ones less."""


def register(session: Session, group: str, picture: bytes, limit: int) -> Answer:
    call = session.call("register").put("path", "group-id", group).put("json", "limit", limit)
    return session.send(call.with_picture(picture))


def demanding_group(session: Session) -> str:
    group = session.new_group()
    options = ("--min-quality", str(QUALITY_OF_PORTRAITS), "--data-dir", str(session.server.data_dir))
    visavis("group", "set", session.keys.name, group, *options)
    return group


def test_nothing_is_told_where_every_face_is_registered(speaker: Session) -> None:
    answer = register(speaker, speaker.new_group(), pictures.pair(1, 2), limit=2)
    assert_success(answer)
    assert answer.data["addedFaceCount"] == 2
    assert "X-Not-Added" not in answer.response.headers


def test_faces_beyond_the_limit_and_faces_turned_away_are_told_apart(speaker: Session) -> None:
    for limit, reasons in ((20, ["pose", "pose"]), (2, ["pose", "limit"]), (1, ["limit", "limit"])):
        answer = register(speaker, speaker.new_group(), pictures.turns(), limit)
        assert_success(answer)
        assert answer.data["addedFaceCount"] == 1
        assert answer.data["notAddedFaceCount"] == 2
        assert answer.not_added == reasons


@pytest.mark.parametrize("dialect", DIALECTS, ids=str)
def test_faces_that_found_the_group_full_are_told_and_so_is_a_group_that_takes_none(
    dialect: Dialect, servers: Servers
) -> None:
    session = servers.small_app().speaking(dialect)
    group = session.new_group()
    answer = register(session, group, pictures.sheet(), limit=FACE_QUOTA + 2)
    assert answer.code == 40070
    beyond = answer.data["notAddedFaceCount"] - 2
    assert answer.not_added == ["quota"] * 2 + ["limit"] * beyond
    full = register(session, group, pictures.portrait(), limit=1)
    assert_error(full, -40070)
    assert full.not_added == ["quota"]


def test_a_group_asks_for_quality_only_if_it_was_told_to(speaker: Session) -> None:
    easy, demanding = speaker.new_group(), demanding_group(speaker)
    for group, added, reasons in ((easy, 2, []), (demanding, 1, ["quality"])):
        answer = register(speaker, group, pictures.clear_and_blurred(), limit=2)
        assert_success(answer)
        assert answer.data["addedFaceCount"] == added == len(speaker.face_ids(group))
        assert answer.not_added == reasons


def test_a_picture_without_a_face_that_is_good_enough_is_answered_like_one_that_looks_away(
    session: Session,
) -> None:
    group = demanding_group(session)
    answer = register(session, group, pictures.blurred(), limit=1)
    assert_success(answer)
    assert (answer.data["addedFaceCount"], answer.data["notAddedFaceCount"]) == (0, 1)
    assert answer.not_added == ["quality"]
    assert session.face_ids(group) == []


def test_the_fields_of_an_answer_are_the_same_with_a_minimum_and_without(session: Session) -> None:
    easy, demanding = session.new_group(), demanding_group(session)
    answers = [register(session, group, pictures.portrait(3), limit=1) for group in (easy, demanding)]
    first, second = (answer.data["addedFaceDetails"] for answer in answers)
    assert first == second


@pytest.mark.parametrize("operation", ["detect", "search_by_image", "compare"])
def test_operations_that_register_nothing_say_nothing_of_it(operation: str, session: Session) -> None:
    assert "X-Not-Added" not in session.send(session.call(operation)).response.headers
