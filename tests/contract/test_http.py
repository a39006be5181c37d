"""What HTTP itself can complain about: unknown paths, methods, bodies too long. Same envelope, real status."""

from __future__ import annotations

import re
from http import HTTPStatus

import httpx
import pytest

from .answers import Answer, assert_detail, assert_error
from .session import Session
from .tables import OPERATIONS, Dialect, Operation

LIMIT = 16 * 1024 * 1024


def _assert_http_error(response: httpx.Response, status: int) -> None:
    assert response.status_code == status
    body = response.json()
    assert body.keys() == {"header"}
    header = body["header"]
    assert header.keys() == {"isSuccessful", "resultCode", "resultMessage"}
    assert header["isSuccessful"] is False
    assert type(header["resultCode"]) is int
    assert header["resultCode"] < 0
    assert isinstance(header["resultMessage"], str)
    assert header["resultMessage"]
    assert_detail(response)


def _request(session: Session, method: str, path: str) -> httpx.Response:
    """As an app with all of its keys, unless the dialect has none but the app key."""
    headers = session.call("list_groups").headers
    return session.server.client.request(method, path, headers=dict(headers))


UNKNOWN = [
    "",
    "/",
    "/appkeys",
    "/appkeys/{appKey}",
    "/appkeys/{appKey}/nothing",
    "/appkeys/{appKey}/groups/",
    "/appkeys/{appKey}/groups/{group}/nothing",
    "/appkeys/{appKey}/groups/{group}/faces/a/b/c",
    "/appkeys/{appKey}/faces",
    "/appkeys/{appKey}/docs",
]
"""Below the prefix of a dialect."""

UNKNOWN_ANYWHERE = [
    "/V2.0/appkeys/{appKey}/groups",
    "/v3.0/appkeys/{appKey}/groups",
    "/v1.0/appkeys/{appKey}/groups",
    "/nhn-face-reco/appkeys/{appKey}/groups",
    "/nhn-face-reco/v2.0/appkeys/{appKey}/groups",
    "/NHN-face-reco/v1.0/appkeys/{appKey}/groups",
    "/nothing",
]


def _prefix(dialect: Dialect) -> str:
    return dialect.operations["list_groups"].path.partition("/appkeys")[0]


@pytest.mark.parametrize("path", UNKNOWN)
def test_an_unknown_path_is_not_found(path: str, speaker: Session) -> None:
    url = path.replace("{appKey}", speaker.keys.appKey).replace("{group}", speaker.group)
    _assert_http_error(_request(speaker, "GET", _prefix(speaker.dialect) + url), HTTPStatus.NOT_FOUND)


@pytest.mark.parametrize("path", UNKNOWN_ANYWHERE)
def test_a_path_below_no_dialect_is_not_found(path: str, session: Session) -> None:
    url = path.replace("{appKey}", session.keys.appKey)
    _assert_http_error(_request(session, "GET", url), HTTPStatus.NOT_FOUND)


def _leads_to(path: str, operation: Operation) -> bool:
    """Whether the path is one of the operation's: `.../faces/search` is also that of a face called search."""
    return re.fullmatch(re.sub(r"{[^}]+}", "[^/]+", operation.path), path) is not None


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_a_method_that_no_operation_has_at_a_path_is_not_allowed(operation: Operation, session: Session) -> None:
    speaker, path = session.speaking(operation.dialect), session.call(operation).url_path
    taken = {each.method for each in operation.dialect.operations.values() if _leads_to(path, each)}
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - taken:
        response = _request(speaker, method, path)
        _assert_http_error(response, HTTPStatus.METHOD_NOT_ALLOWED)
        assert taken <= {name.strip() for name in response.headers["Allow"].split(",")}


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/docs", "/openapi/v2.json"])
def test_a_method_that_a_path_below_no_dialect_does_not_take_is_not_allowed(path: str, session: Session) -> None:
    response = _request(session, "POST", path)
    _assert_http_error(response, HTTPStatus.METHOD_NOT_ALLOWED)
    assert response.headers["Allow"] == "GET"


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.method == "GET"], ids=str)
def test_head_is_answered_where_get_is(operation: Operation, session: Session) -> None:
    call = session.call(operation)
    asked = [
        session.server.client.request(method, call.url_path, params=call.query, headers=call.headers)
        for method in ("GET", "HEAD")
    ]
    assert [answer.status_code for answer in asked] == [200, 200]
    assert asked[1].content == b""
    assert asked[1].headers["Content-Length"] == str(len(asked[0].content))


@pytest.mark.parametrize(
    "path", ["/docs", "/openapi/v2.json", "/docs/assets/page.css", "/console/setup", "/livez"]
)
def test_head_is_answered_where_get_is_beside_the_operations(path: str, session: Session) -> None:
    answer = session.server.client.head(path)
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if "{group-id}" in each.path], ids=str)
def test_a_group_id_that_is_no_utf8_is_an_invalid_parameter(operation: Operation, session: Session) -> None:
    call = session.call(operation).put("path", "group-id", "PLACE")
    response = session.server.client.request(
        operation.method,
        call.url_path.replace("PLACE", "%ff%fe"),
        params=call.query,
        headers=call.headers,
        json=call.json,
    )
    assert_error(Answer(response, operation), -40000)


def test_a_face_called_search_can_be_asked_to_go(speaker: Session) -> None:
    answer = speaker.send(speaker.call("delete_face").put("path", "face-id", "search"))
    assert_error(answer, -40050)


WITH_BODY = [operation for operation in OPERATIONS if operation.bodies]


CONTENT_TYPES = {"json": "application/json", "form": "multipart/form-data; boundary=b"}


@pytest.mark.parametrize(
    ("operation", "content_type"),
    [(operation, CONTENT_TYPES[body]) for operation in WITH_BODY for body in operation.bodies],
    ids=str,
)
def test_a_body_over_16_megabytes_is_too_long(operation: Operation, content_type: str, session: Session) -> None:
    call = session.call(operation).with_raw(b" " * (LIMIT + 1), content_type)
    _assert_http_error(session.send(call).response, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


def test_a_body_that_does_not_tell_its_length_is_too_long_all_the_same(session: Session) -> None:
    call = session.call("detect")
    response = session.server.client.post(
        call.url_path,
        headers={**call.headers, "Content-Type": "application/json"},
        content=(b" " * 65_536 for _ in range(LIMIT // 65_536 + 1)),
    )
    _assert_http_error(response, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


def test_a_body_below_16_megabytes_is_read(speaker: Session) -> None:
    body = b'{"image": {"bytes": "' + b"A" * 15_900_000 + b'"}}'
    answer = speaker.send(speaker.call("detect").with_raw(body, "application/json"))
    assert_error(answer, -45020)


def test_the_server_answers_after_a_body_too_long(session: Session) -> None:
    with httpx.Client(base_url=session.server.url, timeout=60, trust_env=False) as client:
        call = session.call("detect")
        call.with_raw(b" " * (LIMIT + 1), "application/json").send(client)
        assert call.send(client).code == 0
