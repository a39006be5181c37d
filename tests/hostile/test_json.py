"""JSON that is dear to read is refused before anything is built from it."""

from __future__ import annotations

import base64
import threading
from importlib import resources
from pathlib import Path

import httpx
import pytest

from harness.servers import Keys, Server

JSON = {"Content-Type": "application/json"}
NESTED = b'{"image":{"bytes":"AAAA"},"a":[' + b"[]," * 5_000_000 + b"[]]}"
PICTURE = (Path(str(resources.files("visavis"))) / "assets" / "ines-small.jpg").read_bytes()


@pytest.fixture(scope="module")
def keys(server: Server) -> Keys:
    return server.create_app("json")


def post(server: Server, keys: Keys, path: str, body: bytes) -> httpx.Response:
    with server.v2(keys) as client:
        return client.post(path, content=body, headers=JSON)


def assert_refused(response: httpx.Response, detail: str) -> None:
    assert response.json()["header"]["resultCode"] == -40000
    assert detail in response.headers["X-Error-Detail"]


def test_millions_of_values_are_refused(server: Server, keys: Keys) -> None:
    assert_refused(post(server, keys, "/faces/detect", NESTED), "more values than any operation takes")


def test_others_are_answered_while_they_are_looked_at(server: Server, keys: Keys) -> None:
    senders = [threading.Thread(target=post, args=(server, keys, "/faces/detect", NESTED)) for _ in range(4)]
    for sender in senders:
        sender.start()
    answered = 0
    while any(sender.is_alive() for sender in senders):
        assert server.client.get("/livez").status_code == 200
        answered += 1
    assert answered > len(senders)


def test_an_operation_without_pictures_takes_a_megabyte(server: Server, keys: Keys) -> None:
    room = b" " * (1_000_000 - len(b'{"groupId":"a"}'))
    read = post(server, keys, "/groups", b'{"groupId":"a"' + room + b"}")
    assert read.json()["header"]["isSuccessful"]
    refused = post(server, keys, "/groups", b'{"groupId":"a"' + room + b" }")
    assert refused.status_code == 413
    assert refused.json()["header"]["resultCode"] == -41300
    assert refused.headers["X-Error-Detail"] == "The request body is longer than 1,000,000 bytes."


def test_base64_with_a_space_after_each_letter_is_read(server: Server, keys: Keys) -> None:
    spaced = b" ".join(bytes([letter]) for letter in base64.b64encode(PICTURE))
    answer = post(server, keys, "/faces/detect", b'{"image":{"bytes":"' + spaced + b'"}}')
    assert answer.json()["data"]["faceDetailCount"] == 1


@pytest.mark.parametrize(
    "body",
    [
        b'{"image":{"bytes":"AAAA"},"image":{"bytes":"AAAA"}}',
        b'{"image":{"bytes":"AAAA","bytes":"BBBB"}}',
        b'{"image":{"bytes":"AAAA","\\u0062ytes":"BBBB"}}',
        b'{"image":{"bytes":"' + b"A" * 5_000 + b'","bytes":"' + b"A" * 5_000 + b'"}}',
        b'{"image":{"bytes":"' + b'\\"' * 5_000 + b'"},"image":{}}',
    ],
)
def test_a_name_that_an_object_has_twice_is_refused(body: bytes, server: Server, keys: Keys) -> None:
    assert_refused(post(server, keys, "/faces/detect", body), "is given more than once")


def test_two_long_values_that_are_alike_are_two_values(server: Server, keys: Keys) -> None:
    picture = base64.b64encode(PICTURE)
    body = b'{"sourceImage":{"bytes":"%b"},"targetImage":{"bytes":"%b"}}' % (picture, picture)
    assert post(server, keys, "/faces/compare", body).json()["data"]["matchedFaceDetailCount"] == 1
