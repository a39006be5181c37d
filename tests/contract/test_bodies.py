"""Request bodies: which kinds are read, and what makes one unreadable."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from . import pictures
from .answers import assert_error, assert_success
from .picture_host import PictureHost
from .session import Session, unique
from .tables import INVALID_PARAMETER, OPERATIONS, Operation

WITH_BODY = [operation for operation in OPERATIONS if operation.bodies]
WITH_FORM = [operation for operation in OPERATIONS if "form" in operation.bodies]
WITHOUT_FORM = [operation for operation in WITH_BODY if operation not in WITH_FORM]

JSON_TYPES = {
    "bare": "application/json",
    "charset": "application/json;charset=UTF-8",
    "lower case charset": "application/json; charset=utf-8",
    "quoted charset": 'application/json; charset="UTF-8"',
    "upper case": "Application/JSON",
}

FOREIGN_TYPES = {
    "plain text": "text/plain",
    "URL-encoded form": "application/x-www-form-urlencoded",
    "XML": "application/xml",
    "a type that only begins alike": "application/jsonp",
    "another JSON type": "application/vnd.api+json",
    "binary": "application/octet-stream",
    "nonsense": ";;;",
    "empty": "",
    "another charset": "application/json;charset=EUC-KR",
}

BROKEN_JSON: dict[str, bytes] = {
    "empty": b"",
    "white space": b"  \n",
    "cut short": b'{"groupId": "a"',
    "missing comma": b'{"limit": 100 "threshold": 90}',
    "trailing comma": b'{"groupId": "a",}',
    "two values": b'{"groupId": "a"}{}',
    "single quotes": b"{'groupId': 'a'}",
    "not a number": b'{"groupId": NaN}',
    "not a number where it is ignored": b'{"groupId": "nan", "surprise": [NaN]}',
    "infinity where it is ignored": b'{"groupId": "infinity", "surprise": -Infinity}',
    "invalid UTF-8": b'{"groupId": "\xff\xfe"}',
    "overlong UTF-8": b'{"groupId": "\xc0\xaf"}',
    "UTF-16": '{"groupId": "a"}'.encode("utf-16"),
    "control character": b'{"groupId": "a\x01"}',
    "bad escape": b'{"groupId": "\\q"}',
    "null": b"null",
    "array": b'[{"groupId": "a"}]',
    "string": b'"groupId"',
    "number": b"7",
    "boolean": b"true",
    "deep arrays": b"[" * 100_000,
    "deep objects": b'{"a":' * 100_000,
    "deep and closed": b'{"image":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "huge integer": b'{"limit": ' + b"1" * 5_000 + b"}",
    "huge exponent": b'{"limit": 1e999999}',
}

BROKEN_FORMS: dict[str, tuple[bytes, str]] = {
    "no boundary": (b"--b\r\n\r\n--b--\r\n", "multipart/form-data"),
    "empty": (b"", "multipart/form-data; boundary=b"),
    "words": (b"no parts here", "multipart/form-data; boundary=b"),
    "another boundary": (
        b'--a\r\nContent-Disposition: form-data; name="mask"\r\n\r\ntrue\r\n--a--\r\n',
        "multipart/form-data; boundary=b",
    ),
    "part without a name": (
        b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n",
        "multipart/form-data; boundary=b",
    ),
    "part without headers": (b"--b\r\n\r\nx\r\n--b--\r\n", "multipart/form-data; boundary=b"),
    "bad header": (b"--b\r\n\x00\x01: y\r\n\r\nx\r\n--b--\r\n", "multipart/form-data; boundary=b"),
    "cut short": (
        b'--b\r\nContent-Disposition: form-data; name="imageFile"; filename="a.png"\r\n\r\n\x89PNG',
        "multipart/form-data; boundary=b",
    ),
}


def _refused(operation: Operation, session: Session, body: bytes, content_type: str) -> None:
    answer = session.send(session.call(operation).with_raw(body, content_type))
    assert_error(answer, INVALID_PARAMETER)


def _valid_json(operation: Operation, session: Session) -> bytes:
    body: Any = dict(session.call(operation).json or {})
    if operation.name == "create_group":
        body["groupId"] = unique()
    return json.dumps(body).encode()


@pytest.mark.parametrize("operation", WITH_BODY, ids=str)
@pytest.mark.parametrize("content_type", JSON_TYPES.values(), ids=JSON_TYPES.keys())
def test_json_is_read_in_utf8_however_its_type_is_spelt(
    operation: Operation, content_type: str, session: Session
) -> None:
    call = session.call(operation).with_raw(_valid_json(operation, session), content_type)
    assert_success(session.send(call))


def test_a_body_that_comes_in_chunks_is_read(session: Session) -> None:
    call = session.call("detect")
    body = json.dumps(call.json).encode()
    response = session.server.client.post(
        call.url_path,
        headers={**call.headers, "Content-Type": "application/json"},
        content=(body[start : start + 1000] for start in range(0, len(body), 1000)),
    )
    assert "content-length" not in response.request.headers
    assert response.json()["data"]["faceDetailCount"] == 1


@pytest.mark.parametrize("operation", WITH_BODY, ids=str)
@pytest.mark.parametrize("content_type", FOREIGN_TYPES.values(), ids=FOREIGN_TYPES.keys())
def test_a_body_of_another_type_is_refused(operation: Operation, content_type: str, session: Session) -> None:
    _refused(operation, session, _valid_json(operation, session), content_type)


@pytest.mark.parametrize("operation", WITH_BODY, ids=str)
def test_a_body_without_a_type_is_refused(operation: Operation, session: Session) -> None:
    client, call = session.server.client, session.call(operation)
    request = client.build_request("POST", call.url_path, headers=call.headers, content=b"{}")
    assert "content-type" not in request.headers
    assert client.send(request).json()["header"]["resultCode"] == INVALID_PARAMETER


@pytest.mark.parametrize("operation", WITH_BODY, ids=str)
@pytest.mark.parametrize("body", BROKEN_JSON.values(), ids=BROKEN_JSON.keys())
def test_broken_json_is_refused(operation: Operation, body: bytes, session: Session) -> None:
    _refused(operation, session, body, "application/json")


@pytest.mark.parametrize("operation", WITH_FORM, ids=str)
@pytest.mark.parametrize(("body", "content_type"), BROKEN_FORMS.values(), ids=BROKEN_FORMS.keys())
def test_a_broken_form_is_refused(operation: Operation, body: bytes, content_type: str, session: Session) -> None:
    _refused(operation, session, body, content_type)


@pytest.mark.parametrize("end", [b"", b"\r\n", b"\r\n--b", b"\r\n--b\r\n", b"\r\n--b-"])
def test_a_form_that_ends_before_its_last_boundary_is_refused(end: bytes, session: Session) -> None:
    file = b'--b\r\nContent-Disposition: form-data; name="imageFile"; filename="a.jpg"\r\n\r\n'
    field = b'\r\n--b\r\nContent-Disposition: form-data; name="mask"\r\n\r\nfalse'
    body = file + pictures.portrait() + field + end
    answer = session.send(session.call("detect", "form").with_raw(body, "multipart/form-data; boundary=b"))
    assert_error(answer, INVALID_PARAMETER)
    assert answer.detail == "The multipart body ends before its last boundary."


@pytest.mark.parametrize("mark", ["preamble", "extended name", "both names"])
def test_a_form_is_read_as_its_standards_allow(mark: str, session: Session) -> None:
    """Something before the first boundary (RFC 2046), a file's name in letters beyond ASCII alone (RFC 5987)."""
    names = {
        "preamble": b'filename="a.jpg"',
        "extended name": b"filename*=UTF-8''%ed%95%9c.jpg",
        "both names": b"filename=\"a.jpg\"; filename*=UTF-8''%ed%95%9c.jpg",
    }
    body = (
        (b"This is a message in several parts.\r\n" if mark == "preamble" else b"")
        + b'--b\r\nContent-Disposition: form-data; name="imageFile"; '
        + names[mark]
        + b"\r\n\r\n"
        + pictures.portrait()
        + b"\r\n--b--\r\nand what comes after"
    )
    assert_success(session.send(session.call("detect", "form").with_raw(body, "multipart/form-data; boundary=b")))


