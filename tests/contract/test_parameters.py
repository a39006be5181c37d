"""Every parameter refuses what breaks its rule and takes what keeps it."""

from __future__ import annotations

from typing import Any

import pytest

from . import pictures
from .answers import assert_error, assert_success
from .calls import Call
from .session import Session, unique
from .tables import INVALID_PARAMETER, OPERATIONS, Operation, Parameter
from .values import bad_values, good_values, not_strings

PARAMETERS = [(operation, parameter) for operation in OPERATIONS for parameter in operation.parameters]


def _cases(values: Any) -> list[Any]:
    return [
        pytest.param(operation, parameter, value, id=f"{operation}-{parameter.place}-{parameter.name}-{name}")
        for operation, parameter in PARAMETERS
        for name, value in values(parameter).items()
    ]


def _call(session: Session, operation: Operation, parameter: Parameter) -> Call:
    body = parameter.place if parameter.place in operation.bodies else None
    call = session.call(operation, body)
    # What is deleted when a refusal fails must not be what the other tests stand on.
    return call.put("path", "group-id", "gone") if operation.name == "delete_group" else call


@pytest.mark.parametrize(("operation", "parameter", "value"), _cases(bad_values))
def test_a_value_that_breaks_the_rule_is_refused(
    operation: Operation, parameter: Parameter, value: Any, session: Session
) -> None:
    call = _call(session, operation, parameter).put(parameter.place, parameter.name, value)
    code = parameter.error if isinstance(value, str) else INVALID_PARAMETER
    assert_error(session.send(call), code)


@pytest.mark.parametrize(("operation", "parameter", "value"), _cases(not_strings))
def test_what_is_no_string_is_refused_where_a_string_belongs(
    operation: Operation, parameter: Parameter, value: Any, session: Session
) -> None:
    call = _call(session, operation, parameter).put(parameter.place, parameter.name, value)
    assert_error(session.send(call), INVALID_PARAMETER)


@pytest.mark.parametrize(
    ("operation", "parameter", "value"),
    [case for case in _cases(good_values) if case.values[1].place != "path"],
)
def test_a_value_that_keeps_the_rule_is_accepted(
    operation: Operation, parameter: Parameter, value: Any, session: Session
) -> None:
    if operation.name == "create_group":
        value = value[:-33] + unique()[-33:] if len(value) == parameter.max_length else unique() + value
    call = _with_little_to_do(_call(session, operation, parameter))
    call = call.put(parameter.place, parameter.name, value)
    assert_success(session.send(call))


_NEEDS_NO_FACE = {"detect": 0, "register": 0, "spoofing": 0, "compare": 1}
"""Operations to which a picture without a face is no error, and which of their pictures that is."""


def _with_little_to_do(call: Call) -> Call:
    """The same request with a picture that takes no time, where that is none the less a success.

    It has the size of an aligned picture, so that `aligned` may be true.
    """
    which = _NEEDS_NO_FACE.get(call.operation.name)
    return call if which is None else call.with_picture(pictures.blank(224, 224), which)


@pytest.mark.parametrize(
    ("operation", "parameter"),
    # Two registrations never have the same answer.
    [pair for pair in PARAMETERS if pair[1].default is not None and pair[0].name != "register"],
    ids=lambda value: value.name if isinstance(value, Parameter) else str(value),
)
def test_a_parameter_left_out_means_its_default(
    operation: Operation, parameter: Parameter, session: Session
) -> None:
    call, last = _call(session, operation, parameter), len(operation.images) - 1
    call = call.with_picture(pictures.pair(1, 2), last)
    if parameter.name == "spoofingCondition" and operation.takes("spoofing"):
        call = call.having("spoofing", True).with_picture(pictures.doubtful(), last)
    default = parameter.default if parameter.place == "json" else str(parameter.default).lower()
    without = session.send(call)
    assert_success(without)
    assert without.data == session.send(call.put(parameter.place, parameter.name, default)).data


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_unknown_parameters_are_ignored(operation: Operation, session: Session) -> None:
    for body in operation.bodies or (None,):
        call = session.call(operation, body).put("query", "surprise", "1")
        match operation.name:
            case "delete_group":
                call = call.put("path", "group-id", session.new_group())
            case "delete_face":
                group = session.new_group()
                face = session.registered(group, pictures.portrait())[0]
                call = call.put("path", "group-id", group).put("path", "face-id", face)
        if body == "json":
            call = call.put("json", "surprise", {"deep": [1, None]}).put("json", "Limit", "x")
        if body == "form":
            call = call.put("form", "surprise", "1").put("form", "file", b"\x00\xff")
        assert_success(session.send(call))


def test_an_unknown_field_of_a_form_is_ignored_however_often_it_comes(session: Session) -> None:
    field = b'--b\r\nContent-Disposition: form-data; name="surprise"\r\n\r\n1\r\n'
    file = b'--b\r\nContent-Disposition: form-data; name="imageFile"; filename="a.jpg"\r\n\r\n'
    body = field + field + file + pictures.portrait() + b"\r\n--b--\r\n"
    assert_success(session.send(session.call("detect", "form").with_raw(body, "multipart/form-data; boundary=b")))


@pytest.mark.parametrize("image", ["https://example.com/a.jpg", ["a"], 7, True])
def test_an_image_that_is_no_object_is_called_that(image: object, session: Session) -> None:
    answer = session.send(session.call("detect").put("json", "image", image))
    assert answer.detail == "Parameter 'image': Input should be an object."


def test_an_image_that_comes_as_text_is_called_no_file(session: Session) -> None:
    answer = session.send(session.call("detect", "form").put("form", "imageFile", "a.jpg"))
    assert answer.detail == "Parameter 'imageFile': Input should be a file."


@pytest.mark.parametrize("digits", [3, 19, 4000])
def test_a_number_that_is_too_large_is_called_that_however_long_it_is(digits: int, session: Session) -> None:
    answer = session.send(session.call("list_groups").put("query", "limit", "9" * digits))
    assert_error(answer, INVALID_PARAMETER)
    assert answer.detail == "Parameter 'limit': Input should be less than or equal to 200."


def test_a_number_that_is_longer_than_can_be_read_is_refused(session: Session) -> None:
    assert_error(session.send(session.call("list_groups").put("query", "limit", "9" * 5000)), INVALID_PARAMETER)


@pytest.mark.parametrize("name", ["imageFile", "mask"])
def test_a_field_that_comes_twice_is_told_to(name: str, session: Session) -> None:
    field = b'--b\r\nContent-Disposition: form-data; name="mask"\r\n\r\ntrue\r\n'
    file = b'--b\r\nContent-Disposition: form-data; name="imageFile"; filename="a.jpg"\r\n\r\nx\r\n'
    body = {"mask": field + field + file, "imageFile": field + file + file}[name] + b"--b--\r\n"
    answer = session.send(session.call("detect", "form").with_raw(body, "multipart/form-data; boundary=b"))
    assert_error(answer, INVALID_PARAMETER)
    assert answer.detail == f"Parameter '{name}' is given more than once."


@pytest.mark.parametrize("name", ["not-a-uuid", "x" * 300, "\x00", "\u00e4", "' OR 1=1 --", "%", "search"])
def test_a_face_id_that_no_face_has_is_not_found_whatever_it_looks_like(name: str, session: Session) -> None:
    for operation in OPERATIONS:
        if operation.path.count("{face-id}"):
            answer = session.send(session.call(operation).put("path", "face-id", name))
            assert_error(answer, -40050)
