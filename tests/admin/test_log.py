"""What the server writes down holds neither the token nor any key."""

from __future__ import annotations

from harness.servers import Keys

from .office import TOKEN, Office


def test_neither_token_nor_keys_are_in_the_log(office: Office, keys: Keys) -> None:
    new = Keys(**office.answer("POST", f"/apps/{keys.name}/keys", json={}))
    office.ask("POST", "/apps", content=b"{ no JSON")
    office.ask("GET", f"/apps/{keys.secretKey}")
    office.ask("PATCH", f"/apps/{keys.secretKey}", json={})
    office.ask("GET", "/apps", TOKEN[:-1])
    log = office.server.log.read_text()
    assert "/admin/apps" in log
    assert TOKEN[:-1] not in log
    for app in (keys, new):
        assert not any(key in log for key in (app.appKey, app.secretKey, app.apiKey))
