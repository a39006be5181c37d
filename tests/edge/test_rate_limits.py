"""An app may be given a limit, which it meets in its own dialect's form."""

from __future__ import annotations

import httpx
import pytest

from harness.servers import Keys, Server, visavis

from .conftest import OPERATOR, new_app


def limit(server: Server, keys: Keys, rate: str) -> httpx.Response:
    return server.client.patch(f"/admin/apps/{keys.name}", json={"rate_limit": rate}, headers=OPERATOR)


def test_an_app_has_no_limit_unless_it_is_given_one(server: Server, keys: Keys) -> None:
    with server.v2(keys) as client:
        answers = [client.get("/groups", params={"limit": 1}) for _ in range(60)]
    assert {answer.status_code for answer in answers} == {200}


def test_requests_beyond_the_limit_are_answered_429_until_it_is_lifted(server: Server, keys: Keys) -> None:
    assert limit(server, keys, "3/day").json()["rate_limit"] == "3/day"
    with server.v2(keys) as client:
        answers = [client.get("/groups", params={"limit": 1}) for _ in range(5)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
        assert answers[3].json()["header"] == {
            "isSuccessful": False,
            "resultCode": -42900,
            "resultMessage": "TooManyRequests",
        }
        assert 1 <= int(answers[3].headers["Retry-After"]) <= 2 * 86_400
        assert answers[3].headers["X-Error-Detail"] == "The app has used up its limit of 3 requests a day."
        api_key = {"x-api-key": keys.apiKey}
        other = server.client.get("/modules/faces?collectionId=c&page=1", headers=api_key)
        assert (other.status_code, other.json()["errorCode"]) == (429, 6029)
        assert limit(server, keys, "off").json()["rate_limit"] == "off"
        assert client.get("/groups", params={"limit": 1}).status_code == 200


def test_wrong_keys_do_not_use_up_what_an_app_may_send(server: Server, keys: Keys) -> None:
    limit(server, keys, "1/day")
    with server.v2(keys) as client:
        for _ in range(5):
            client.get("/groups", params={"limit": 1}, headers={"Authorization": "wrong"})
        assert client.get("/groups", params={"limit": 1}).json()["header"]["isSuccessful"]


def test_another_app_has_a_count_of_its_own(server: Server, keys: Keys) -> None:
    neighbour = new_app(server)
    for each in (keys, neighbour):
        limit(server, each, "1/day")
    for each in (keys, neighbour):
        with server.v2(each) as client:
            assert client.get("/groups", params={"limit": 1}).status_code == 200


def test_the_command_sets_a_limit_beside_a_running_server_and_lists_it(server: Server, keys: Keys) -> None:
    data_dir = ["--data-dir", str(server.data_dir)]
    told = visavis("app", "set", keys.name, "--rate-limit", "2/hour", *data_dir).stdout
    assert told == f"{keys.name}: off none; rate limit 2/hour\n"
    assert '"rate_limit": "2/hour"' in visavis("app", "list", "--json", *data_dir).stdout
    with server.v2(keys) as client:
        codes = [client.get("/groups", params={"limit": 1}).status_code for _ in range(3)]
    assert codes == [200, 200, 429]


@pytest.mark.parametrize("rate", ["", "0/minute", "many", "10", "10/week", "-1/day", "1.5/day", "10/minute "])
def test_a_limit_that_is_none_is_refused(rate: str, server: Server, keys: Keys) -> None:
    assert limit(server, keys, rate).status_code == 400
    assert limit(server, keys, "5/day").status_code == 200
