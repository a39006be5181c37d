"""After an answer no process has the picture in its memory: not its file, not its Base64 text, not its pixels."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator
from typing import TypeAlias

import httpx
import numpy as np
import psutil
import pytest

from harness.servers import PREFIX, Server, running_server
from tests.conftest import OpenPeoplePicture
from tests.storage.test_deletion_bytes import memory
from visavis.vision.decode import decode
from visavis.vision.detect import first_scale

pytestmark = pytest.mark.slow

Send: TypeAlias = Callable[[httpx.Client, bytes], httpx.Response]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("left")) as server:
        yield server


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[httpx.Client]:
    with server.v2(server.create_app("left")) as client:
        client.post("/groups", json={"groupId": "staff"}).raise_for_status()
        yield client


def as_form(client: httpx.Client, data: bytes) -> httpx.Response:
    return client.post("/faces/detect", files={"imageFile": data}, data={"spoofing": "true"})


def as_json(client: httpx.Client, data: bytes) -> httpx.Response:
    image = {"bytes": base64.b64encode(data).decode()}
    return client.post("/faces/detect", json={"image": image, "orientation": True, "mask": True})


def to_register(client: httpx.Client, data: bytes) -> httpx.Response:
    return client.post("/groups/staff/faces", files={"imageFile": data}, data={"limit": "3"})


def refused(client: httpx.Client, data: bytes) -> httpx.Response:
    return client.post("/faces/detect", files={"imageFile": data[:-1000]})


def pieces(data: bytes) -> dict[str, bytes]:
    """Pieces of a picture that nothing else has, as it comes and as it is looked at."""
    text = base64.b64encode(data)
    found = {f"file at {at} tenths": data[len(data) * at // 10 :][:48] for at in (2, 5, 9)}
    found |= {f"text at {at} tenths": text[len(text) * at // 10 :][:64] for at in (2, 5, 9)}
    for pixels in decode(data, first_scale)._levels.values():
        height, width = pixels.shape[:2]
        for row in (height // 3, height // 2):
            part = pixels[row, width // 3 : width // 3 + 24]
            found[f"pixels of row {row}"] = part.tobytes()
            found[f"blue of row {row}"] = part[:, 0].astype(np.float32).tobytes()
    return found


@pytest.mark.parametrize("send", [as_form, as_json, to_register, refused])
def test_no_process_has_the_picture_after_the_answer(
    server: Server, client: httpx.Client, openpeople_picture: OpenPeoplePicture, send: Send
) -> None:
    pictures = [openpeople_picture(name, "amateur_selfie") for name in ("P001", "P002")]
    for each in pictures:
        assert send(client, each).status_code == 200
    sought = {
        f"{name} of picture {number}": piece
        for number, each in enumerate(pictures)
        for name, piece in pieces(each).items()
    }
    main = psutil.Process(server.process.pid)
    processes = [main, *main.children(recursive=True)]
    assert len(processes) >= 3
    for process in processes:
        there = memory(process.pid)
        assert [name for name, piece in sought.items() if piece in there] == []


def test_what_is_sought_would_be_found(server: Server, openpeople_picture: OpenPeoplePicture) -> None:
    """Half of a picture, while the main process waits for the other half."""
    text = base64.b64encode(openpeople_picture("P004", "amateur_selfie"))
    keys = server.create_app("waiting")
    found: list[bool] = []

    def half() -> Iterator[bytes]:
        yield b'{"image": {"bytes": "' + text[: len(text) // 2]
        found.append(eventually(lambda: text[len(text) // 5 :][:64] in memory(server.process.pid)))
        yield text[len(text) // 2 :] + b'"}}'

    with httpx.Client(base_url=server.url, trust_env=False) as client:
        headers = {"Authorization": keys.secretKey, "Content-Type": "application/json"}
        answer = client.post(f"{PREFIX}/{keys.appKey}/faces/detect", content=half(), headers=headers)
    assert answer.json()["header"]["isSuccessful"]
    assert found == [True]


def eventually(condition: Callable[[], bool]) -> bool:
    for _ in range(20):
        if condition():
            return True
        time.sleep(0.2)
    return False
