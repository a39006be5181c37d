"""What a token opens: its key's apps, in v2.1 and in the right header alone."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from harness.servers import AccessKey, running_server
from visavis.storage.store import open_storage

from .conftest import CREATE, GRANT, INVALID, UNAUTHORIZED, Place, code_of


def test_a_token_is_good_for_the_apps_of_its_key(place: Place) -> None:
    token, every = place.token(), place.token(place.server.create_access_key("all"))
    assert (place.code(token), place.code(token, place.back)) == (0, UNAUTHORIZED)
    assert (place.code(every), place.code(every, place.back)) == (0, 0)


@pytest.mark.parametrize("header", ["Authorization", "x-nhn-apikey", "x-api-key"])
def test_a_token_in_another_header_is_missing(place: Place, header: str) -> None:
    assert place.code(place.token(), header=header) == INVALID


def test_a_token_is_no_key_of_the_other_dialects(place: Place) -> None:
    token, client = place.token(), place.server.client
    app_key = place.front.appKey
    for path, header in (
        (f"/v2.0/appkeys/{app_key}/groups?limit=1", "Authorization"),
        (f"/nhn-face-reco/v1.0/appkeys/{app_key}/groups?limit=1", "x-nhn-apikey"),
    ):
        for value in (token, f"Bearer {token}"):
            assert not client.get(path, headers={header: value}).json()["header"]["isSuccessful"]
    answer = client.get("/modules/faces?collectionId=c&page=1", headers={"x-api-key": token})
    assert answer.status_code == 403


def test_keys_are_no_token(place: Place) -> None:
    keys = place.front
    for other in (keys.appKey, keys.secretKey, keys.apiKey, place.key.id, place.key.secret):
        assert place.code(other) == INVALID


@pytest.mark.parametrize("value", ["", "Bearer", "{token}", "Basic {token}", "Bearer {token} x"])
def test_what_is_not_bearer_and_a_token_is_malformed(place: Place, value: str) -> None:
    path = f"/v2.1/appkeys/{place.front.appKey}/groups?limit=1"
    headers = {"x-nhn-authorization": value.replace("{token}", place.token())}
    answer = place.server.client.get(path, headers=headers).json()
    assert answer["header"] == {"isSuccessful": False, "resultCode": INVALID, "resultMessage": "InvalidToken"}


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer  "])
def test_the_scheme_is_read_in_any_case(place: Place, scheme: str) -> None:
    path = f"/v2.1/appkeys/{place.front.appKey}/groups?limit=1"
    answer = place.server.client.get(path, headers={"X-NHN-Authorization": f"{scheme} {place.token()}"})
    assert answer.json()["header"]["resultCode"] == 0


def test_what_a_token_does_is_on_the_audit_log_under_the_name_of_its_key(place: Place) -> None:
    path = f"/v2.1/appkeys/{place.front.appKey}/groups"
    headers = {"x-nhn-authorization": f"Bearer {place.token()}"}
    made = place.server.client.post(path, json={"groupId": "by-a-token"}, headers=headers)
    assert made.json()["header"]["resultCode"] == 0
    [record] = [each for each in place.audit("create_group") if each["group"] == "by-a-token"]
    assert (record["dialect"], record["user"], record["app"]) == ("v2.1", "of the front", "front")


def test_an_expired_token_is_invalid(place: Place) -> None:
    place.server.create_access_key("short", "--lifetime", "60")
    then = datetime.now(UTC) - timedelta(minutes=1)
    with closing(open_storage(place.server.data_dir)) as storage:
        [key] = [key for key in storage.access_keys.list_keys() if key.name == "short"]
        for life in (59, 3_600):
            storage.access_keys.add_token(key, f"for {life} s", then, then + timedelta(seconds=life), keep=9)
    assert (place.code("for 59 s"), place.code("for 3600 s")) == (INVALID, 0)


def test_guessing_waits_and_who_has_a_token_does_not(tmp_path_factory: pytest.TempPathFactory) -> None:
    settings = {"EDGE__WRONG_KEYS_PER_MINUTE": "10"}
    with running_server(tmp_path_factory.mktemp("guessing"), settings) as server:
        keys, key = server.create_app("app"), server.create_access_key("key")
        token = server.new_token(key)
        assert code_of(server, keys, token) == 0
        codes = [code_of(server, keys, f"guess-{number}") for number in range(12)]
        assert codes == [INVALID] * 10 + [-42900] * 2
        assert code_of(server, keys, token) == 0
        wrong = AccessKey(key.id, "wrong")
        answer = server.client.post(CREATE, auth=(wrong.id, wrong.secret), data=GRANT)
        assert (answer.status_code, answer.json()["error"]) == (429, "temporarily_unavailable")
        assert int(answer.headers["Retry-After"]) >= 1
        assert server.new_token(key)


def test_app_keys_are_not_guessed_with_a_token(tmp_path_factory: pytest.TempPathFactory) -> None:
    settings = {"EDGE__WRONG_KEYS_PER_MINUTE": "10"}
    with running_server(tmp_path_factory.mktemp("app-keys"), settings) as server:
        keys, other = server.create_app("app"), server.create_app("other")
        token = server.token_of(keys)
        path = "/v2.1/appkeys/{}/groups?limit=1"
        headers = {"x-nhn-authorization": f"Bearer {token}"}
        known = server.client.get(path.format(other.appKey), headers=headers)
        unknown = server.client.get(path.format("0" * 32), headers=headers)
        assert known.json() == unknown.json()
        assert known.headers["X-Error-Detail"] == unknown.headers["X-Error-Detail"]
        codes = [
            server.client.get(path.format(f"{n:032}"), headers=headers).json()["header"]["resultCode"]
            for n in range(1, 10)
        ]
        assert codes == [UNAUTHORIZED] * 8 + [-42900]
