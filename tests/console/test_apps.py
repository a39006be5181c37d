"""Apps and keys: made and shown once, rotated with an overlap, revoked, limited, deleted."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from harness.console.browser import signed_in
from harness.console.person import Crowd, Person
from harness.servers import Keys, Server
from visavis.identities import KeyKind


@pytest.fixture
def desk(context: BrowserContext, administrator: Person) -> Page:
    """A page of an administrator's browser."""
    return signed_in(context, administrator)


@pytest.fixture
def keys(server: Server) -> Keys:
    """A new app's."""
    return server.create_app(f"app-{uuid4().hex[:8]}")


def path_of(person: Person, name: str) -> str:
    """Of the app's page."""
    [number] = re.findall(rf'/apps/(\d+)">{re.escape(name)}</a>', person.get("/apps").text)
    return f"/apps/{number}"


def works(server: Server, keys: Keys, version: str = "v2") -> bool:
    with server.v2(keys) as client:
        root = "" if version == "v2" else f"{server.url}/nhn-face-reco/v1.0/appkeys/{keys.appKey}"
        path = f"{root}/groups?limit=1"
        return bool(client.get(path).json()["header"]["isSuccessful"])


def shown(page: Page) -> Keys:
    """The keys that the page shows."""
    kinds = ("appKey", "secretKey", "apiKey")
    return Keys("", *(page.locator(f"#key-{kind}").input_value() for kind in kinds))


def test_an_app_is_made_and_its_keys_are_shown_once(desk: Page, server: Server) -> None:
    name = f"Door <b>{uuid4().hex[:6]}</b> & co"
    desk.goto("/console/apps")
    desk.get_by_role("button", name="New app").click()
    desk.get_by_role("button", name="Create", exact=True).click()
    field = desk.get_by_label("Name")
    expect(field).to_be_focused()
    expect(field).to_have_accessible_description(re.compile("^Fill this in. "))
    expect(desk.locator(".error")).to_have_count(1)
    field.fill(name)
    expect(desk.locator(".error")).to_have_count(0)
    desk.get_by_role("button", name="Create", exact=True).click()
    expect(desk.get_by_role("heading", name=name)).to_be_visible()
    expect(desk).to_have_title(f"Apps and keys · {name} · Visavis")
    keys = shown(desk)
    assert works(server, keys)
    desk.reload()
    expect(desk.get_by_role("heading", name=name)).to_be_visible()
    expect(desk.get_by_text("They are shown only once.")).to_have_count(0)
    assert keys.secretKey not in desk.content()


