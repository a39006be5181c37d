"""The server stays polite while it computes: it answers pings, sheds what it cannot do, finishes what it took."""

import io
import signal
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import httpx
import pytest
from PIL import Image

from tests.server import Keys, Server, running_server


@pytest.fixture(scope="module")
def large_picture(selfie: bytes) -> bytes:
    """Twelve megapixels, which take a while."""
    with Image.open(io.BytesIO(selfie)) as image:
        large = image.resize((3000, 4000))
    buffer = io.BytesIO()
    large.save(buffer, "JPEG", quality=60)
    return buffer.getvalue()


def detect(server: Server, keys: Keys, picture: bytes) -> httpx.Response:
    with server.v2(keys) as client:
        return client.post("/faces/detect", files={"imageFile": picture})


def test_pings_are_answered_while_pictures_are_computed(server: Server, large_picture: bytes) -> None:
    keys = server.create_app("pings")
    with ThreadPoolExecutor(8) as pool:
        requests = [pool.submit(detect, server, keys, large_picture) for _ in range(8)]
        answered_meanwhile = 0
        while not all(request.done() for request in requests):
            assert server.client.get("/livez").json() == {"status": "ok"}
            answered_meanwhile += 1
    assert answered_meanwhile > 8
    assert all(request.result().json()["data"]["faceDetailCount"] == 1 for request in requests)


def test_more_pictures_than_can_wait_are_shed_with_503_in_the_envelope(
    tmp_path: Path, large_picture: bytes
) -> None:
    settings = {"WORK__IMAGE_REQUESTS": "1", "WORK__IMAGE_QUEUE": "1"}
    with running_server(tmp_path, settings) as server, ThreadPoolExecutor(8) as pool:
        keys = server.create_app("shed")
        answers = [pool.submit(detect, server, keys, large_picture) for _ in range(8)]
        by_status: dict[int, list[httpx.Response]] = {}
        for answer in answers:
            by_status.setdefault(answer.result().status_code, []).append(answer.result())
    assert set(by_status) == {200, 503}
    for shed in by_status[503]:
        assert shed.headers["retry-after"] == "1"
        assert shed.headers["x-error-detail"]
        assert shed.json()["header"]["isSuccessful"] is False


def test_a_server_told_to_stop_finishes_what_it_accepted(tmp_path: Path, large_picture: bytes) -> None:
    with running_server(tmp_path) as server, ThreadPoolExecutor(6) as pool:
        keys = server.create_app("stopping")
        requests = [pool.submit(detect, server, keys, large_picture) for _ in range(6)]
        wait(requests, return_when="FIRST_COMPLETED")
        server.process.send_signal(signal.SIGTERM)
        assert [request.result().json()["data"]["faceDetailCount"] for request in requests] == [1] * 6
        assert server.process.wait(timeout=60) == 0
