"""Behind a path of a proxy the operations, the documents and the console work, and lead nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest

from harness.servers import Server, running_server

from .conftest import Secure, new_app

SEEN = "/face"


@pytest.fixture(scope="module")
def prefixed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("prefix"), {"ROOT_PATH": "/a/b"}) as server:
        yield server


def seen(server: Server, path: str) -> httpx.Response:
    """Asked for by a trusted proxy that says where clients see the server."""
    return server.client.get(path, headers={"X-Forwarded-Prefix": SEEN})


@pytest.mark.parametrize("cut", ["", SEEN], ids=["the proxy takes the prefix away", "and leaves it"])
def test_the_console_leads_to_paths_below_the_prefix(cut: str, server: Server) -> None:
    assert seen(server, f"{cut}/console/").headers["Location"].startswith(f"{SEEN}/console/")
    server.client.cookies.clear()
    page = seen(server, f"{cut}/console/setup")
    led = re.findall(r'(?:href|src|action)="(/[^"]*)"', page.text)
    assert led
    assert all(path.startswith(f"{SEEN}/console/") for path in led)
    assert f"Path={SEEN}/console" in page.headers["Set-Cookie"]
    [style, *_] = [path for path in led if path.endswith(".css")]
    assert seen(server, cut + style.removeprefix(SEEN)).headers["Content-Type"].startswith("text/css")


def test_operations_and_documents_work_below_the_prefix(server: Server) -> None:
    keys = new_app(server)
    listed = server.client.get(
        f"{SEEN}/v2.0/appkeys/{keys.appKey}/groups?limit=1",
        headers={"X-Forwarded-Prefix": SEEN, "Authorization": keys.secretKey},
    )
    assert listed.json()["header"]["isSuccessful"]
    for path in ("/docs", "/docs/v2", "/openapi/v2.json", "/livez", "/docs/assets/page.css"):
        assert seen(server, SEEN + path).status_code == 200
        assert not re.findall(r'(?:href|src)="/', seen(server, SEEN + path).text)
    assert seen(server, f"{SEEN}/nothing").status_code == 404


def test_logs_name_the_route_without_the_prefix(server: Server) -> None:
    name = "of-the-prefix"
    server.client.get(f"{SEEN}/admin/apps", headers={"X-Forwarded-Prefix": SEEN, "X-Request-Id": name})
    while not re.search(rf"GET /admin/apps 40\d \d+ ms {name}", server.log.read_text()):
        pass


def test_the_setting_does_it_for_every_proxy(prefixed: Server) -> None:
    for path in ("/console/", "/a/b/console/"):
        assert prefixed.client.get(path).headers["Location"].startswith("/a/b/console/")
    assert prefixed.client.get("/a/b/livez").status_code == 200


@pytest.mark.parametrize("prefix", ["//evil.example", "/a b", "/a?b", "a", "/", '/"><script>', "/a\\b", "/..//"])
def test_a_prefix_that_is_no_path_is_ignored(prefix: str, server: Server) -> None:
    answer = server.client.get("/console/", headers={"X-Forwarded-Prefix": prefix})
    assert answer.headers["Location"].startswith("/console/")


def test_nobody_but_a_trusted_proxy_says_where_the_server_is_seen(secure: Secure) -> None:
    with secure.client() as client:
        answer = client.get("/console/", headers={"X-Forwarded-Prefix": SEEN})
        assert answer.headers["Location"].startswith("/console/")