def test_a_key_is_copied_with_a_click(desk: Page, keys: Keys, administrator: Person) -> None:
    desk.context.grant_permissions(["clipboard-read", "clipboard-write"])
    desk.goto(f"/console{path_of(administrator, keys.name)}")
    desk.get_by_role("button", name="Rotate keys").click()
    desk.get_by_role("button", name="Create new keys").click()
    desk.get_by_role("button", name="Copy: secretKey").click()
    expect(desk.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    assert desk.evaluate("navigator.clipboard.readText()") == shown(desk).secretKey


def test_keys_are_rotated_with_an_overlap_and_old_ones_revoked(
    desk: Page, server: Server, keys: Keys, administrator: Person
) -> None:
    desk.goto(f"/console{path_of(administrator, keys.name)}")
    desk.get_by_role("button", name="Rotate keys").click()
    desk.get_by_label("Hours that the old keys keep working").fill("1.5")
    desk.get_by_role("button", name="Create new keys").click()
    new = shown(desk)
    assert works(server, keys)
    assert works(server, new)
    expect(desk.get_by_text("until", exact=True)).to_have_count(3)
    row = desk.get_by_role("row").filter(has_text="secretKey").filter(has_text="until")
    row.get_by_role("button").click()
    desk.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(desk.get_by_role("status").filter(has_text="The key was revoked.")).to_be_visible()
    assert not works(server, keys)
    assert works(server, new)


def test_rotating_without_an_overlap_ends_the_old_keys_at_once(
    server: Server, keys: Keys, administrator: Person
) -> None:
    path = path_of(administrator, keys.name)
    for wrong in ("", "-1", "nan", "inf", "87601", "soon"):
        assert administrator.post(f"{path}/keys", overlap=wrong).status_code == 422
    assert works(server, keys)
    assert administrator.post(f"{path}/keys", overlap="0").status_code == 303
    assert not works(server, keys)


def test_loading_the_page_of_new_keys_anew_makes_no_others(
    server: Server, keys: Keys, administrator: Person, crowd: Crowd
) -> None:
    path = path_of(administrator, keys.name)
    page = administrator.page_after(f"{path}/keys", overlap="24")
    new = Keys(
        "", *(re.findall(rf'id="key-{kind}" class="mono" value="([0-9a-f]+)"', page.text)[0] for kind in KeyKind)
    )
    assert works(server, new)
    assert page.request.method == "GET"
    records = page.text.count("/revoke")
    again = administrator.get(path)
    assert new.secretKey not in again.text
    assert again.text.count("/revoke") == records


def test_new_keys_are_shown_on_their_page_and_to_their_session_alone(
    keys: Keys, administrator: Person, crowd: Crowd
) -> None:
    path = path_of(administrator, keys.name)
    answer = administrator.post(f"{path}/keys", overlap="24")
    assert answer.headers["location"] == f"/console{path}"
    cookie = administrator.client.cookies["visavis-made"]
    assert "shown only once" not in administrator.get("/apps/1").text
    other = crowd.newcomer("administrator")
    other.client.cookies.set("visavis-made", cookie, domain="127.0.0.1", path="/console")
    assert "shown only once" not in other.get(path).text
    assert "shown only once" in administrator.get(path).text
    assert "visavis-made" not in administrator.client.cookies


def test_protocols_are_switched_off_and_on(desk: Page, server: Server, keys: Keys, administrator: Person) -> None:
    path = path_of(administrator, keys.name)
    assert works(server, keys, "v1")
    desk.goto(f"/console{path}")
    desk.get_by_label("Face Recognition v1.0").uncheck()
    desk.get_by_role("region", name="Protocols").get_by_role("button", name="Save").click()
    expect(desk.get_by_label("Face Recognition v1.0")).not_to_be_checked()
    assert not works(server, keys, "v1")
    assert works(server, keys)
    administrator.post(f"{path}/dialects", speaks_v1="on", speaks_v2="on")
    assert works(server, keys, "v1")


def test_a_rate_limit_holds_from_the_next_request_on(server: Server, keys: Keys, administrator: Person) -> None:
    path = path_of(administrator, keys.name)
    for number, period in (("0", "minute"), ("ten", "minute"), ("99999999", "day")):
        answer = administrator.post(f"{path}/rate", rate=number, period=period)
        assert answer.status_code == 422
        assert 'id="rate-error"' in answer.text
    assert administrator.post(f"{path}/rate", rate="10", period="fortnight").status_code == 422
    assert administrator.post(f"{path}/rate", rate="1", period="day").status_code == 303
    assert works(server, keys)
    assert not works(server, keys)
    assert administrator.post(f"{path}/rate", rate="", period="day").status_code == 303
    assert works(server, keys)


def test_an_app_is_deleted_by_whoever_types_its_name(server: Server, keys: Keys, administrator: Person) -> None:
    path = path_of(administrator, keys.name)
    assert administrator.post(f"{path}/delete", confirmation="another").status_code == 422
    assert works(server, keys)
    assert administrator.post(f"{path}/delete", confirmation=keys.name).status_code == 303
    assert not works(server, keys)
    assert administrator.get(path).status_code == 404


@pytest.mark.parametrize("name", ["", " ", "x" * 101, "a\x00b"])
def test_a_name_that_no_app_can_have_is_refused_beside_its_field(administrator: Person, name: str) -> None:
    answer = administrator.post("/apps", name=name)
    assert answer.status_code == 422
    assert 'id="name-error"' in answer.text


def test_a_key_of_another_app_is_not_revoked(server: Server, keys: Keys, administrator: Person) -> None:
    other = server.create_app(f"app-{uuid4().hex[:8]}")
    page = administrator.get(path_of(administrator, other.name)).text
    [key] = re.findall(r"/keys/(\d+)/revoke", page)[:1]
    assert administrator.post(f"{path_of(administrator, keys.name)}/keys/{key}/revoke").status_code == 404
    assert works(server, other)
