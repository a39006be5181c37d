"""Access tokens on several nodes: good on each of them, and gone on all at once."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from harness.servers import AccessKey, Keys, Server, visavis
from tests.nodes.cluster import Cluster
from visavis.core.access_tokens import LIVE_TOKENS

INVALID, UNAUTHORIZED = -41006, -41007


def command(cluster: Cluster, *arguments: str) -> str:
    where = ("--data-dir", str(cluster.folder / "operator"))
    return visavis(*arguments, *where, settings=cluster.settings).stdout


def made(cluster: Cluster, name: str, *options: str) -> AccessKey:
    return AccessKey(**json.loads(command(cluster, "access-key", "create", name, *options, "--json")))


def codes(cluster: Cluster, keys: Keys, token: str) -> list[int]:
    """What each node says to a request with this token."""
    path = f"/v2.1/appkeys/{keys.appKey}/groups?limit=1"
    headers = {"x-nhn-authorization": f"Bearer {token}"}
    answers = [node.client.get(path, headers=headers) for node in cluster.nodes.values()]
    return [answer.json()["header"]["resultCode"] for answer in answers]


def revoke(node: Server, key: AccessKey, token: str) -> httpx.Response:
    return node.client.post("/oauth2/token/revoke", auth=(key.id, key.secret), data={"token": token})


def test_a_token_of_one_node_is_good_on_all_and_gone_on_all(cluster: Cluster, keys: Keys) -> None:
    first, second, third = cluster.nodes.values()
    key = made(cluster, "of one node")
    token = first.new_token(key)
    assert codes(cluster, keys, token) == [0, 0, 0]
    assert revoke(third, key, token).status_code == 200
    assert codes(cluster, keys, token) == [INVALID] * 3
    assert codes(cluster, keys, second.new_token(key)) == [0, 0, 0]


def test_what_an_operator_does_holds_on_every_node_from_the_next_request_on(cluster: Cluster, keys: Keys) -> None:
    key = made(cluster, "of an operator")
    tokens = [node.new_token(key) for node in cluster.nodes.values()]
    assert [codes(cluster, keys, token) for token in tokens] == [[0, 0, 0]] * 3
    other = cluster.create_app("of nobody else")
    command(cluster, "access-key", "set", "of an operator", "--app", other.name)
    assert [codes(cluster, keys, token) for token in tokens] == [[UNAUTHORIZED] * 3] * 3
    assert codes(cluster, other, tokens[0]) == [0, 0, 0]
    command(cluster, "access-key", "revoke", "of an operator")
    assert [codes(cluster, other, token) for token in tokens] == [[INVALID] * 3] * 3
    for node in cluster.nodes.values():
        with pytest.raises(httpx.HTTPStatusError):
            node.new_token(key)


def test_tokens_that_are_asked_for_everywhere_at_once_are_bounded(cluster: Cluster, keys: Keys) -> None:
    nodes, key = list(cluster.nodes.values()), made(cluster, "of many")
    count = LIVE_TOKENS + 20
    with ThreadPoolExecutor(6) as pool:
        tokens = list(pool.map(lambda number: nodes[number % 3].new_token(key), range(count)))
    assert len(set(tokens)) == count
    live = [token for token in tokens if codes(cluster, keys, token) == [0, 0, 0]]
    assert len(live) == LIVE_TOKENS


def test_a_key_that_is_revoked_while_tokens_are_issued_leaves_none(cluster: Cluster, keys: Keys) -> None:
    nodes, key = list(cluster.nodes.values()), made(cluster, "of a race")

    def issue(number: int) -> httpx.Response:
        form = {"grant_type": "client_credentials"}
        client = nodes[number % 3].client
        return client.post("/oauth2/token/create", auth=(key.id, key.secret), data=form)

    with ThreadPoolExecutor(4) as pool:
        revoked = pool.submit(command, cluster, "access-key", "revoke", "of a race")
        answers = list(pool.map(issue, range(300)))
        revoked.result()
    assert {answer.status_code for answer in answers} <= {200, 401}
    tokens = [answer.json()["access_token"] for answer in answers if answer.is_success]
    assert [token for token in tokens if codes(cluster, keys, token) != [INVALID] * 3] == []
