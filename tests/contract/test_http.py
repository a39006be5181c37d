"""What HTTP itself can complain about: unknown paths, methods, bodies too long. Same envelope, real status."""

from __future__ import annotations

from http import HTTPStatus

import httpx
import pytest

from .answers import Answer, assert_detail, assert_error
from .scene import Scene
from .tables import OPERATIONS, Operation

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


def _send(scene: Scene, method: str, path: str) -> httpx.Response:
    return scene.server.client.request(method, path, headers={"Authorization": scene.keys.secretKey})


@pytest.mark.parametrize(
    "path",
    [
        "/v2.0",
        "/v2.0/",
        "/v2.0/appkeys",
        "/v2.0/appkeys/{appKey}",
        "/v2.0/appkeys/{appKey}/nothing",
        "/v2.0/appkeys/{appKey}/groups/",
        "/v2.0/appkeys/{appKey}/groups/{group}/nothing",
        "/v2.0/appkeys/{appKey}/groups/{group}/faces/a/b/c",
        "/v2.0/appkeys/{appKey}/faces",
        "/V2.0/appkeys/{appKey}/groups",
        "/v3.0/appkeys/{appKey}/groups",
        "/v2.0/appkeys/{appKey}/docs",
        "/nothing",
    ],
)
def test_an_unknown_path_is_not_found(path: str, scene: Scene) -> None:
    url = path.replace("{appKey}", scene.keys.appKey).replace("{group}", scene.group)
    _assert_http_error(_send(scene, "GET", url), HTTPStatus.NOT_FOUND)


@pytest.mark.parametrize("path", sorted({operation.path for operation in OPERATIONS}))
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_method_that_no_operation_has_is_not_allowed(path: str, method: str, scene: Scene) -> None:
    url = scene.call(next(each for each in OPERATIONS if each.path == path)).url_path
    response = _send(scene, method, url)
    _assert_http_error(response, HTTPStatus.METHOD_NOT_ALLOWED)
    expected = {each.method for each in OPERATIONS if each.path == path}
    assert expected <= {name.strip() for name in response.headers["Allow"].split(",")}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/faces/detect"),
        ("GET", "/faces/compare"),
        ("DELETE", "/groups"),
        ("POST", "/groups/{group}"),
        ("DELETE", "/groups/{group}/faces"),
        ("POST", "/groups/{group}/faces/a-face/search"),
        ("GET", "/groups/{group}/faces/a-face/verify"),
    ],
)
def test_a_method_of_other_operations_is_not_allowed(method: str, path: str, scene: Scene) -> None:
    url = f"/v2.0/appkeys/{scene.keys.appKey}{path.replace('{group}', scene.group)}"
    _assert_http_error(_send(scene, method, url), HTTPStatus.METHOD_NOT_ALLOWED)


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if "{group-id}" in each.path], ids=str)
def test_a_group_id_that_is_no_utf8_is_an_invalid_parameter(operation: Operation, scene: Scene) -> None:
    call = scene.call(operation).put("path", "group-id", "PLACE")
    response = scene.server.client.request(
        operation.method,
        call.url_path.replace("PLACE", "%ff%fe"),
        params=call.query,
        headers=call.headers,
        json=call.json,
    )
    assert_error(Answer(response, operation), -40000)


def test_a_face_called_search_can_be_asked_to_go(scene: Scene) -> None:
    operation = scene.dialect.operations["delete_face"]
    answer = scene.send(scene.call(operation).put("path", "face-id", "search"))
    assert_error(answer, -40050)


WITH_BODY = [operation for operation in OPERATIONS if operation.bodies]


@pytest.mark.parametrize("operation", WITH_BODY, ids=str)
@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data; boundary=b"])
def test_a_body_over_16_megabytes_is_too_long(operation: Operation, content_type: str, scene: Scene) -> None:
    if content_type.startswith("multipart") and "form" not in operation.bodies:
        content_type = "application/json"
    call = scene.call(operation).with_raw(b" " * (LIMIT + 1), content_type)
    _assert_http_error(scene.send(call).response, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


def test_a_body_that_does_not_tell_its_length_is_too_long_all_the_same(scene: Scene) -> None:
    call = scene.call("detect")
    response = scene.server.client.post(
        call.url_path,
        headers={**call.headers, "Content-Type": "application/json"},
        content=(b" " * 65_536 for _ in range(LIMIT // 65_536 + 1)),
    )
    _assert_http_error(response, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


def test_a_body_below_16_megabytes_is_read(scene: Scene) -> None:
    operation = scene.dialect.operations["detect"]
    body = b'{"image": {"bytes": "' + b"A" * 15_900_000 + b'"}}'
    answer = scene.send(scene.call(operation).with_raw(body, "application/json"))
    assert_error(answer, -45020)


def test_the_server_answers_after_a_body_too_long(scene: Scene) -> None:
    with httpx.Client(base_url=scene.server.url, timeout=60, trust_env=False) as client:
        call = scene.call("detect")
        call.with_raw(b" " * (LIMIT + 1), "application/json").send(client)
        assert call.send(client).code == 0
