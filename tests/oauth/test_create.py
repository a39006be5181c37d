"""POST /oauth2/token/create: client credentials as RFC 6749 has them."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from harness.servers import AccessKey, Server

from .conftest import CREATE, GRANT, Place


def assert_error(answer: httpx.Response, status: int, error: str) -> str:
    """As RFC 6749, 5.2 writes it; the sentence."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert body.keys() == {"error", "error_description"}
    assert body["error"] == error
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Type"].partition(";")[0] == "application/json"
    assert answer.headers["X-Error-Detail"] == body["error_description"]
    assert ("WWW-Authenticate" in answer.headers) is (status == 401)
    sentence: str = body["error_description"]
    return sentence


def test_an_answer_has_the_fields_of_the_rfc_and_is_not_kept(place: Place) -> None:
    answer = place.ask(CREATE, **GRANT)
    assert answer.status_code == 200
    body = answer.json()
    assert body.keys() == {"access_token", "token_type", "expires_in"}
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 86_400)
    assert (answer.headers["Cache-Control"], answer.headers["Pragma"]) == ("no-store", "no-cache")
    assert place.code(body["access_token"]) == 0


def test_every_token_is_another_and_all_work(place: Place) -> None:
    tokens = [place.token() for _ in range(3)]
    assert len(set(tokens)) == 3
    assert [place.code(token) for token in tokens] == [0, 0, 0]


def test_id_and_secret_may_be_in_the_form(place: Place) -> None:
    form = {**GRANT, "client_id": place.key.id, "client_secret": place.key.secret}
    answer = place.server.client.post(CREATE, data=form)
    assert answer.status_code == 200
    assert place.code(answer.json()["access_token"]) == 0


def test_the_id_may_stand_in_the_form_beside_basic(place: Place) -> None:
    assert place.ask(CREATE, **GRANT, client_id=place.key.id).status_code == 200


def test_a_lifetime_is_the_keys(place: Place) -> None:
    key = place.server.create_access_key("of a minute", "--lifetime", "60")
    assert place.ask(CREATE, key, **GRANT).json()["expires_in"] == 60


@pytest.mark.parametrize("basic", ["basic", "BASIC", "Basic "])
def test_the_scheme_is_read_in_any_case(place: Place, basic: str) -> None:
    pair = base64.b64encode(f"{place.key.id}:{place.key.secret}".encode()).decode()
    headers = {"Authorization": f"{basic} {pair}"}
    assert place.server.client.post(CREATE, data=GRANT, headers=headers).status_code == 200


def test_a_charset_and_unknown_parameters_are_no_matter(place: Place) -> None:
    key = place.key
    answer = place.server.client.post(
        CREATE,
        auth=(key.id, key.secret),
        content="grant_type=client_credentials&audience=x&scope=",
        headers={"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"},
    )
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "change",
    [{"id": ""}, {"secret": ""}, {"id": "x"}, {"secret": "x"}, {"secret": "\u00e9"}, {"id": "a\0b"}],
)
def test_a_wrong_id_or_secret_is_invalid_client(place: Place, change: dict[str, str]) -> None:
    key = AccessKey(**{"id": place.key.id, "secret": place.key.secret, **change})
    assert_error(place.ask(CREATE, key, **GRANT), 401, "invalid_client")
    form = {**GRANT, "client_id": key.id, "client_secret": key.secret}
    assert_error(place.server.client.post(CREATE, data=form), 401, "invalid_client")


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic !!!!",
        "Basic bm9jb2xvbg==",
        "Basic /w==",
        "Basic YTpi\u00e9",
        "Bearer {secret}",
        "{secret}",
        "Digest a",
    ],
)
def test_a_header_that_is_not_basic_is_invalid_client(place: Place, header: str) -> None:
    sent = {b"Authorization": header.replace("{secret}", place.key.secret).encode("latin-1")}
    assert_error(place.server.client.post(CREATE, data=GRANT, headers=sent), 401, "invalid_client")


