"""Two server processes on one data directory are one service."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from harness.servers import running_server
from tests.e2e.conftest import sample


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, httpx.Client]]:
    folder: Path = tmp_path_factory.mktemp("pair")
    with running_server(folder, log="a.log") as a, running_server(folder, log="b.log") as b:
        keys = a.create_app("both")
        with a.v2(keys) as client_a, b.v2(keys) as client_b:
            yield client_a, client_b


def register(client: httpx.Client, group: str, picture: str) -> str:
    answer = client.post(
        f"/groups/{group}/faces", files={"imageFile": sample(picture)}, data={"limit": "1"}
    ).json()
    return str(answer["data"]["addedFaces"][0]["faceId"])


def search(client: httpx.Client, group: str, picture: str) -> list[str]:
    answer = client.post(
        f"/groups/{group}/faces/search",
        files={"imageFile": sample(picture)},
        data={"limit": "100", "threshold": "90"},
    ).json()
    return [match["face"]["faceId"] for match in answer["data"]["matchFaces"]]


def test_what_one_registers_or_deletes_the_other_finds_or_misses_at_once(
    pair: tuple[httpx.Client, httpx.Client],
) -> None:
    a, b = pair
    a.post("/groups", json={"groupId": "shared"})
    face = register(a, "shared", "ines-portrait")
    assert search(b, "shared", "ines-selfie") == [face]
    second = register(b, "shared", "ines-selfie")
    assert search(a, "shared", "ines-selfie") == [second, face]
    b.delete(f"/groups/shared/faces/{face}")
    assert search(a, "shared", "ines-selfie") == [second]


def test_a_group_made_anew_has_nothing_of_the_old_one(pair: tuple[httpx.Client, httpx.Client]) -> None:
    a, b = pair
    a.post("/groups", json={"groupId": "twice"})
    register(a, "twice", "ines-portrait")
    assert search(b, "twice", "ines-selfie")
    a.delete("/groups/twice")
    b.post("/groups", json={"groupId": "twice"})
    assert search(a, "twice", "ines-selfie") == []
    assert search(b, "twice", "ines-selfie") == []
    [omar] = [register(b, "twice", "omar-selfie")]
    assert search(a, "twice", "omar-selfie") == [omar]


def test_a_page_token_of_one_server_works_on_the_other(pair: tuple[httpx.Client, httpx.Client]) -> None:
    a, b = pair
    for name in ("page-a", "page-b"):
        a.post("/groups", json={"groupId": name})
    first = a.get("/groups", params={"limit": 1}).json()["data"]
    rest = b.get("/groups", params={"next-token": first["nextToken"]}).json()
    assert rest["header"]["isSuccessful"]
    assert rest["data"]["groups"][0]["groupId"] > first["groups"][0]["groupId"]
