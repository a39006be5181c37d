"""What HTTP itself can complain about: unknown paths, methods, bodies too long. The shape of every other error."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from PIL import Image

from harness.servers import running_server
from tests.contract import pictures
from tests.contract.answers import assert_detail

from .client import SearchFaceClient
from .tables import OPERATIONS, Operation

LIMIT = 16 * 1024 * 1024


def assert_http_error(response: httpx.Response, status: int) -> None:
    assert response.status_code == status
    body = response.json()
    assert body.keys() == {"errorCode", "message"}
    assert type(body["errorCode"]) is int
    assert isinstance(body["message"], str)
    assert body["message"]
    assert_detail(response)


@pytest.mark.parametrize(
    "path",
    ["/modules/", "/modules/nothing", "/modules/search/", "/modules/faces/a-face", "/modules/Search"],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_path_is_not_found(method: str, path: str, client: SearchFaceClient) -> None:
    assert_http_error(client.server.client.request(method, path, headers=client.ask("list_faces").headers), 404)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/modules/search", {"POST"}),
        ("DELETE", "/modules/search", {"POST"}),
        ("PUT", "/modules/faces", {"POST", "DELETE", "GET"}),
        ("PATCH", "/modules/faces", {"POST", "DELETE", "GET"}),
    ],
)
def test_a_method_that_a_path_does_not_take_is_not_allowed(
    method: str, path: str, allowed: set[str], client: SearchFaceClient
) -> None:
    response = client.server.client.request(method, path, headers=client.ask("list_faces").headers)
    assert_http_error(response, 405)
    assert {name.strip() for name in response.headers["Allow"].split(",")} == allowed


@pytest.mark.parametrize("operation", [each for each in OPERATIONS.values() if each.method == "POST"], ids=str)
def test_a_body_over_16_megabytes_is_too_long(operation: Operation, client: SearchFaceClient) -> None:
    headers = {"x-api-key": client.keys.apiKey, "Content-Type": "application/json"}
    response = client.server.client.post(operation.path, headers=headers, content=b" " * (LIMIT + 1))
    assert_http_error(response, 413)


def test_more_pictures_than_can_wait_are_shed_with_503(tmp_path: Path) -> None:
    with Image.open(io.BytesIO(pictures.portrait())) as picture:
        large = io.BytesIO()
        picture.resize((3000, 3000)).save(large, "JPEG", quality=60)  # nine megapixels, which take a while
    settings = {"WORK__IMAGE_REQUESTS": "1", "WORK__IMAGE_QUEUE": "1"}
    with running_server(tmp_path, settings) as server, ThreadPoolExecutor(8) as pool:
        client = SearchFaceClient(server, server.create_app("shed"))
        ask = client.ask("search_face").put("collectionId", client.new_collection()).showing(large.getvalue())
        answers = list(pool.map(lambda _: ask.send(server), range(8)))
    assert {answer.status_code for answer in answers} == {200, 503}
    for shed in (answer for answer in answers if answer.status_code == 503):
        assert shed.headers["Retry-After"] == "1"
        assert_http_error(shed, 503)