def test_no_credentials_are_invalid_client(place: Place) -> None:
    assert_error(place.server.client.post(CREATE, data=GRANT), 401, "invalid_client")


def test_credentials_in_the_address_are_not_read(place: Place) -> None:
    query = {"client_id": place.key.id, "client_secret": place.key.secret, **GRANT}
    answer = place.server.client.post(CREATE, params=query, data=GRANT)
    assert_error(answer, 401, "invalid_client")
    only_there = place.server.client.post(CREATE, params=GRANT, auth=(place.key.id, place.key.secret), data={})
    assert only_there.status_code == 400


def test_two_ways_at_once_are_an_invalid_request(place: Place) -> None:
    answer = place.ask(CREATE, **GRANT, client_id=place.key.id, client_secret=place.key.secret)
    assert "one way" in assert_error(answer, 400, "invalid_request")
    assert_error(place.ask(CREATE, **GRANT, client_id="another"), 400, "invalid_request")


@pytest.mark.parametrize(
    ("grant", "error"),
    [
        ("", "invalid_request"),
        ("password", "unsupported_grant_type"),
        ("authorization_code", "unsupported_grant_type"),
        ("Client_Credentials", "unsupported_grant_type"),
        ("urn:ietf:params:oauth:grant-type:device_code", "unsupported_grant_type"),
    ],
)
def test_another_grant_is_none(place: Place, grant: str, error: str) -> None:
    assert_error(place.ask(CREATE, grant_type=grant), 400, error)


def test_a_scope_is_none_that_there_is(place: Place) -> None:
    assert_error(place.ask(CREATE, **GRANT, scope="faces"), 400, "invalid_scope")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"grant_type=client_credentials&grant_type=client_credentials", "application/x-www-form-urlencoded"),
        (b"grant_type=client_credentials&x=%ff", "application/x-www-form-urlencoded"),
        (b"grant_type=client_credentials&x=\xff", "application/x-www-form-urlencoded"),
        (b"&".join(b"p%d=1" % n for n in range(100)), "application/x-www-form-urlencoded"),
        (b'{"grant_type": "client_credentials"}', "application/json"),
        (b"grant_type=client_credentials", "text/plain"),
        (b"grant_type=client_credentials", "application/x-www-form-urlencoded; charset=utf-16"),
    ],
)
def test_another_body_is_an_invalid_request(place: Place, body: bytes, content_type: str) -> None:
    answer = place.server.client.post(
        CREATE, auth=(place.key.id, place.key.secret), content=body, headers={"Content-Type": content_type}
    )
    assert_error(answer, 400, "invalid_request")


def test_errors_of_http_are_written_likewise(server: Server, place: Place) -> None:
    key = (place.key.id, place.key.secret)
    got = server.client.get(CREATE, auth=key)
    assert_error(got, 405, "invalid_request")
    assert got.headers["Allow"] == "POST"
    assert_error(server.client.post("/oauth2/token", auth=key, data=GRANT), 404, "invalid_request")
    assert_error(server.client.post(CREATE, auth=key, data={"grant_type": "x" * 20_000}), 413, "invalid_request")
    zipped: dict[str, Any] = {"headers": {"Content-Encoding": "gzip"}, "data": GRANT}
    assert_error(server.client.post(CREATE, auth=key, **zipped), 415, "invalid_request")


def test_issuing_is_on_the_audit_log_and_refusals_too(place: Place) -> None:
    token = place.token()
    [newest, *_] = place.audit("issue_token")
    assert (newest["actor"], newest["user"], newest["dialect"]) == ("app", "of the front", "oauth2")
    assert (newest["detail"], newest["result"]) == ("user access key of the front", "ok")
    assert token not in str(newest)
    place.code(token)
    place.ask(CREATE, AccessKey("unknown", "x"), **GRANT)
    assert "oauth2" in {record["dialect"] for record in place.audit("authenticate")}
