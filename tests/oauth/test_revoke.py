"""POST /oauth2/token/revoke as RFC 7009 has it, and other ends of tokens."""

from __future__ import annotations

import pytest

from harness.servers import visavis

from .conftest import CREATE, GRANT, INVALID, REVOKE, UNAUTHORIZED, Place
from .test_create import assert_error


def run(place: Place, *arguments: str) -> str:
    """A command beside the server."""
    return visavis(*arguments, "--data-dir", str(place.server.data_dir)).stdout


def test_a_revoked_token_is_gone_at_once_and_others_stay(place: Place) -> None:
    gone, stays = place.token(), place.token()
    assert place.code(gone) == 0
    answer = place.ask(REVOKE, token=gone)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Cache-Control"] == "no-store"
    assert (place.code(gone), place.code(stays)) == (INVALID, 0)


@pytest.mark.parametrize("token", ["unknown", "\u00e9", "x" * 5_000])
def test_a_token_that_is_not_known_is_revoked_with_success(place: Place, token: str) -> None:
    answer = place.ask(REVOKE, token=token, token_type_hint="access_token")
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_token_of_another_key_is_not_revoked(place: Place) -> None:
    other = place.server.create_access_key("another")
    token = place.token()
    assert_error(place.ask(REVOKE, other, token=token), 400, "invalid_grant")
    assert place.code(token) == 0


def test_nobody_revokes_without_the_key(place: Place) -> None:
    token = place.token()
    answer = place.server.client.post(REVOKE, auth=(place.key.id, "wrong"), data={"token": token})
    assert_error(answer, 401, "invalid_client")
    assert place.code(token) == 0


def test_a_token_must_be_given(place: Place) -> None:
    assert_error(place.ask(REVOKE), 400, "invalid_request")
    assert_error(place.ask(REVOKE, token=""), 400, "invalid_request")


def test_revoking_is_on_the_audit_log(place: Place) -> None:
    token = place.token()
    place.ask(REVOKE, token=token)
    [newest, *_] = place.audit("revoke_token")
    assert (newest["user"], newest["detail"]) == ("of the front", "user access key of the front")
    assert token not in str(newest)


def test_a_revoked_key_ends_its_tokens(place: Place) -> None:
    key = place.server.create_access_key("to be revoked")
    token = place.token(key)
    assert place.code(token) == 0
    assert run(place, "access-key", "revoke", "to be revoked") == "Revoked to be revoked.\n"
    assert place.code(token) == INVALID
    assert_error(place.ask(CREATE, key, **GRANT), 401, "invalid_client")
    assert place.audit("revoke_access_key")[0]["detail"] == "user access key to be revoked"


def test_a_key_that_loses_an_app_loses_it_at_once(place: Place) -> None:
    key = place.server.create_access_key("for both", "--app", "front", "--app", "back")
    token = place.token(key)
    assert (place.code(token), place.code(token, place.back)) == (0, 0)
    run(place, "access-key", "set", "for both", "--app", "back")
    assert (place.code(token), place.code(token, place.back)) == (UNAUTHORIZED, 0)
    run(place, "access-key", "set", "for both", "--all-apps")
    assert place.code(token) == 0


def test_a_deleted_app_takes_keys_for_it_alone_along(place: Place) -> None:
    app = place.server.create_app("short-lived")
    key = place.server.create_access_key("for it alone", "--app", "short-lived")
    every = place.server.create_access_key("for every app")
    token, other = place.token(key), place.token(every)
    assert (place.code(token, app), place.code(other, app)) == (0, 0)
    run(place, "app", "delete", "short-lived", "--yes")
    assert (place.code(token, app), place.code(other, app)) == (INVALID, UNAUTHORIZED)
    assert place.code(other) == 0
    assert_error(place.ask(CREATE, key, **GRANT), 401, "invalid_client")


def test_a_rotated_secret_without_overlap_ends_tokens(place: Place) -> None:
    key = place.server.create_access_key("leaked")
    token = place.token(key)
    run(place, "access-key", "rotate", "leaked", "--overlap-hours", "0")
    assert place.code(token) == INVALID
    assert_error(place.ask(CREATE, key, **GRANT), 401, "invalid_client")


def test_a_rotated_secret_with_an_overlap_works_beside_the_new_one(place: Place) -> None:
    key = place.server.create_access_key("changing")
    token = place.token(key)
    run(place, "access-key", "rotate", "changing")
    assert (place.code(token), place.code(place.token(key))) == (0, 0)
