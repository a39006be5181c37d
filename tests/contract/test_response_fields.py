"""Answers hold every field of the documents' tables, with its type, and no other."""

from __future__ import annotations

from typing import Any

import pytest

from . import pictures
from .answers import assert_success, paths_of, values_at
from .calls import Call
from .scene import Scene
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


def _full(scene: Scene, operation: Operation, body: Any) -> Call:
    """A request whose answer has something in every array."""
    call = scene.call(operation, body)
    match operation.name:
        case "register":
            call = call.put(call.body_place, "externalImageId", "label")
            return _with(call, pictures.sheet())
        case "compare":
            return _with(call, pictures.pair(1, 2), which=1)
        case "list_faces" | "list_groups":
            return call.put("query", "limit", "1")
        case "search_by_face_id":
            return call.put("query", "threshold", "1")
        case "search_by_image":
            return call.put(call.body_place, "threshold", 1 if call.json is not None else "1")
        case _:
            return call


def _with(call: Call, picture: bytes, which: int = 0) -> Call:
    return call.with_picture(picture if call.form is not None else pictures.as_object(picture), which)


def _is_of_type(value: object, field: ResponseField) -> bool:
    if isinstance(value, bool) and field.type != "bool":
        return False
    return isinstance(value, TYPES[field.type])


@pytest.mark.parametrize(("operation", "body"), BODIES, ids=str)
def test_an_answer_holds_every_documented_field_with_its_type_and_no_other(
    operation: Operation, body: Any, scene: Scene
) -> None:
    answer = scene.send(_full(scene, operation, body))
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
def test_an_answer_without_documented_fields_is_the_bare_header(operation: Operation, scene: Scene) -> None:
    call = scene.call(operation)
    if operation.name == "delete_group":
        call = call.put("path", "group-id", scene.new_group())
    if operation.name == "delete_face":
        group = scene.new_group()
        face = scene.registered(group, pictures.portrait())[0]
        call = call.put("path", "group-id", group).put("path", "face-id", face)
    answer = scene.send(call)
    assert_success(answer)
    assert answer.body.keys() == {"header"}


@pytest.mark.parametrize("trait", ["orientation", "mask"])
@pytest.mark.parametrize(("operation", "body"), [pair for pair in BODIES if pair[0] in IMAGE_OPERATIONS], ids=str)
def test_a_trait_that_is_not_wanted_is_left_out_and_nothing_else_is(
    operation: Operation, body: Any, trait: str, scene: Scene
) -> None:
    call = _full(scene, operation, body)
    answer = scene.send(call.put(call.body_place, trait, False if call.json is not None else "false"))
    assert_success(answer)
    optional = {field.path for field in operation.fields if not field.required}
    left_out = {path for path in optional if trait in path.split(".")}
    for field in operation.fields:
        present = any(True for _ in values_at(answer.body, field.path))
        assert present is not any(field.path == path or field.path.startswith(f"{path}.") for path in left_out), (
            field.path
        )


@pytest.mark.parametrize("operation", ["list_faces", "register"])
def test_a_face_registered_without_a_label_has_no_label_field(operation: str, scene: Scene) -> None:
    group = scene.new_group()
    registered = scene.send(scene.call("register").put("path", "group-id", group))
    answer = registered
    if operation == "list_faces":
        answer = scene.send(scene.call("list_faces").put("path", "group-id", group))
    assert "faceId" in answer.response.text
    assert "externalImageId" not in answer.response.text
