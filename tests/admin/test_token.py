"""Whoever has the token is the operator; without a token in the settings nobody is."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.servers import Keys, running_server, visavis

from .client import TOKEN, AdminClient, assert_refused

REQUESTS = [
    ("GET", "/apps"),
    ("POST", "/apps"),
    ("PATCH", "/apps/an-app"),
    ("DELETE", "/apps/an-app"),
    ("POST", "/apps/an-app/keys"),
    ("GET", "/apps/an-app/keys"),
    ("DELETE", "/apps/an-app/keys/1"),
    ("GET", "/apps/an-app/groups/a-group"),
    ("PATCH", "/apps/an-app/groups/a-group"),
]

each_request = pytest.mark.parametrize(("method", "path"), REQUESTS)


@pytest.mark.parametrize("token", [None, "", "x", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), f" {TOKEN}"])
@each_request
def test_without_the_token_nothing_is_told_or_done(
    method: str, path: str, token: str | None, admin: AdminClient
) -> None:
    response = admin.ask(method, path, token, content=b"{ no JSON")
    assert "token" in assert_refused(response, 401)
    assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("header", [TOKEN, f"Basic {TOKEN}", f"Bearer{TOKEN}", f"Bearer  {TOKEN}"])
def test_the_token_is_a_bearer_token(header: str, admin: AdminClient) -> None:
    response = admin.server.client.get("/admin/apps", headers={"Authorization": header})
    assert_refused(response, 401)


def test_an_apps_keys_are_no_admin_token(admin: AdminClient, keys: Keys) -> None:
    for key in (keys.appKey, keys.secretKey, keys.apiKey):
        assert_refused(admin.ask("GET", "/apps", key), 401)


def test_without_a_token_in_the_settings_the_admin_api_is_off(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        closed = AdminClient(server)
        for method, path in REQUESTS:
            for token in (None, "", "None", TOKEN):
                assert_refused(closed.ask(method, path, token), 401)


def test_a_token_that_is_easy_to_guess_is_refused_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VISAVIS_ADMIN_TOKEN", "short-token")
    refused = visavis("serve", "--data-dir", str(tmp_path), check=False)
    assert refused.returncode == 1
    assert "VISAVIS_ADMIN_TOKEN" in refused.stderr
    assert "short-token" not in refused.stdout + refused.stderr
