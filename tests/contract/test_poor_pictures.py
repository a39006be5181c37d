"""A face that is too poor to be compared matches nobody and is not registered, and the answer says why."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.servers import visavis

from . import pictures
from .answers import Answer, assert_success
from .session import Session

POOR = {"blurred": pictures.too_blurred, "too dark": pictures.too_dark}
poor_pictures = pytest.mark.parametrize(("defect", "picture"), POOR.items(), ids=list(POOR))


def register(session: Session, group: str, picture: bytes) -> Answer:
    call = session.call("register").put("path", "group-id", group).put("json", "limit", 1)
    return session.send(call.with_picture(picture))


def search(session: Session, group: str, picture: bytes) -> Answer:
    call = session.call("search_by_image").put("path", "group-id", group).put("json", "threshold", 1)
    answer = session.send(call.with_picture(picture))
    assert_success(answer)
    return answer


def reason(answer: Answer) -> str:
    return str(answer.response.headers.get("X-Error-Detail", ""))


def compared(session: Session, source: bytes, target: bytes) -> Answer:
    call = session.call("compare", body="form")
    call = call.put("form", "sourceImageFile", source).put("form", "targetImageFile", target)
    answer = session.send(call.put("form", "threshold", "1"))
    assert_success(answer)
    return answer


def lenient(session: Session) -> str:
    group = session.new_group()
    options = ("--min-comparability", "0", "--data-dir", str(session.server.data_dir))
    visavis("group", "set", session.keys.name, group, *options)
    return group


@poor_pictures
def test_it_is_not_registered(defect: str, picture: Callable[[], bytes], speaker: Session) -> None:
    group = speaker.new_group()
    answer = register(speaker, group, picture())
    assert_success(answer)
    assert (answer.data["addedFaceCount"], answer.not_added) == (0, ["poor"])
    assert reason(answer) == f"The face is too poor to be compared: it is {defect}."
    assert speaker.face_ids(group) == []


@poor_pictures
def test_a_search_by_it_finds_nobody(defect: str, picture: Callable[[], bytes], speaker: Session) -> None:
    answer = search(speaker, speaker.group, picture())
    assert answer.data["matchFaceCount"] == 0
    assert reason(answer) == f"The face is too poor to be compared: it is {defect}."


def test_a_search_by_a_good_picture_says_nothing(speaker: Session) -> None:
    answer = search(speaker, speaker.group, pictures.portrait(1))
    assert answer.data["matchFaceCount"] > 0
    assert reason(answer) == ""


def test_a_group_may_take_any_picture(speaker: Session) -> None:
    group = lenient(speaker)
    added = register(speaker, group, pictures.too_blurred())
    assert (added.data["addedFaceCount"], reason(added)) == (1, "")
    assert search(speaker, group, pictures.too_blurred()).data["matchFaceCount"] == 1


@pytest.mark.parametrize("role", ["Source", "Target"])
def test_it_is_like_nobody_in_a_comparison_not_even_itself(role: str, session: Session) -> None:
    good, poor = pictures.portrait(1), pictures.too_blurred(1)
    source, target = (poor, good) if role == "Source" else (good, poor)
    answer = compared(session, source, target)
    assert answer.data["matchedFaceDetailCount"] == 0
    assert [face["similarity"] for face in answer.data["unmatchedFaceDetails"]] == [0]
    assert reason(answer) == f"{role} image: The face is too poor to be compared: it is blurred."


def test_two_strangers_in_poor_pictures_do_not_match(session: Session) -> None:
    answer = compared(session, pictures.too_blurred(1), pictures.too_blurred(2))
    assert answer.data["matchedFaceDetailCount"] == 0


def test_verifying_by_it_gives_a_similarity_of_0(session: Session) -> None:
    answer = session.send(session.call("verify").with_picture(pictures.too_dark(1)))
    assert_success(answer)
    assert answer.data["similarity"] == 0
    assert reason(answer) == "The face is too poor to be compared: it is too dark."
