"""User access keys in the console: made and shown once, limited, given new secrets, revoked."""

from __future__ import annotations

import re
from uuid import uuid4

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from harness.console.browser import signed_in
from harness.console.person import Person
from harness.servers import AccessKey, Keys, Server


@pytest.fixture
def desk(context: BrowserContext, administrator: Person) -> Page:
    return signed_in(context, administrator)


@pytest.fixture(scope="module")
def keys(server: Server) -> Keys:
    return server.create_app(f"app-{uuid4().hex[:8]}")


def shown(page: Page) -> AccessKey:
    return AccessKey(*(page.locator(f"#key-{name}").input_value() for name in ("id", "secret")))


def code(server: Server, keys: Keys, token: str) -> int:
    headers = {"x-nhn-authorization": f"Bearer {token}"}
    answer = server.client.get(f"/v2.1/appkeys/{keys.appKey}/groups?limit=1", headers=headers)
    found: int = answer.json()["header"]["resultCode"]
    return found


def number_of(person: Person, name: str) -> str:
    """The key's number, by its button."""
    page = person.get("/access-keys").text
    [number] = re.findall(rf'access-keys/(\d+)/revoke" data-about="{re.escape(name)}"', page)
    return str(number)


def test_a_key_is_made_for_an_app_and_shown_once(desk: Page, server: Server, keys: Keys) -> None:
    name = f"Turnstile <b>{uuid4().hex[:6]}</b> & co"
    desk.goto("/console/apps")
    desk.get_by_role("link", name="User access keys").click()
    desk.get_by_role("button", name="New user access key").first.click()
    dialog = desk.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill(name)
    dialog.get_by_label("Only these").check()
    dialog.get_by_label(keys.name).check()
    dialog.get_by_role("button", name="Create").click()
    expect(desk.get_by_role("heading", name=f"The secret of {name}")).to_be_visible()
    key = shown(desk)
    other = server.create_app(f"other-{uuid4().hex[:6]}")
    token = server.new_token(key)
    assert (code(server, keys, token), code(server, other, token)) == (0, -41007)
    desk.reload()
    expect(desk.get_by_role("row").filter(has_text=name)).to_contain_text(keys.name)
    assert key.secret not in desk.content()


def test_a_key_is_limited_rotated_and_revoked(desk: Page, server: Server, keys: Keys) -> None:
    name = f"key-{uuid4().hex[:8]}"
    key = server.create_access_key(name)
    token = server.new_token(key)
    desk.goto("/console/access-keys")
    desk.get_by_role("button", name=f"New secret for {name}").click()
    desk.get_by_role("dialog").get_by_role("button", name="Create new secret").click()
    new = shown(desk)
    assert new.id == key.id
    assert server.new_token(new)
    assert server.new_token(key)
    expect(desk.get_by_role("row").filter(has_text=name)).to_contain_text("old secret until")
    desk.get_by_role("button", name=f"Limit {name}").click()
    dialog = desk.get_by_role("dialog")
    dialog.get_by_label("Only these").check()
    dialog.get_by_label("default").check()
    dialog.get_by_role("button", name="Save").click()
    expect(desk.get_by_role("status").filter(has_text="The user access key was changed.")).to_be_visible()
    assert code(server, keys, token) == -41007
    desk.get_by_role("button", name=f"Revoke {name}").click()
    desk.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(desk.get_by_role("status").filter(has_text="The user access key was revoked.")).to_be_visible()
    assert code(server, keys, token) == -41006
    with pytest.raises(httpx.HTTPStatusError):
        server.new_token(new)


def test_a_secret_without_an_overlap_ends_tokens(administrator: Person, server: Server, keys: Keys) -> None:
    name = f"key-{uuid4().hex[:8]}"
    token = server.new_token(server.create_access_key(name))
    path = f"/access-keys/{number_of(administrator, name)}/secret"
    for wrong in ("", "-1", "nan", "87601", "soon"):
        assert administrator.post(path, overlap=wrong).status_code == 422
    assert code(server, keys, token) == 0
    assert administrator.post(path, overlap="0").status_code == 303
    assert code(server, keys, token) == -41006


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"name": ""}, 422),
        ({"name": "x" * 101}, 422),
        ({"lifetime": "59"}, 422),
        ({"lifetime": "86401"}, 422),
        ({"lifetime": "soon"}, 422),
        ({"lifetime": ""}, 422),
        ({"reach": "some"}, 422),
        ({"reach": "some", "app_999": "on"}, 422),
        ({"reach": "none"}, 422),
    ],
)
def test_what_no_key_can_be_is_refused(administrator: Person, change: dict[str, str], status: int) -> None:
    fields = {"name": "never made", "reach": "all", "lifetime": "600", **change}
    assert administrator.post("/access-keys", **fields).status_code == status
    assert "<td>600 s</td>" not in administrator.get("/access-keys").text


def test_a_key_that_is_not_there_is_not_found(administrator: Person) -> None:
    for path, fields in (
        ("/access-keys/999/revoke", {}),
        ("/access-keys/x/revoke", {}),
        ("/access-keys/999/limits", {"reach": "all", "lifetime": "60"}),
        ("/access-keys/999/secret", {"overlap": "1"}),
    ):
        assert administrator.post(path, **fields).status_code == 404


def test_anybody_can_use_the_page(desk: Page, server: Server) -> None:
    server.create_access_key(f"key-{uuid4().hex[:8]}")
    desk.goto("/console/access-keys")
    assert Axe().run(desk).response["violations"] == []
