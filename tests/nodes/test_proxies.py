"""The proxies that deploy/ shows: what is about one group goes to one node while it is there, groups spread."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from harness.postgres import Postgres
from harness.servers import Keys
from tests.nodes.cluster import DEPLOY, HAPROXY, Cluster, running_cluster, running_haproxy, running_nginx

V2, V2_1, V1 = "/v2.0/appkeys", "/v2.1/appkeys", "/nhn-face-reco/v1.0/appkeys"
GROUPS = [f"place-{number}" for number in range(24)]
PATIENCE_S = 60


@dataclass
class Proxy:
    """A running proxy and the log in which it names the node of each request, last on the line."""

    client: httpx.Client
    log: Path
    node_of: Callable[[str], str]
    seen: int = field(default=0)

    def node(self, method: str, path: str, headers: dict[str, str] | None = None) -> str:
        """Send a request; which node answered it."""
        self.seen = len(self._lines())
        answer = self.client.request(method, path, headers=headers)
        assert answer.status_code not in {502, 503, 504}, answer.text
        while len(lines := self._lines()) == self.seen:  # the line is written after the answer
            time.sleep(0.005)
        return self.node_of(lines[self.seen])

    def _lines(self) -> list[str]:
        """Those about clients: nginx's log has no others, HAProxy's tells of nodes that come and go, too."""
        return [line for line in self.log.read_text().splitlines() if line.startswith("127.0.0.1 ")]


@pytest.fixture(scope="module")
def cluster(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    with running_cluster(folder, postgres, ("node-a", "node-b")) as cluster:
        yield cluster


@pytest.fixture(scope="module", params=["nginx", "haproxy"])
def proxy(
    request: pytest.FixtureRequest, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "haproxy" and HAPROXY is None:
        pytest.skip("HAProxy is not installed: apt install haproxy")
    running, log = (running_nginx, "nginx.log") if request.param == "nginx" else (running_haproxy, "haproxy.log")
    with running(folder, cluster) as url, httpx.Client(base_url=url, trust_env=False, timeout=60) as client:
        # The address that answered comes after those that did not.
        yield Proxy(client, folder / log, lambda line: line.rsplit(" ", 1)[1])


def test_requests_about_one_group_go_to_one_node_whatever_they_ask(proxy: Proxy) -> None:
    for group in GROUPS[:6]:
        asked = {
            proxy.node("GET", f"{V2}/app/groups/{group}"),
            proxy.node("GET", f"{V2}/app/groups/{group}/faces?limit=10"),
            proxy.node("POST", f"{V2}/app/groups/{group}/faces"),
            proxy.node("POST", f"{V2}/app/groups/{group}/faces/search"),
            proxy.node("GET", f"{V2}/app/groups/{group}/faces/a-face/search?limit=1&threshold=90"),
            proxy.node("DELETE", f"{V2}/app/groups/{group}/faces/a-face"),
            proxy.node("GET", f"{V2_1}/app/groups/{group}"),
            proxy.node("GET", f"{V1}/app/groups/{group}"),
            proxy.node("POST", f"{V1}/app/groups/{group}/search"),
            proxy.node("POST", f"{V1}/app/verify/groups/{group}/faces/a-face"),
        }
        assert len(asked) == 1


def test_groups_spread_over_the_nodes_by_app_and_name(proxy: Proxy) -> None:
    places = {app: [proxy.node("GET", f"{V2}/{app}/groups/{group}") for group in GROUPS] for app in ("x", "y")}
    assert len(set(places["x"])) == len(set(places["y"])) == 2
    assert places["x"] != places["y"]


def test_a_collection_of_search_face_goes_to_one_node_where_its_path_tells_it(proxy: Proxy) -> None:
    def place(method: str, collection: str) -> str:
        path = f"/modules/faces?collectionId={collection}&limit=10&faceId=a-face"
        return proxy.node(method, path, {"x-api-key": "key"})

    listed = {group: place("GET", group) for group in GROUPS}
    assert len(set(listed.values())) == 2
    assert {group: place("DELETE", group) for group in GROUPS[:6]} == {
        group: listed[group] for group in GROUPS[:6]
    }


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"{V2}/app/groups"),
        ("POST", f"{V2}/app/faces/detect"),
        ("POST", "/modules/search"),
        ("POST", "/modules/faces"),
    ],
)
def test_what_tells_no_group_goes_to_every_node(proxy: Proxy, method: str, path: str) -> None:
    assert len({proxy.node(method, path) for _ in range(24)}) == 2


def test_the_groups_of_a_node_that_is_gone_are_answered_by_another_and_come_back(
    proxy: Proxy, cluster: Cluster
) -> None:
    keys = cluster.create_app(f"app-{proxy.log.stem}")
    before = places_of_real_groups(proxy, keys)
    cluster.kill("node-a")
    try:
        during = places_of_real_groups(proxy, keys)
    finally:
        cluster.start("node-a")
    [survivor] = set(during.values())
    assert all(during[group] == place for group, place in before.items() if place == survivor)
    deadline = time.monotonic() + PATIENCE_S
    while (after := places_of_real_groups(proxy, keys)) != before and time.monotonic() < deadline:
        time.sleep(0.2)  # until the proxy has tried the node again
    assert after == before


def places_of_real_groups(proxy: Proxy, keys: Keys) -> dict[str, str]:
    headers = {"Authorization": keys.secretKey}
    return {group: proxy.node("GET", f"{V2}/{keys.appKey}/groups/{group}", headers) for group in GROUPS[:8]}


@pytest.mark.skipif(HAPROXY is None, reason="HAProxy is not installed: apt install haproxy")
def test_haproxy_accepts_the_file_without_a_warning(tmp_path: Path) -> None:
    assert HAPROXY is not None
    config = (DEPLOY / "haproxy.cfg").read_text()
    for name in ("node-a:", "node-b:"):  # no names that only a network of containers can look up
        config = config.replace(name, "127.0.0.1:")
    (tmp_path / "haproxy.cfg").write_text(config)
    done = subprocess.run(  # noqa: S603 - found above
        [HAPROXY, "-c", "-f", str(tmp_path / "haproxy.cfg")], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "[WARNING]" not in done.stdout + done.stderr
