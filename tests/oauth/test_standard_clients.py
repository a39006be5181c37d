"""OAuth 2.0 clients that know nothing of us get tokens, use and revoke them: Authlib, Java's HttpClient, curl."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from .conftest import CREATE, INVALID, REVOKE, Place

authlib = pytest.importorskip("authlib.integrations.requests_client")


def _session(client_id: str, client_secret: str, **options: str) -> Any:
    """Authlib's client, which would else look for proxies in the environment."""
    session = authlib.OAuth2Session(client_id, client_secret, **options)
    session.trust_env = False
    return session


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_authlib_gets_uses_and_revokes_a_token(place: Place, method: str) -> None:
    with _session(
        place.key.id,
        place.key.secret,
        token_endpoint=f"{place.server.url}{CREATE}",
        grant_type="client_credentials",
        token_endpoint_auth_method=method,
        revocation_endpoint_auth_method=method,
    ) as client:
        token = client.fetch_token()
        assert token["token_type"] == "Bearer"
        assert token["expires_in"] == 86_400
        assert place.code(token["access_token"]) == 0
        revoked = client.revoke_token(f"{place.server.url}{REVOKE}", token=token["access_token"])
        assert (revoked.status_code, revoked.content) == (200, b"")
        assert place.code(token["access_token"]) == INVALID


def test_authlib_renews_a_token_that_has_expired_by_itself(place: Place) -> None:
    with _session(
        place.key.id,
        place.key.secret,
        token_endpoint=f"{place.server.url}{CREATE}",
        grant_type="client_credentials",
    ) as client:
        client.token = {"access_token": "old", "token_type": "Bearer", "expires_at": 1}
        client.get(f"{place.server.url}/livez")
        assert client.token["access_token"] != "old"
        assert place.code(client.token["access_token"]) == 0


@pytest.mark.parametrize(
    ("field", "error"), [("client_id", "invalid_client"), ("client_secret", "invalid_client")]
)
def test_authlib_says_what_was_wrong(place: Place, field: str, error: str) -> None:
    key = {"client_id": place.key.id, "client_secret": place.key.secret, field: "wrong"}
    with (
        _session(**key) as client,
        pytest.raises(authlib.OAuthError, match=error),
    ):
        client.fetch_token(f"{place.server.url}{CREATE}", grant_type="client_credentials")


@pytest.mark.skipif(shutil.which("java") is None, reason="there is no JDK")
def test_a_java_http_client_as_it_comes_gets_uses_and_revokes_a_token(place: Place) -> None:
    program = Path(__file__).with_name("Tokens.java")
    command = ["java", str(program), place.server.url, place.key.id, place.key.secret, place.front.appKey]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)  # noqa: S603
    made, revoked, again = ran.stdout.splitlines()
    assert json.loads(made)["header"] == {"isSuccessful": True, "resultCode": 0, "resultMessage": "Success"}
    assert revoked == "revoked:"
    assert json.loads(again)["header"]["resultCode"] == INVALID


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_gets_a_token_as_the_vendors_guide_types_it(place: Place) -> None:
    pair = f"{place.key.id}:{place.key.secret}"
    command = ["curl", "-sS", "--noproxy", "*", "-X", "POST", f"{place.server.url}{CREATE}", "-u", pair]
    kind = "Content-Type: application/x-www-form-urlencoded"
    command += ["-H", kind, "-d", "grant_type=client_credentials"]
    answer = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)  # noqa: S603
    assert place.code(answer["access_token"]) == 0
