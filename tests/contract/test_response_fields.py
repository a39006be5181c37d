"""Answers hold every field of the documents' tables, with its type, and no other."""

from __future__ import annotations

from typing import Any

import pytest

from . import pictures
from .answers import assert_success, paths_of, values_at
from .calls import Call
from .session import Session
from .tables import IMAGE_OPERATIONS, OPERATIONS, Operation, ResponseField

TYPES: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (float, int),
    "string": (str,),
    "bool": (bool,),
    "object": (dict,),
    "array": (list,),
}

BODIES = [
    (operation, body) for operation in OPERATIONS if operation.fields for body in operation.bodies or (None,)
]


def _full(session: Session, operation: Operation, body: Any) -> Call:
    """A request whose answer has something in every array, and every trait."""
    call = session.call(operation, body)
    if operation.takes("spoofing"):
        call = call.having("spoofing", True)
    match operation.name:
        case "register":
            call = call.having("externalImageId", "label").having("limit", 1)
            return call.with_picture(pictures.pair(1, 2))
        case "compare":
            return call.with_picture(pictures.pair(1, 2), which=1)
        case "list_faces" | "list_groups":
            return call.having("limit", 1)
        case "search_by_face_id" | "search_by_image":
            return call.having("threshold", 1)
        case _:
            return call


def _is_of_type(value: object, field: ResponseField) -> bool:
    if isinstance(value, bool) and field.type != "bool":
        return False
    return isinstance(value, TYPES[field.type])


@pytest.mark.parametrize(("operation", "body"), BODIES, ids=str)
def test_an_answer_holds_every_documented_field_with_its_type_and_no_other(
    operation: Operation, body: Any, session: Session
) -> None:
    answer = session.send(_full(session, operation, body))
    assert_success(answer)
    for field in operation.fields:
        found = list(values_at(answer.body, field.path))
        assert found, f"{field.path} is missing"
        assert all(_is_of_type(value, field) for value in found), f"{field.path}: {found[:3]}"
    documented = {field.path for field in operation.fields}
    parents = {path[:end] for path in documented for end in range(len(path)) if path[end] in ".["}
    got = paths_of({"data": answer.data})
    assert got <= documented | parents


@pytest.mark.parametrize("operation", [operation for operation in OPERATIONS if not operation.fields], ids=str)
def test_an_answer_without_documented_fields_is_the_bare_header(operation: Operation, session: Session) -> None:
    call = session.call(operation)
    if operation.name == "delete_group":
        call = call.put("path", "group-id", session.new_group())
    if operation.name == "delete_face":
        group = session.new_group()
        face = session.registered(group, pictures.portrait())[0]
        call = call.put("path", "group-id", group).put("path", "face-id", face)
    answer = session.send(call)
    assert_success(answer)
    assert answer.body.keys() == {"header"}


@pytest.mark.parametrize(
    ("operation", "body", "trait"),
    [
        (operation, body, trait)
        for operation, body in BODIES
        for trait in ("orientation", "mask", "spoofing")
        if operation.takes(trait)
    ],
    ids=str,
)
def test_a_trait_that_is_not_wanted_is_left_out_and_nothing_else_is(
    operation: Operation, body: Any, trait: str, session: Session
) -> None:
    answer = session.send(_full(session, operation, body).having(trait, False))
    assert_success(answer)
    for field in operation.fields:
        present = any(True for _ in values_at(answer.body, field.path))
        assert present is (trait not in field.path.split(".")), field.path


@pytest.mark.parametrize("operation", IMAGE_OPERATIONS, ids=str)
def test_a_verdict_on_spoofing_is_there_only_where_it_was_asked_for(
    operation: Operation, session: Session
) -> None:
    data = session.send(session.call(operation)).data
    assert ("spoofing" in repr(data)) is (operation.name == "spoofing")


def test_a_face_registered_without_a_label_has_no_label_field(speaker: Session) -> None:
    group = speaker.new_group()
    for operation in ("register", "list_faces", "search_by_image"):
        answer = speaker.send(speaker.call(operation).put("path", "group-id", group))
        assert "faceId" in answer.response.text
        assert "externalImageId" not in answer.response.text
