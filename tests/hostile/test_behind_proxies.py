"""The front door behind the proxies that deploy/ shows: nobody speaks for somebody else, keys stay out of logs."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest

from harness.servers import PREFIX, Keys, Server, free_port, running_server
from tests.hostile.talking import PATIENCE_S, exchange, statuses
from tests.hostile.wire import CASES, UPGRADES, Case
from tests.nodes.cluster import HAPROXY, Cluster, running_haproxy, running_nginx

GUESSES = 20
STRANGER = "127.0.0.2"
"""An address of this machine that the files do not name."""


@dataclass(frozen=True)
class Proxy:
    """A running proxy, and the server behind it."""

    port: int
    server: Server
    folder: Path

    def ask(self, path: str, address: str = "127.0.0.1", headers: dict[str, str] | None = None) -> httpx.Response:
        """Over a connection of its own, from one of this machine's addresses.

        HAProxy takes a node for gone that answers no probe within two seconds, which a busy machine may not.
        """
        transport = httpx.HTTPTransport(local_address=address)
        with httpx.Client(transport=transport, base_url=f"http://127.0.0.1:{self.port}", timeout=60) as client:
            while (answer := client.get(path, headers=headers)).status_code == 503:
                pass
            return answer


@pytest.fixture(scope="module")
def trusting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {
        "EDGE__TRUSTED_PROXIES": "127.0.0.1",
        "EDGE__WRONG_KEYS_PER_MINUTE": str(GUESSES),
        "METRICS_TOKEN": "the-token-of-these-metrics",
    }
    with running_server(tmp_path_factory.mktemp("behind"), settings) as server:
        yield server


@pytest.fixture(scope="module")
def keys(trusting: Server) -> Keys:
    return trusting.create_app("behind")


@pytest.fixture(scope="module", params=["nginx", "haproxy"])
def proxy(
    request: pytest.FixtureRequest, trusting: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "haproxy" and HAPROXY is None:
        pytest.skip("HAProxy is not installed: apt install haproxy")
    running = running_nginx if request.param == "nginx" else running_haproxy
    cluster = Cluster(folder, {}, {"node-a": trusting, "node-b": trusting})
    with running(folder, cluster) as url:
        yield Proxy(int(url.rsplit(":", 1)[1]), trusting, folder)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_whoever_comes_next_gets_an_answer_of_their_own(case: Case, proxy: Proxy) -> None:
    """The proxy keeps its connections: what is left of a request on one would be read as the next client's."""
    with closing(socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE_S)) as connection:
        connection.sendall(case.sent)
        connection.shutdown(socket.SHUT_WR)
        connection.recv(65_536)
    assert proxy.ask("/nothing").status_code == 404
    assert proxy.ask("/livez").json() == {"status": "ok"}


@pytest.mark.parametrize("case", UPGRADES, ids=str)
def test_who_asks_for_another_protocol_is_answered_in_this_one(case: Case, proxy: Proxy) -> None:
    assert statuses(exchange(proxy.port, case.sent)) == case.statuses


def test_no_client_chooses_its_address(proxy: Proxy, keys: Keys) -> None:
    """Neither by a header nor by a trailer; another address of the same machine is another client."""

    def guess(number: int) -> tuple[int, ...]:
        address = f"X-Forwarded-For: 198.51.100.{number}\r\n"
        request = (
            f"POST {PREFIX}/{keys.appKey}/faces/detect HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{address}"
            f"Authorization: wrong\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n{address}\r\n"
        )
        return statuses(exchange(proxy.port, request.encode()))

    assert (429,) in [guess(number) for number in range(GUESSES + 2)]
    other = proxy.ask(f"{PREFIX}/{keys.appKey}/groups?limit=1", STRANGER, {"Authorization": keys.secretKey})
    assert other.json()["header"]["isSuccessful"]


@pytest.mark.parametrize("path", ["/admin/apps", "/metrics", "/console/sign-in", "/%61dmin/apps", "/console"])
def test_what_is_for_operators_is_not_there_for_others(path: str, proxy: Proxy) -> None:
    assert proxy.ask(path, STRANGER).status_code == 404
    assert proxy.ask(path).status_code != 404


def test_no_path_gets_into_a_log(proxy: Proxy, tmp_path: Path) -> None:
    for path in ("/marked-path", "/marked-path" + "x" * 40_000, "/marked-path\x7f"):
        with closing(socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE_S)) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            connection.recv(65_536)
    nowhere = httpx.Client(base_url=f"http://127.0.0.1:{free_port()}")
    gone = replace(proxy.server, client=nowhere)
    cluster = Cluster(tmp_path, {}, {"node-a": gone, "node-b": gone})
    running = running_nginx if proxy.folder.name.startswith("nginx") else running_haproxy
    with running(tmp_path, cluster) as url:
        assert httpx.get(f"{url}/marked-path", trust_env=False).status_code in {502, 503}
    time.sleep(0.2)  # what logs are told comes after the answer
    for folder in (proxy.folder, tmp_path):
        for log in folder.glob("*.log"):
            assert "marked-path" not in log.read_text()