@pytest.mark.parametrize("operation", WITH_BODY, ids=str)
def test_json_may_begin_with_a_byte_order_mark(operation: Operation, session: Session) -> None:
    call = session.call(operation).with_raw(b"\xef\xbb\xbf" + _valid_json(operation, session), "application/json")
    assert_success(session.send(call))


@pytest.mark.parametrize("operation", WITH_BODY, ids=str)
@pytest.mark.parametrize("coding", ["gzip", "br", "deflate, gzip"])
def test_an_encoded_body_is_refused(operation: Operation, coding: str, session: Session) -> None:
    call = session.call(operation)
    response = session.server.client.post(
        call.url_path,
        params=call.query,
        headers={**call.headers, "Content-Type": "application/json", "Content-Encoding": coding},
        content=_valid_json(operation, session),
    )
    assert response.status_code == 415
    assert response.json()["header"]["resultCode"] == -41500
    assert response.headers["X-Error-Detail"] == "The body has a Content-Encoding: send it without one."


FORM = (
    b'--b\r\nContent-Disposition: form-data; name="groupId"\r\n\r\na\r\n'
    b'--b\r\nContent-Disposition: form-data; name="imageFile"; filename="a.jpg"\r\n\r\n%b\r\n--b--\r\n'
)


@pytest.mark.parametrize("operation", WITHOUT_FORM, ids=str)
def test_a_form_is_refused_where_only_json_is_taken(operation: Operation, session: Session) -> None:
    _refused(operation, session, FORM % pictures.portrait(), "multipart/form-data; boundary=b")


