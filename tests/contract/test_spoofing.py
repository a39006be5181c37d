"""The verdict on spoofing: when it is given, how strict it is, and that of pictures aligned by their sender."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import Any

import pytest

from . import pictures
from .answers import Answer, assert_error, assert_success
from .session import Session
from .tables import PLUS, V2, Dialect, Operation, Place

CHECKS = [dialect.operations["spoofing"] for dialect in (PLUS, V2)]
CHECK_BODIES = [(operation, body) for operation in CHECKS for body in operation.bodies]

CONDITIONS = ("weak", "balanced", "strict")
"""Mildest first."""

NOT_ALIGNED = -45070


def _check(session: Session, operation: Operation, picture: bytes, body: Place = "json", **more: Any) -> Answer:
    call = session.call(operation, body).with_picture(picture)
    for name, value in more.items():
        call = call.having(name, value)
    return session.send(call)


def _verdicts(answer: Answer) -> list[bool]:
    assert_success(answer)
    return [face["spoofing"] for face in answer.data["faceDetails"]]


@pytest.mark.parametrize("operation", CHECKS, ids=str)
def test_a_stricter_condition_adds_verdicts_and_takes_none_back(operation: Operation, session: Session) -> None:
    ask = partial(_check, session, operation, pictures.doubtful())
    verdicts = [_verdicts(ask(spoofingCondition=condition)) for condition in CONDITIONS]
    assert sum(verdicts[0]) < sum(verdicts[-1])
    for milder, stricter in pairwise(verdicts):
        assert all(strict or not mild for mild, strict in zip(milder, stricter, strict=True))


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_verdict_is_the_same_each_time_and_wherever_it_is_asked_for(condition: str, session: Session) -> None:
    picture = pictures.selfie()
    answers = [
        _check(session, operation, picture, body, spoofingCondition=condition)
        for operation, body in CHECK_BODIES * 2
    ]
    verdicts = [_verdicts(answer)[0] for answer in answers]
    for operation in (PLUS.operations["detect"], V2.operations["detect"]):
        verdicts += _verdicts(_check(session, operation, picture, spoofing=True, spoofingCondition=condition))
    for operation in (PLUS.operations["search_by_image"], V2.operations["verify"]):
        answer = _check(session, operation, picture, spoofing=True, spoofingCondition=condition)
        verdicts.append(answer.data["sourceFace"]["spoofing"])
    assert all(type(verdict) is bool for verdict in verdicts)
    assert len(set(verdicts)) == 1


@pytest.mark.parametrize(("operation", "body"), CHECK_BODIES, ids=str)
def test_the_condition_is_balanced_unless_told(operation: Operation, body: Place, session: Session) -> None:
    silent = _check(session, operation, pictures.doubtful(), body)
    assert silent.data == _check(session, operation, pictures.doubtful(), body, spoofingCondition="balanced").data


@pytest.mark.parametrize("dialect", [PLUS, V2], ids=str)
def test_a_condition_alone_asks_for_no_verdict(dialect: Dialect, session: Session) -> None:
    answer = _check(session, dialect.operations["detect"], pictures.portrait(), spoofingCondition="strict")
    assert_success(answer)
    assert "spoofing" not in answer.response.text


@pytest.mark.parametrize("dialect", [PLUS, V2], ids=str)
def test_a_verdict_stops_no_registration(dialect: Dialect, session: Session) -> None:
    register = dialect.operations["register"]
    answer = _check(session, register, pictures.doubtful(), limit=4, spoofing=True, spoofingCondition="strict")
    assert_success(answer)
    assert any(face["spoofing"] for face in answer.data["addedFaceDetails"])
    asked_nothing = _check(session, register, pictures.doubtful(), limit=4)
    assert answer.data["addedFaceCount"] == asked_nothing.data["addedFaceCount"] == 4


@pytest.mark.parametrize(("operation", "body"), CHECK_BODIES, ids=str)
@pytest.mark.parametrize("condition", CONDITIONS)
def test_an_aligned_picture_gets_a_verdict_and_nothing_else(
    operation: Operation, body: Place, condition: str, session: Session
) -> None:
    picture = pictures.scaled(224, 224)
    answer = _check(session, operation, picture, body, aligned=True, spoofingCondition=condition)
    [verdict] = _verdicts(answer)
    assert type(verdict) is bool
    nowhere = {"x0": 0, "y0": 0, "x1": 0, "y1": 0}
    face = {"bbox": nowhere, "landmarks": [], "spoofing": verdict, "confidence": 0}
    assert answer.data == {"faceDetailCount": 1, "faceDetails": [face]}


@pytest.mark.parametrize("picture", [pictures.scaled, pictures.blank], ids=["a face", "no face"])
def test_a_stricter_condition_never_takes_back_a_verdict_on_an_aligned_picture(
    picture: Any, session: Session
) -> None:
    verdicts = [
        _verdicts(_check(session, CHECKS[0], picture(224, 224), aligned=True, spoofingCondition=condition))
        for condition in CONDITIONS
    ]
    assert verdicts == sorted(verdicts)


@pytest.mark.parametrize(("operation", "body"), CHECK_BODIES, ids=str)
@pytest.mark.parametrize("size", [(223, 224), (224, 223), (225, 224), (224, 225), (448, 448), (80, 80)], ids=str)
def test_an_aligned_picture_of_another_size_is_refused(
    operation: Operation, body: Place, size: tuple[int, int], session: Session
) -> None:
    answer = _check(session, operation, pictures.blank(*size), body, aligned=True)
    assert_error(answer, NOT_ALIGNED)
    assert "224 x 224" in answer.detail


@pytest.mark.parametrize("operation", CHECKS, ids=str)
def test_a_picture_of_that_size_is_searched_for_faces_unless_it_is_said_to_be_aligned(
    operation: Operation, session: Session
) -> None:
    picture = pictures.scaled(224, 224)
    for answer in (_check(session, operation, picture), _check(session, operation, picture, aligned=False)):
        face = answer.data["faceDetails"][0]
        assert face["bbox"]["x1"] > 0
        assert len(face["landmarks"]) == 5


@pytest.mark.parametrize("operation", CHECKS, ids=str)
def test_an_aligned_picture_too_small_for_any_operation_is_an_invalid_parameter(
    operation: Operation, session: Session
) -> None:
    assert_error(_check(session, operation, pictures.blank(79, 79), aligned=True), -40000)
