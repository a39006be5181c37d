"""Guessing keys over the wire: refused at once, in each dialect's own form, and only for those who guess."""

from __future__ import annotations

from uuid import uuid4

import httpx
import pytest

from harness.servers import PREFIX, Keys, Server

from .conftest import ADMIN_TOKEN, Secure

V1 = "/nhn-face-reco/v1.0/appkeys"


def ask(server: Server, address: str, path: str, headers: dict[str, str]) -> httpx.Response:
    """A request that a trusted proxy passes on for somebody at this address."""
    return server.client.get(path, headers={"X-Forwarded-For": address, **headers})


def guess_until_refused(server: Server, address: str, path: str, name: str) -> httpx.Response:
    for number in range(21):
        response = ask(server, address, path, {name: f"guess-{number}"})
        if response.status_code == 429:
            assert number == 20
            return response
    raise AssertionError("nobody was refused")


def assert_says_when(response: httpx.Response) -> None:
    assert 1 <= int(response.headers["Retry-After"]) <= 3
    assert "wrong keys" in response.headers["X-Error-Detail"]


@pytest.mark.parametrize(
    ("address", "path", "name"),
    [
        ("203.0.113.1", f"{PREFIX}/{{appKey}}/groups?limit=1", "Authorization"),
        ("203.0.113.2", f"{V1}/{{appKey}}/groups?limit=1", "x-nhn-apikey"),
    ],
)
def test_nhn_dialects_refuse_in_their_envelope(
    address: str, path: str, name: str, server: Server, keys: Keys
) -> None:
    response = guess_until_refused(server, address, path.format(appKey=keys.appKey), name)
    assert response.json() == {
        "header": {"isSuccessful": False, "resultCode": -42900, "resultMessage": "TooManyRequests"}
    }
    assert_says_when(response)


def test_search_face_refuses_with_the_code_for_all_else(server: Server) -> None:
    path = "/modules/faces?collectionId=c&page=1"
    response = guess_until_refused(server, "203.0.113.3", path, "x-api-key")
    assert response.json() == {"errorCode": 6029, "message": "Fail to get Face list."}
    assert_says_when(response)


def test_app_keys_alone_are_guessed_no_faster(server: Server) -> None:
    codes = [ask(server, "203.0.113.4", f"{V1}/{uuid4().hex}/groups?limit=1", {}).status_code for _ in range(25)]
    assert codes == [200] * 20 + [429] * 5


def test_the_admin_token_is_guessed_no_faster_and_the_operator_gets_in(server: Server) -> None:
    operator = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
    assert ask(server, "203.0.113.5", "/admin/apps", operator).status_code == 200
    response = guess_until_refused(server, "203.0.113.5", "/admin/apps", "Authorization")
    assert response.json()["error"].startswith("Too many attempts")
    assert int(response.headers["Retry-After"]) >= 1
    assert ask(server, "203.0.113.5", "/admin/apps", operator).status_code == 200


def test_the_owner_of_an_attacked_app_gets_in_from_elsewhere(server: Server, keys: Keys) -> None:
    path = f"{PREFIX}/{keys.appKey}/groups?limit=1"
    guess_until_refused(server, "203.0.113.6", path, "Authorization")
    for number in range(100):
        ask(server, f"198.18.3.{number}", path, {"Authorization": "?"})
    assert ask(server, "198.18.3.7", path, {"Authorization": keys.secretKey}).status_code == 429
    answer = ask(server, "198.51.100.1", path, {"Authorization": keys.secretKey})
    assert answer.json()["header"]["isSuccessful"]


def test_all_of_a_64_is_one_address_and_who_has_to_wait_is_in_the_log(server: Server, keys: Keys) -> None:
    path = f"{PREFIX}/{keys.appKey}/groups?limit=1"
    codes = [ask(server, f"2001:db8::{n:x}", path, {"Authorization": "?"}).status_code for n in range(21)]
    assert codes == [200] * 20 + [429]
    assert "Too many wrong keys from 2001:db8::/64: it has to wait." in server.log.read_text()


def test_what_a_client_writes_into_the_header_of_the_proxy_is_ignored(server: Server) -> None:
    """The proxy appends; the last address that is no proxy counts."""
    path = f"{V1}/nobody/groups?limit=1"
    codes = [ask(server, f"9.9.9.{n}, 203.0.113.7, 10.0.0.9", path, {}).status_code for n in range(21)]
    assert codes[-1] == 429


def test_a_proxy_that_is_not_trusted_is_not_believed(secure: Secure) -> None:
    with secure.client() as client:
        for number in range(25):
            client.get(f"{V1}/nobody/groups?limit=1", headers={"X-Forwarded-For": f"9.9.9.{number}"})
    assert "9.9.9." not in secure.log.read_text()
    with secure.client() as client:
        answer = client.get("/livez", headers={"X-Forwarded-Proto": "http"})
        assert "Strict-Transport-Security" in answer.headers
