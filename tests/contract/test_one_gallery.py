"""Groups and faces are the same through every dialect."""

from __future__ import annotations

from itertools import permutations

import pytest

from . import pictures
from .answers import assert_error, assert_success, values_at
from .session import Session, unique
from .tables import DIALECTS, PLUS, V1, V2, V2_1, Dialect

PAIRS = list(permutations(DIALECTS, 2))


@pytest.mark.parametrize(("maker", "reader"), PAIRS, ids=str)
def test_what_one_dialect_makes_another_finds_and_deletes(
    maker: Dialect, reader: Dialect, session: Session
) -> None:
    one, other = session.speaking(maker), session.speaking(reader)
    group = one.new_group()
    [face] = one.registered(group, pictures.portrait(), externalImageId="a-label")
    assert_error(other.send(other.call("create_group").put("json", "groupId", group)), -40020)
    assert other.face_ids(group) == [face]
    found = other.send(other.call("search_by_image").put("path", "group-id", group))
    assert list(values_at(found.body, "data.matchFaces[].face.faceId")) == [face]
    assert list(values_at(found.body, "data.matchFaces[].face.externalImageId")) == ["a-label"]
    delete = other.call("delete_face").put("path", "group-id", group).put("path", "face-id", face)
    assert_success(other.send(delete))
    assert one.face_ids(group) == []
    assert_success(other.send(other.call("delete_group").put("path", "group-id", group)))
    assert_error(one.send(one.call("group_details").put("path", "group-id", group)), -40030)


def test_every_dialect_lists_every_group(session: Session) -> None:
    app = Session(session.server, V2, session.server.create_app(unique()))
    made = {app.speaking(dialect).new_group() for dialect in DIALECTS}
    for dialect in DIALECTS:
        listed = app.send(app.call(dialect.operations["list_groups"]))
        assert set(values_at(listed.body, "data.groups[].groupId")) == made


@pytest.mark.parametrize("name", ["search_by_face_id", "search_by_image"])
def test_every_dialect_finds_the_same_faces_with_the_same_similarity(name: str, session: Session) -> None:
    answers = [session.send(session.call(dialect.operations[name]).having("threshold", 1)) for dialect in DIALECTS]
    first, *others = [answer.data["matchFaces"] for answer in answers]
    assert len(first) > 1
    assert all(matches == first for matches in others)


def test_a_comparison_and_a_verification_say_the_same_in_every_dialect(session: Session) -> None:
    compare = [
        session.send(session.call(dialect.operations["compare"]).with_picture(pictures.selfie(), 1))
        for dialect in DIALECTS
    ]
    verify = [
        session.send(session.call(dialect.operations["verify"]).with_picture(pictures.selfie()))
        for dialect in (PLUS, V2, V2_1)
    ]
    similarities = [answer.data["matchedFaceDetails"][0]["similarity"] for answer in compare]
    similarities += [answer.data["similarity"] for answer in verify]
    assert similarities == [pytest.approx(similarities[0], abs=1e-3)] * len(similarities)


@pytest.mark.parametrize("dialect", [V1, PLUS], ids=str)
def test_the_version_of_the_model_is_the_same_wherever_it_is_told(dialect: Dialect, session: Session) -> None:
    speaker = session.speaking(dialect)
    operations = [
        operation
        for operation in dialect.operations.values()
        if any(field.path.endswith("modelVersion") for field in operation.fields)
    ]
    versions = set()
    for operation in operations:
        answer = speaker.send(speaker.call(operation))
        versions |= set(values_at(answer.body, "data.modelVersion"))
        versions |= set(values_at(answer.body, "data.groups[].modelVersion"))
    assert len(operations) > 4
    assert len(versions) == 1
