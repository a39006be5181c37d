"""What the server writes down holds neither the token nor any key."""

from __future__ import annotations

from harness.servers import Keys

from .client import TOKEN, AdminClient


def test_neither_token_nor_keys_are_in_the_log(admin: AdminClient, keys: Keys) -> None:
    new = Keys(**admin.answer("POST", f"/apps/{keys.name}/keys", json={}))
    admin.ask("POST", "/apps", content=b"{ no JSON")
    admin.ask("GET", f"/apps/{keys.secretKey}")
    admin.ask("PATCH", f"/apps/{keys.secretKey}", json={})
    admin.ask("GET", "/apps", TOKEN[:-1])
    log = admin.server.log.read_text()
    assert "/admin/apps" in log
    assert TOKEN[:-1] not in log
    for app in (keys, new):
        assert not any(key in log for key in (app.appKey, app.secretKey, app.apiKey))
