"""v2.1 in the SDK: tokens are got with a user access key, and renewed before they end or when one is refused."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import httpx
import pytest

import harness.servers
from harness.servers import Keys, Server, visavis
from visavis_client import AccessKey, Client, Overloaded, ServerError, Unauthorized
from visavis_client.tokens import TokenAuth


@pytest.fixture(scope="module")
def access_key(server: Server, app: Keys) -> AccessKey:
    return shown(server.create_access_key("of the SDK", "--app", app.name))


def shown(made: harness.servers.AccessKey) -> AccessKey:
    return AccessKey(made.id, made.secret)


@pytest.fixture
def client(kind: type[Client], server: Server, keys: Keys, access_key: AccessKey) -> Iterator[Client]:
    with kind(server.url, keys.appKey, access_key=access_key) as client:
        yield client


def test_every_operation_works_with_a_token(client: Client, openpeople_picture: object) -> None:
    picture = openpeople_picture("P001", "studio_portrait")  # type: ignore[operator]
    client.create_group("staff")
    [added] = client.register("staff", picture, external_image_id="one").added
    assert list(client.groups()) == ["staff"]
    assert client.group("staff").face_count == 1
    assert [face.face_id for face in client.faces("staff")] == [added.face_id]
    assert client.search("staff", picture).matches[0].face.face_id == added.face_id
    assert client.search_by_face_id("staff", added.face_id).matches == ()
    assert client.verify("staff", added.face_id, picture).similarity > 99
    assert client.compare(picture, picture).matched
    assert len(client.detect(picture)) == 1
    client.delete_face("staff", added.face_id)
    client.delete_group("staff")


def test_a_token_that_was_revoked_is_replaced_without_an_error(
    kind: type[Client], server: Server, keys: Keys
) -> None:
    key = server.create_access_key(f"revoking, {kind.__name__}")
    with kind(server.url, keys.appKey, access_key=shown(key)) as client:
        client.create_group("here")
        for _ in range(100):  # one more than are valid at a time: the client's own is the oldest
            server.new_token(key)
        assert list(client.groups()) == ["here"]


def test_a_key_that_was_revoked_is_unauthorized(kind: type[Client], server: Server, keys: Keys) -> None:
    name = f"gone, {kind.__name__}"
    key = shown(server.create_access_key(name))
    with kind(server.url, keys.appKey, access_key=key) as client:
        assert list(client.groups()) == []
        visavis("access-key", "revoke", name, "--data-dir", str(server.data_dir))
        with pytest.raises(Unauthorized, match="invalid_client") as refused:
            client.group("staff")
    assert refused.value.status == 401
    assert refused.value.detail is not None
    assert key.secret not in str(refused.value) + repr(key)


def test_another_apps_key_is_unauthorized_once_tried_anew(
    kind: type[Client], server: Server, access_key: AccessKey
) -> None:
    other = server.create_app(f"another, {kind.__name__}")
    with (
        kind(server.url, other.appKey, access_key=access_key) as client,
        pytest.raises(Unauthorized, match="UnauthorizedToken") as refused,
    ):
        client.group("staff")
    assert refused.value.code == -41007


def test_either_a_secret_key_or_an_access_key(kind: type[Client], access_key: AccessKey) -> None:
    for more in ({}, {"secret_key": "s", "access_key": access_key}):
        with pytest.raises(ValueError, match="give a secret_key"):
            kind("http://127.0.0.1:1", "app", **more)  # type: ignore[arg-type]


@dataclass
class _Bench:
    """An authentication whose clock is set by hand, and a server that is a function."""

    life: int = 100
    now: float = 0.0
    issued: int = 0
    refused: set[str] = field(default_factory=set)

    def send(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            self.issued += 1
            return httpx.Response(200, json={"access_token": f"t{self.issued}", "expires_in": self.life})
        token = request.headers["x-nhn-authorization"].removeprefix("Bearer ")
        code = -41006 if token in self.refused else 0
        return httpx.Response(200, json={"header": {"resultCode": code}, "token": token})

    def auth(self) -> TokenAuth:
        return TokenAuth(AccessKey("id", "secret"), "http://x/token", lambda: self.now)


def asked(client: httpx.Client) -> str:
    answer = client.get("http://x/groups").json()
    return f"{answer['token']} {answer['header']['resultCode']}"


def test_a_token_is_renewed_before_it_ends() -> None:
    bench = _Bench(life=100)
    with httpx.Client(transport=httpx.MockTransport(bench.send), auth=bench.auth()) as client:
        assert asked(client) == "t1 0"
        bench.now = 89.9
        assert asked(client) == "t1 0"
        bench.now = 90
        assert asked(client) == "t2 0"
    bench = _Bench(life=86_400)
    with httpx.Client(transport=httpx.MockTransport(bench.send), auth=bench.auth()) as client:
        assert asked(client) == "t1 0"
        bench.now = 86_339
        assert asked(client) == "t1 0"
        bench.now = 86_340
        assert asked(client) == "t2 0"


def test_a_refused_token_is_renewed_once() -> None:
    bench = _Bench(refused={"t1"})
    with httpx.Client(transport=httpx.MockTransport(bench.send), auth=bench.auth()) as client:
        assert asked(client) == "t2 0"
        bench.refused = {"t2", "t3"}
        assert asked(client) == "t3 -41006"
        assert bench.issued == 3


class _Tokens(BaseHTTPRequestHandler):
    status: ClassVar[int]
    body: ClassVar[bytes]
    seen: ClassVar[list[str]]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.seen.append(self.path)
        self.send_response(self.status)
        self.send_header("Retry-After", "0")
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def token_server(status: int, body: bytes) -> Iterator[tuple[str, list[str]]]:
    seen: list[str] = []
    handler = type("Handler", (_Tokens,), {"status": status, "body": body, "seen": seen})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize(
    ("status", "body", "error", "times"),
    [
        (503, b"", Overloaded, 2),
        (500, b"{}", ServerError, 1),
        (200, b"<html>", ServerError, 1),
        (200, b'{"access_token": "x"}', ServerError, 1),
        (400, b'{"error": "unauthorized_client"}', Unauthorized, 1),
    ],
)
def test_an_answer_without_a_token_is_an_error_of_its_kind(
    kind: type[Client], status: int, body: bytes, error: type[Exception], times: int
) -> None:
    with (
        token_server(status, body) as (url, seen),
        kind(url, "app", access_key=AccessKey("id", "secret", f"{url}/elsewhere"), attempts=2) as client,
        pytest.raises(error),
    ):
        client.group("staff")
    assert seen == ["/elsewhere"] * times
