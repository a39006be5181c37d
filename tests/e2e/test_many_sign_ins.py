"""Sign-ins wait for each other and for nobody else, and not without an end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from harness.console.person import PASSWORD, csrf
from harness.servers import Server, running_server

MANY = 60


@pytest.fixture(scope="module")
def behind_a_proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("sign-ins")
    with running_server(folder, {"EDGE__TRUSTED_PROXIES": "127.0.0.1"}) as server:
        yield server


def browser(server: Server, number: int) -> httpx.Client:
    address = {"X-Forwarded-For": f"198.51.100.{number}"}
    return httpx.Client(base_url=server.url, headers=address, trust_env=False, timeout=120)


def test_a_crowd_that_signs_in_takes_no_thread_from_the_api(behind_a_proxy: Server) -> None:
    keys = behind_a_proxy.create_app("beside")
    browsers = [browser(behind_a_proxy, number) for number in range(MANY)]
    tokens = [csrf(each.get("/console/setup")) for each in browsers]

    def sign_in(number: int) -> int:
        fields = {"csrf": tokens[number], "name": "nobody", "password": PASSWORD, "next": ""}
        return browsers[number].post("/console/sign-in", data=fields).status_code

    with ThreadPoolExecutor(MANY) as pool, behind_a_proxy.v2(keys) as client:
        crowd = [pool.submit(sign_in, number) for number in range(MANY)]
        answered = 0
        while not all(each.done() for each in crowd):
            assert client.get("/groups?limit=1").json()["header"]["isSuccessful"]
            answered += 1
    for each in browsers:
        each.close()
    statuses = Counter(each.result() for each in crowd)
    assert set(statuses) <= {401, 503}  # on a slow machine they come no faster than they are served
    assert statuses[401] >= 2 + 20  # at work, and waiting, when the others came
    assert answered > 3
