"""Several nodes are one service: what one acknowledged, the next request on any other sees."""

from __future__ import annotations

import itertools
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from harness.postgres import Postgres
from harness.servers import visavis
from harness.v2 import code, face_id, neighbours, picture, register
from tests.nodes.cluster import Cluster, running_cluster


def test_what_one_node_registers_or_deletes_every_other_finds_or_misses_at_once(
    clients: list[httpx.Client],
) -> None:
    clients[0].post("/groups", json={"groupId": "shared"})
    first = face_id(register(clients[1], "shared"))
    stored: list[str] = []
    for round_, client in zip(range(9), itertools.cycle(clients), strict=False):
        stored.append(face_id(register(client, "shared")))
        for other in clients:
            assert neighbours(other, "shared", first) == set(stored)
        if round_ % 2:
            gone = stored.pop(0)
            assert code(client.delete(f"/groups/shared/faces/{gone}")) == 0
            for other in clients:
                assert neighbours(other, "shared", first) == set(stored)


def test_a_group_made_anew_has_nothing_of_the_old_one_on_any_node(clients: list[httpx.Client]) -> None:
    for round_ in range(3):
        maker, user, deleter = clients[round_:] + clients[:round_]
        assert code(maker.post("/groups", json={"groupId": "again"})) == 0
        old = face_id(register(user, "again"))
        assert all(neighbours(client, "again", old) == set() for client in clients)
        assert code(deleter.delete("/groups/again")) == 0
        assert code(user.post("/groups", json={"groupId": "again"})) == 0
        new = face_id(register(maker, "again"))
        for client in clients:
            assert neighbours(client, "again", new) == set()
            assert code(client.get(f"/groups/again/faces/{old}/search?limit=1&threshold=1")) == -40050
        assert code(maker.delete("/groups/again")) == 0


def test_a_page_token_of_one_node_works_on_the_others(clients: list[httpx.Client]) -> None:
    names = [f"page-{number}" for number in range(6)]
    for name, client in zip(names, itertools.cycle(clients), strict=False):
        client.post("/groups", json={"groupId": name})
    seen, params = [], {"limit": "1"}
    for client in itertools.cycle(clients):
        data = client.get("/groups", params=params).json()["data"]
        seen += [group["groupId"] for group in data["groups"]]
        if not data["nextToken"]:
            break
        params = {"next-token": data["nextToken"]}
    assert [name for name in seen if name in names] == names
    assert len(set(seen)) == len(seen)


def test_of_many_who_create_one_group_at_once_one_succeeds(clients: list[httpx.Client]) -> None:
    with ThreadPoolExecutor(9) as pool:
        for number in range(4):
            group = {"groupId": f"race-{number}"}
            made = [pool.submit(client.post, "/groups", json=group) for client in clients * 3]
            assert Counter(code(answer.result()) for answer in made) == {0: 1, -40020: 8}


def test_quotas_are_exact_under_160_requests_at_once_over_three_nodes(tmp_path: Path, postgres: Postgres) -> None:
    with running_cluster(tmp_path, postgres, names=()) as cluster:
        for name in ("node-a", "node-b", "node-c"):
            (tmp_path / name).mkdir()
            cluster.start(name, {"QUOTA__FACES_PER_GROUP": "100", "WORK__IMAGE_QUEUE": "200"})
        keys = cluster.create_app("app")
        with ThreadPoolExecutor(160) as pool:
            nodes = [node.v2(keys) for node in cluster.nodes.values()]
            nodes[0].post("/groups", json={"groupId": "full"})
            answers = list(pool.map(lambda number: code(register(nodes[number % 3], "full")), range(160)))
            assert Counter(answers) == {0: 100, -40070: 60}
            for node in nodes:
                assert node.get("/groups/full").json()["data"]["faceCount"] == 100
                node.close()


def test_new_keys_and_retired_ones_are_known_to_every_node_at_once(cluster: Cluster) -> None:
    operator = str(cluster.folder / "operator")
    made = cluster.create_app("rotating")
    for node in cluster.nodes.values():
        with node.v2(made) as client:
            assert code(client.get("/groups?limit=1")) == 0
    visavis("app", "rotate", "rotating", "--overlap-hours", "0", "--data-dir", operator, settings=cluster.settings)
    for node in cluster.nodes.values():
        with node.v2(made) as client:
            assert code(client.get("/groups?limit=1")) == -41005


def test_a_node_with_another_master_key_does_not_start(cluster: Cluster) -> None:
    settings = {**cluster.settings, "MASTER_KEY": "A" * 43 + "="}
    refused = visavis(
        "app", "list", "--data-dir", str(cluster.folder / "stranger"), check=False, settings=settings
    )
    assert refused.returncode == 1
    assert "master key given is not the one" in " ".join(refused.stderr.split())


def test_a_search_by_image_answers_the_same_on_every_node(clients: list[httpx.Client]) -> None:
    clients[0].post("/groups", json={"groupId": "images"})
    face_id(register(clients[1], "images", "ines-portrait"))
    face_id(register(clients[2], "images", "omar-selfie"))
    answers = [
        client.post(
            "/groups/images/faces/search",
            files={"imageFile": picture("ines-selfie")},
            data={"limit": "10", "threshold": "90"},
        ).json()
        for client in clients
    ]
    assert len(answers[0]["data"]["matchFaces"]) == 1
    assert answers == [answers[0]] * 3
