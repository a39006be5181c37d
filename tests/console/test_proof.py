"""Keys are shown or ended and accounts changed only for somebody who has just given the password, and a code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from harness.console.browser import signed_in
from harness.console.person import Crowd, Person
from harness.servers import running_server
from tests.console.test_second_factor import FACTOR, code, secret_in
from visavis.console.routes import ROUTES

WEBHOOK = "/apps/{app_id}/groups/{group_id}/webhook"
PROVEN = {f"{route.method} {route.path}" for route in ROUTES if route.proven}


@pytest.fixture(scope="module")
def wary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    """People in front of a server that asks every time."""
    settings = {"EDGE__TRUSTED_PROXIES": "127.0.0.1", "CONSOLE__PROOF_MINUTES": "0.000001"}
    with running_server(tmp_path_factory.mktemp("wary"), settings) as server, ExitStack() as stack:
        server.create_app("default")
        yield Crowd(server, stack)


@pytest.fixture(scope="module")
def person(wary: Crowd) -> Person:
    return wary.newcomer("administrator")


def test_what_shows_or_ends_keys_or_changes_accounts_asks_for_proof() -> None:
    assert {
        "POST /apps",
        "POST /apps/{app_id}/keys",
        "POST /apps/{app_id}/keys/{key_id}/revoke",
        "POST /apps/{app_id}/delete",
        f"POST {WEBHOOK}",
        f"POST {WEBHOOK}/secret",
        f"POST {WEBHOOK}/start",
        f"POST {WEBHOOK}/remove",
        "POST /access-keys",
        "POST /access-keys/{number}/limits",
        "POST /access-keys/{number}/secret",
        "POST /access-keys/{number}/revoke",
        "POST /users/invite",
        "POST /users/{user_id}/role",
        "POST /users/{user_id}/password",
        "POST /users/{user_id}/delete",
        "POST /users/{user_id}/apps/{app_id}",
        f"POST {FACTOR}",
        f"POST {FACTOR}/codes",
        f"POST {FACTOR}/remove",
    } == PROVEN


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/apps", {"name": "made without proof"}),
        ("/apps/1/keys", {"overlap": "1"}),
        ("/apps/1/keys/1/revoke", {}),
        ("/apps/1/delete", {"confirmation": "default"}),
        ("/access-keys", {"name": "made without proof", "reach": "all", "lifetime": "60"}),
        ("/access-keys/1/limits", {"reach": "all", "lifetime": "60"}),
        ("/access-keys/1/secret", {"overlap": "1"}),
        ("/access-keys/1/revoke", {}),
        ("/users/invite", {"role": "administrator"}),
        ("/users/1/role", {"role": "member"}),
        ("/users/1/apps/1", {"role": "viewer"}),
        ("/users/1/password", {}),
        ("/users/1/delete", {}),
    ],
)
def test_nothing_is_done_without_the_password_or_with_a_wrong_one(
    wary: Crowd, path: str, fields: dict[str, str]
) -> None:
    person = wary.newcomer("administrator")
    before = person.get("/users").text.count("</tr>")
    asked = person.post(path, **fields)
    assert asked.status_code == 403
    assert "Is it you?" in asked.text
    wrong = person.post(path, **fields, proof_password="not the one at all")
    assert wrong.status_code == 403
    assert "This is not your current password." in wrong.text
    assert "not the one at all" not in wrong.text
    assert person.get("/users").text.count("</tr>") == before
    assert "made without proof" not in person.get("/apps").text + person.get("/access-keys").text
    assert "/keys/1/revoke" in person.get("/apps/1").text


def test_with_the_password_it_goes_on_where_it_was(wary: Crowd, chromium: Browser) -> None:
    person = wary.newcomer("administrator")
    context = chromium.new_context(base_url=person.server.url, locale="en-GB")
    desk = signed_in(context, person)
    desk.goto("/console/users")
    desk.get_by_role("radio", name="Administrator").check()
    desk.get_by_role("button", name="Create link").click()
    expect(desk.get_by_role("heading", name="Is it you?")).to_be_visible()
    assert Axe().run(desk).violations_count == 0
    desk.get_by_label("Password", exact=True).fill(person.password)
    desk.get_by_role("button", name="Continue").click()
    expect(desk.get_by_role("heading", name="A link for a new account: Administrator")).to_be_visible()
    context.close()


def test_who_has_a_second_factor_gives_its_code_too(wary: Crowd) -> None:
    person = wary.newcomer("administrator")
    proof = {"proof_password": person.password}
    secret = secret_in(person.get(FACTOR))
    assert person.post(FACTOR, secret=secret, code=code(secret), **proof).status_code == 303
    without = person.post("/apps", name="with-a-code", **proof)
    assert without.status_code == 403
    assert 'name="proof_code"' in without.text
    answer = person.page_after("/apps", name="with-a-code", **proof, proof_code=code(secret, 1))
    assert "with-a-code" in answer.text


def test_proof_lasts_for_a_while(crowd: Crowd) -> None:
    person = crowd.newcomer("administrator")
    assert person.post("/users/invite", role="administrator").headers["location"] == "/console/users"