def test_a_deep_value_in_an_unknown_parameter_does_not_break_the_server(session: Session) -> None:
    deep = b'{"groupId": "deep", "surprise": ' + b"[" * 20_000 + b"]" * 20_000 + b"}"
    answer = session.send(session.call("create_group").with_raw(deep, "application/json"))
    assert answer.code in {0, INVALID_PARAMETER}


@pytest.mark.parametrize(
    ("source", "target"), [("sourceImageFile", "targetImageFile"), ("sourceImage", "targetImage")]
)
def test_compare_takes_files_under_both_names_of_its_document(source: str, target: str, session: Session) -> None:
    form = {source: pictures.portrait(1), target: pictures.pair(1, 2)}
    answer = session.send(replace(session.call("compare", "form"), form=form))
    assert_success(answer)
    assert answer.data["matchedFaceDetailCount"] == 1


@pytest.mark.parametrize("by_url", [("source",), ("target",), ("source", "target")], ids=" and ".join)
def test_compare_takes_urls_in_place_of_files_in_a_form(
    by_url: tuple[str, ...], session: Session, host: PictureHost
) -> None:
    files = {f"{name}ImageFile": pictures.portrait() for name in {"source", "target"}.difference(by_url)}
    form = files | {f"{name}ImageUrl": host.url("portrait.jpg") for name in by_url}
    answer = session.send(replace(session.call("compare", "form"), form=form))
    assert_success(answer)
    assert answer.data["matchedFaceDetailCount"] == 1


def test_a_url_in_a_form_that_leads_to_no_picture_is_called_that(session: Session, host: PictureHost) -> None:
    url = host.url("nothing-here.jpg")
    form: dict[str, str | bytes] = {"sourceImageFile": pictures.portrait(), "targetImageUrl": url}
    assert_error(session.send(replace(session.call("compare", "form"), form=form)), -45050)


def test_an_empty_object_lacks_what_is_required(session: Session) -> None:
    for operation in WITH_BODY:
        _refused(operation, session, b"{}", "application/json")
