"""A device is enrolled in the profile; from then on signing in takes its code, or a recovery code, once each."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pyotp
import pytest
from playwright.sync_api import BrowserContext, expect

from harness.console.browser import signed_in
from harness.console.person import Crowd, Person, csrf, invite
from harness.servers import Server, running_server, visavis

FACTOR = "/profile/second-factor"


def code(secret: str, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at(int(time.time()) + 30 * steps)


def secret_in(page: httpx.Response) -> str:
    found = re.search(r'name="secret" value="([A-Z2-7]{32})"', page.text)
    assert found, page.text
    return found[1]


def enrolled(person: Person) -> tuple[str, list[str]]:
    """The secret of a device that the person has just enrolled, and the recovery codes."""
    secret = secret_in(person.get(FACTOR))
    answer = person.page_after(FACTOR, secret=secret, code=code(secret))
    codes = re.findall(r"\b(?:[a-z2-9]{4}-){3}[a-z2-9]{4}\b", answer.text)
    assert len(codes) == 10
    return secret, codes


def with_code(crowd: Crowd, person: Person, given: str) -> httpx.Response:
    """Password first, then this code."""
    client, asked = crowd.sign_in(person.name, person.password)
    assert asked.status_code == 200
    assert "visavis-session" not in client.cookies
    found = re.search(r'name="token" value="([^"]+)"', asked.text)
    assert found
    fields = {"csrf": csrf(asked), "token": found[1], "code": given, "next": "/"}
    return client.post("/console/sign-in/code", data=fields)


def test_a_device_is_enrolled_and_signs_in(crowd: Crowd, context: BrowserContext) -> None:
    person = crowd.newcomer("operator")
    desk = signed_in(context, person)
    desk.goto("/console/profile")
    desk.get_by_role("link", name="Set up a second factor").click()
    expect(desk.get_by_role("img", name="QR code of the key below")).to_be_visible()
    secret = desk.get_by_label("Key", exact=True).input_value().replace(" ", "")
    desk.get_by_label("Code", exact=True).fill("000000")
    desk.get_by_role("button", name="Turn on").click()
    expect(desk.get_by_text("This code is wrong or has been used.")).to_be_visible()
    assert desk.get_by_label("Key", exact=True).input_value().replace(" ", "") == secret
    desk.get_by_label("Code", exact=True).fill(code(secret))
    desk.get_by_role("button", name="Turn on").click()
    expect(desk.get_by_role("heading", name="Shown only once")).to_be_visible()
    desk.reload()
    expect(desk.get_by_text("Signing in needs a code from your device.", exact=True)).to_be_visible()
    expect(desk.get_by_text("10 codes are left.")).to_be_visible()

    context.clear_cookies()
    desk.goto("/console/sign-in")
    desk.get_by_label("Name").fill(person.name)
    desk.get_by_label("Password", exact=True).fill(person.password)
    desk.get_by_role("button", name="Sign in").click()
    expect(desk.get_by_role("heading", name="Enter your code")).to_be_visible()
    desk.get_by_label("Code", exact=True).fill(code(secret, 1))
    desk.get_by_role("button", name="Sign in").click()
    expect(desk.get_by_role("heading", name=f"Hello, {person.name}")).to_be_visible()


def test_a_code_lets_in_once_and_a_wrong_one_never(crowd: Crowd) -> None:
    person = crowd.newcomer("viewer")
    secret, _ = enrolled(person)
    shown = code(secret, 1)
    assert with_code(crowd, person, shown).status_code == 303
    for given in (shown, "000000", ""):
        refused = with_code(crowd, person, given)
        assert refused.status_code == 401
        assert "This code is wrong or has been used." in refused.text


def test_a_recovery_code_takes_the_place_of_the_device_once(crowd: Crowd) -> None:
    person = crowd.newcomer("viewer")
    _, codes = enrolled(person)
    assert with_code(crowd, person, codes[3]).status_code == 303
    assert with_code(crowd, person, codes[3]).status_code == 401
    assert "9 codes are left." in person.get(FACTOR).text
    renewed = person.page_after(f"{FACTOR}/codes")
    assert codes[4] not in renewed.text
    assert with_code(crowd, person, codes[4]).status_code == 401


def test_a_ticket_that_nobody_issued_leads_back_to_the_sign_in_page(crowd: Crowd, viewer: Person) -> None:
    client = crowd.browser()
    fields = {"csrf": csrf(client.get("/console/sign-in")), "token": "1.9999999999.00", "code": "123456"}
    answer = client.post("/console/sign-in/code", data=fields)
    assert answer.status_code == 401
    assert "Sign in again." in answer.text


def test_a_link_for_a_new_password_is_no_way_round_the_second_factor(server: Server, crowd: Crowd) -> None:
    person = crowd.newcomer("viewer")
    enrolled(person)
    printed = visavis("console", "reset-password", person.name, "--data-dir", str(server.data_dir))
    client = crowd.browser()
    fields = {"csrf": csrf(client.get("/console/password")), "code": urlsplit(printed.stdout.strip()).fragment}
    answer = client.post("/console/password", data=fields | {"password": "five new words of mine"})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/console/sign-in")
    assert "visavis-session" not in client.cookies


def test_a_second_factor_is_removed_in_the_profile_or_by_a_command(server: Server, crowd: Crowd) -> None:
    person = crowd.newcomer("viewer")
    enrolled(person)
    assert person.post(f"{FACTOR}/remove").status_code == 303
    assert crowd.sign_in(person.name, person.password)[1].status_code == 303
    enrolled(person)
    command = ("console", "reset-second-factor", person.name, "--data-dir", str(server.data_dir))
    assert "now signs in with the password alone" in visavis(*command).stdout
    assert crowd.sign_in(person.name, person.password)[1].status_code == 303
    again = visavis(*command, check=False)
    assert (again.returncode, again.stderr.strip()) == (1, f"visavis: {person.name} has no second factor.")


def test_administrators_see_who_has_one_and_the_log_says_what_was_done(
    administrator: Person, crowd: Crowd
) -> None:
    person = crowd.newcomer("viewer")
    enrolled(person)
    row = administrator.get("/users").text.partition(f">{person.name} ")[2].partition("</tr>")[0]
    assert "Second factor" in row
    assert f"user {person.name}" in administrator.get("/audit", params={"operation": "enrol_second_factor"}).text


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    """People in front of a server that asks administrators for a second factor."""
    folder: Path = tmp_path_factory.mktemp("strict")
    settings = {"EDGE__TRUSTED_PROXIES": "127.0.0.1", "CONSOLE__REQUIRE_SECOND_FACTOR": "true"}
    with running_server(folder, settings) as server, ExitStack() as stack:
        yield Crowd(server, stack)


def test_where_it_is_required_an_administrator_does_nothing_before_it(strict: Crowd) -> None:
    person = strict.newcomer("administrator")
    for path in ("/", "/users", "/apps", "/status", "/profile"):
        answer = person.get(path)
        assert answer.status_code == 303
        assert answer.headers["location"] == f"/console{FACTOR}?notice=second_factor_required"
    token = csrf(person.get(FACTOR))
    assert person.post("/apps", token, name="mine").status_code == 303
    assert person.post("/users/invite", token, role="administrator").status_code == 303
    secret = secret_in(person.get(FACTOR))
    assert person.post(FACTOR, token, secret=secret, code=code(secret)).status_code == 303
    assert person.get("/users").status_code == 200
    assert "mine" not in person.get("/apps").text


def test_where_it_is_required_others_go_on_without(strict: Crowd) -> None:
    strict.server.create_app("of the others")
    for role in ("viewer", "manager"):
        assert strict.newcomer(role, apps=["of the others"]).get("/").status_code == 200


def test_an_invitation_of_the_command_line_works_where_it_is_required(strict: Crowd) -> None:
    assert invite(strict.server)
