"""Administrators invite people, change what they may do, and take them away; one administrator always stays."""

from __future__ import annotations

import re
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from harness.console.browser import signed_in
from harness.console.person import PASSWORD, Crowd, Person, csrf
from harness.servers import Server, running_server


@pytest.fixture
def desk(context: BrowserContext, administrator: Person) -> Page:
    """A page of an administrator's browser."""
    page = signed_in(context, administrator)
    page.goto("/console/users")
    return page


def number_of(administrator: Person, person: Person) -> str:
    """The id in the paths about a person."""
    row = administrator.get("/users").text.partition(f">{person.name}</th>")[2]
    return row.partition("/users/")[2].partition("/")[0]


def test_a_person_who_is_invited_opens_an_account_of_the_role(
    desk: Page, chromium: Browser, server: Server
) -> None:
    desk.get_by_role("radio", name="Viewer").check()
    desk.get_by_role("checkbox", name="default").check()
    desk.get_by_role("button", name="Create link").click()
    expect(desk.get_by_role("heading", name="A link for a new account: Viewer in default")).to_be_visible()
    link = desk.get_by_label("Link", exact=True).input_value()
    assert link.startswith(f"{server.url}/console/setup#")

    name = f"invited {uuid4().hex[:8]}"
    page = chromium.new_page(locale="en-GB")
    page.goto(link)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("heading", name=f"Hello, {name}")).to_be_visible()
    expect(page.get_by_role("link", name="Users")).to_have_count(0)
    page.close()
    desk.goto("/console/users")
    expect(desk.get_by_role("row").filter(has_text=name)).to_be_visible()


def test_a_changed_role_holds_from_the_next_click_on(desk: Page, crowd: Crowd) -> None:
    person = crowd.newcomer("viewer")
    assert person.get("/apps/1/analyze").status_code == 403
    desk.reload()
    desk.get_by_label(f"Role of {person.name}", exact=True).select_option("administrator")
    desk.get_by_role("button", name=f"Change the role of {person.name}").click()
    expect(desk.get_by_role("status").filter(has_text="The role was changed.")).to_be_visible()
    assert person.get("/users").status_code == 200


def test_a_deleted_user_is_out_at_once(desk: Page, crowd: Crowd) -> None:
    person = crowd.newcomer("operator")
    desk.reload()
    desk.get_by_role("button", name=f"Delete {person.name}").click()
    desk.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(desk.get_by_role("status").filter(has_text="The user was deleted.")).to_be_visible()
    assert not person.is_in()
    assert crowd.sign_in(person.name, person.password)[1].status_code == 401


def test_a_link_for_a_new_password_changes_nothing_until_it_is_used(desk: Page, crowd: Crowd) -> None:
    person = crowd.newcomer("operator")
    desk.reload()
    desk.get_by_role("button", name=f"Create a link to choose a new password for {person.name}").click()
    expect(desk.get_by_role("heading", name=f"A link to choose a new password: {person.name}")).to_be_visible()
    assert "/console/password#" in desk.get_by_label("Link", exact=True).input_value()
    assert person.is_in()


@pytest.mark.parametrize("role", ["", "owner", "ADMINISTRATOR", "former_operator", "member"])
def test_nobody_is_invited_into_a_role_that_there_is_not(administrator: Person, role: str) -> None:
    assert administrator.post("/users/invite", role=role, app_1="on").status_code == 422


@pytest.mark.parametrize("role", ["", "owner", "viewer", "operator", "door"])
def test_nobody_gets_a_role_on_the_server_that_there_is_not(
    administrator: Person, viewer: Person, role: str
) -> None:
    """Neither one of those that were before there were roles in apps."""
    number = number_of(administrator, viewer)
    assert administrator.post(f"/users/{number}/role", role=role).status_code == 422


def test_the_only_administrator_stays(tmp_path: Path) -> None:
    with running_server(tmp_path) as server, ExitStack() as stack:
        only = Crowd(server, stack).newcomer("administrator")
        for action, fields in (("role", {"role": "member"}), ("delete", {})):
            answer = only.post(f"/users/1/{action}", **fields)
            assert answer.status_code == 409
            assert "There must be at least one administrator" in answer.text
        assert only.get("/users").status_code == 200


def open_invitations(administrator: Person) -> list[str]:
    return re.findall(r"/users/invitations/([0-9a-f]{16})/revoke", administrator.get("/users").text)


@pytest.mark.parametrize("scripts", [True, False])
def test_loading_the_page_with_a_link_anew_makes_no_other_link(
    chromium: Browser, administrator: Person, *, scripts: bool
) -> None:
    context = chromium.new_context(base_url=administrator.server.url, locale="en-GB", java_script_enabled=scripts)
    desk = signed_in(context, administrator)
    desk.goto("/console/users")
    desk.get_by_role("radio", name="Administrator").check()
    desk.get_by_role("button", name="Create link").click()
    expect(desk.get_by_label("Link", exact=True)).to_be_visible()
    before = open_invitations(administrator)
    desk.reload()
    expect(desk.get_by_label("Link", exact=True)).to_have_count(0)
    assert open_invitations(administrator) == before
    context.close()


def test_a_link_is_shown_by_the_next_page_alone_and_not_once_it_is_revoked(administrator: Person) -> None:
    answer = administrator.post("/users/invite", role="viewer", app_1="on")
    secret = answer.cookies["visavis-made"].rpartition("|")[2]
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert secret in administrator.get("/users").text
    assert secret not in administrator.get("/users").text
    before = set(open_invitations(administrator))
    administrator.post("/users/invite", role="viewer", app_1="on")
    kept = administrator.client.cookies.pop("visavis-made")
    [new] = set(open_invitations(administrator)) - before
    assert administrator.post(f"/users/invitations/{new}/revoke").status_code == 303
    administrator.client.cookies.set("visavis-made", kept)
    assert kept.rpartition("|")[2] not in administrator.get("/users").text
    administrator.client.cookies.delete("visavis-made")


def test_an_open_invitation_is_listed_and_opens_nothing_once_it_is_revoked(
    desk: Page, administrator: Person, crowd: Crowd
) -> None:
    desk.get_by_role("radio", name="Viewer").check()
    desk.get_by_role("checkbox", name="default").check()
    desk.get_by_role("button", name="Create link").click()
    code = desk.get_by_label("Link", exact=True).input_value().partition("#")[2]
    before = open_invitations(administrator)
    assert not any(code.startswith(each) for each in before)
    desk.reload()
    row = desk.get_by_role("group", name="Open invitations").get_by_role("row").nth(1)
    expect(row).to_contain_text("A new account: Viewer in default")
    expect(row).to_contain_text(administrator.name)
    row.get_by_role("button", name="Revoke").click()
    expect(desk.get_by_role("status").filter(has_text="The invitation was revoked.")).to_be_visible()
    assert len(open_invitations(administrator)) == len(before) - 1
    client = crowd.browser()
    fields = {"csrf": csrf(client.get("/console/setup")), "code": code, "name": "x", "password": PASSWORD}
    answer = client.post("/console/setup", data=fields)
    assert answer.status_code == 422
    assert "This code is wrong, has been used, or has expired." in answer.text


def test_an_invitation_that_is_not_there_cannot_be_revoked(administrator: Person) -> None:
    assert administrator.post(f"/users/invitations/{'0' * 16}/revoke").status_code == 404
