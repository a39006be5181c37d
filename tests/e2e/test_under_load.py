"""The server stays polite while it computes: it answers pings, sheds what it cannot do, finishes what it took."""

import io
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from pathlib import Path
from select import select
from urllib.parse import urlsplit

import httpx
import pytest
from PIL import Image

from harness.servers import PREFIX, Keys, Server, running_server


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


def test_lists_are_answered_while_pictures_are_computed(server: Server, large_picture: bytes) -> None:
    keys = server.create_app("lists")
    with ThreadPoolExecutor(8) as pool, server.v2(keys) as client:
        client.post("/groups", json={"groupId": "staff"})
        requests = [pool.submit(detect, server, keys, large_picture) for _ in range(8)]
        answered_meanwhile = 0
        while not all(request.done() for request in requests):
            assert client.get("/groups", params={"limit": 1}).json()["data"]["groups"]
            answered_meanwhile += 1
    assert answered_meanwhile > 8


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


@pytest.fixture(scope="module")
def small_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One that lets three requests with pictures in: one is computed, two may wait."""
    settings = {"WORK__IMAGE_REQUESTS": "1", "WORK__IMAGE_QUEUE": "2"}
    with running_server(tmp_path_factory.mktemp("small"), settings) as server:
        yield server


def test_who_is_refused_hears_so_before_the_picture_is_sent(small_server: Server) -> None:
    keys = small_server.create_app("refused")
    with ExitStack() as stack:
        connections = [stack.enter_context(announced(small_server, keys)) for _ in range(4)]
        # Their credentials are checked side by side: any of them may be the one that comes too late.
        [refused], _, _ = select(connections, [], [], 60)
        assert refused.recv(100).startswith(b"HTTP/1.1 503 ")


def test_clients_that_hang_up_make_room(small_server: Server, selfie: bytes) -> None:
    keys = small_server.create_app("hanging up")
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(announced(small_server, keys))
        while detect(small_server, keys, selfie).status_code != 503:
            pass  # until all three have been let in
    while detect(small_server, keys, selfie).status_code == 503:
        pass  # until the server has noticed that they are gone


def test_an_app_that_takes_all_room_makes_way_for_another(small_server: Server, selfie: bytes) -> None:
    greedy, modest = small_server.create_app("greedy"), small_server.create_app("modest")
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(announced(small_server, greedy))
        while detect(small_server, greedy, selfie).status_code != 503:
            pass
        assert detect(small_server, modest, selfie).json()["data"]["faceDetailCount"] == 1


def announced(server: Server, keys: Keys) -> socket.socket:
    """A connection whose request has been sent up to its body, and no further."""
    address = urlsplit(server.url)
    connection = socket.create_connection((address.hostname, address.port), timeout=60)
    head = (
        f"POST {PREFIX}/{keys.appKey}/faces/detect HTTP/1.1",
        f"Host: {address.netloc}",
        f"Authorization: {keys.secretKey}",
        "Content-Type: application/json",
        "Content-Length: 4000000",
    )
    connection.sendall(("\r\n".join(head) + "\r\n\r\n").encode())
    return connection


def test_a_server_told_to_stop_finishes_what_it_accepted(tmp_path: Path, large_picture: bytes) -> None:
    with running_server(tmp_path) as server, ThreadPoolExecutor(6) as pool:
        keys = server.create_app("stopping")
        requests = [pool.submit(detect, server, keys, large_picture) for _ in range(6)]
        wait(requests, return_when="FIRST_COMPLETED")
        server.process.send_signal(signal.SIGTERM)
        assert [request.result().json()["data"]["faceDetailCount"] for request in requests] == [1] * 6
        assert server.process.wait(timeout=60) == 0
