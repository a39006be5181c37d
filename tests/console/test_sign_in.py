"""Signing in and out: who gets in, for how long, and who does not."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from harness.console.person import PASSWORD, Crowd, Person, csrf, invite
from harness.servers import Server, visavis

OTHER = "five new words of mine"


def test_a_person_signs_in_gets_where_they_wanted_to_go_and_signs_out(
    server: Server, crowd: Crowd, page: Page
) -> None:
    person = crowd.newcomer("viewer")
    page.goto("/console/profile")
    expect(page).to_have_url(f"{server.url}/console/sign-in?next=/profile")
    page.get_by_label("Name").fill(person.name.upper())
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Your profile")).to_be_visible()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("You are signed out.")
    page.goto("/console/profile")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_wrong_password_and_an_unknown_name_are_told_apart_by_nobody(crowd: Crowd, manager: Person) -> None:
    for name in (manager.name, "nobody-of-this-name"):
        client, answer = crowd.sign_in(name, "some other words entirely")
        assert answer.status_code == 401
        assert "The name or the password is wrong." in answer.text
        assert "visavis-session" not in client.cookies


@pytest.mark.parametrize(
    "after", ["//elsewhere.example/", "https://elsewhere.example/", "/\\elsewhere.example", "/a\nb"]
)
def test_signing_in_leads_to_no_other_site(crowd: Crowd, manager: Person, after: str) -> None:
    _, answer = crowd.sign_in(manager.name, manager.password, next=after)
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/")


def test_who_guesses_has_to_wait_and_the_owner_elsewhere_has_not(crowd: Crowd) -> None:
    person, guesser = crowd.newcomer("viewer"), crowd.browser()
    fields = {"csrf": csrf(guesser.get("/console/sign-in")), "name": person.name}
    guesses = [f"a wrong guess, number {attempt}" for attempt in range(11)] + [person.password]
    answers = [guesser.post("/console/sign-in", data=fields | {"password": guess}) for guess in guesses]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429] * 2
    assert int(answers[-1].headers["retry-after"]) > 0
    assert "Too many wrong attempts." in answers[-1].text
    assert crowd.sign_in(person.name, person.password)[1].status_code == 303


def test_a_session_is_a_new_one_each_time_and_ends_when_its_owner_signs_out(crowd: Crowd, manager: Person) -> None:
    secrets = []
    for _ in range(2):
        client, answer = crowd.sign_in(manager.name, manager.password)
        assert answer.status_code == 303
        secrets.append(client.cookies["visavis-session"])
        token = csrf(client.get("/console/profile"))
        assert client.post("/console/sign-out", data={"csrf": token}).status_code == 303
        client.cookies.set("visavis-session", secrets[-1], path="/console")
        assert client.get("/console/profile").status_code == 303
    assert secrets[0] != secrets[1]
    assert manager.is_in()


def test_a_changed_password_signs_out_every_other_browser(crowd: Crowd) -> None:
    person = crowd.newcomer("viewer")
    other, answer = crowd.sign_in(person.name, person.password)
    assert answer.status_code == 303
    wrong = person.post("/profile/password", old="not the one at all", password=OTHER)
    assert "This is not your current password." in wrong.text
    changed = person.post("/profile/password", old=PASSWORD, password=OTHER)
    assert changed.status_code == 303
    assert person.is_in()
    assert other.get("/console/profile").status_code == 303
    assert crowd.sign_in(person.name, PASSWORD)[1].status_code == 401
    assert crowd.sign_in(person.name, OTHER)[1].status_code == 303


def test_sign_out_everywhere_means_everywhere(crowd: Crowd) -> None:
    person = crowd.newcomer("viewer")
    other, _ = crowd.sign_in(person.name, person.password)
    assert person.post("/profile/sessions").status_code == 303
    assert not person.is_in()
    assert other.get("/console/profile").status_code == 303


def test_a_lost_password_is_replaced_by_a_link_that_a_command_prints(
    server: Server, crowd: Crowd, page: Page
) -> None:
    person = crowd.newcomer("viewer")
    printed = visavis("console", "reset-password", person.name, "--data-dir", str(server.data_dir))
    page.goto(printed.stdout.strip().replace("http://127.0.0.1:8000", server.url))
    expect(page.get_by_role("heading", name="Choose a new password")).to_be_visible()
    page.get_by_label("Password", exact=True).fill(OTHER)
    page.get_by_role("button", name="Set password").click()
    expect(page.get_by_role("heading", name=f"Hello, {person.name}")).to_be_visible()
    assert not person.is_in()


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("fourteen chars", "at least 15 characters"),
        ("x" * 201, "at most 200 characters"),
        ("aaaaaaaaaaaaaaaaaaaa", "too easy to guess"),
        ("abcdefghijklmnopqrst", "too easy to guess"),
        ("passwordpassword", "This password is common"),
        ("Passw0rd1234567", "This password is common"),
        ("iloveyou iloveyou", "This password is common"),
        ("qwertyuiopasdfgh", "This password is common"),
        ("1234567890123456", "This password is common"),
        ("19870412 19870412", "too easy to guess"),
        ("visavis visavis visavis", "too easy to guess"),
    ],
)
def test_a_password_that_is_guessed_first_is_refused_with_the_reason(
    viewer: Person, password: str, why: str
) -> None:
    answer = viewer.post("/profile/password", old=PASSWORD, password=password)
    assert answer.status_code == 422
    assert why in answer.text
    assert viewer.is_in()


@pytest.mark.parametrize("name", ["", " ", "a\nb", "a\x00b", "x" * 65])
def test_a_name_that_cannot_be_is_refused_and_the_invitation_stays_good(
    server: Server, crowd: Crowd, name: str
) -> None:
    code, client = invite(server, "viewer"), crowd.browser()
    fields = {"csrf": csrf(client.get("/console/setup")), "code": code, "password": PASSWORD}
    refused = client.post("/console/setup", data=fields | {"name": name})
    assert refused.status_code == 422
    assert "A name has 1 to 64 printable characters" in refused.text
    assert client.post("/console/setup", data=fields | {"name": f" viewer-{code[:9]} "}).status_code == 303


def test_two_names_that_read_alike_are_one(server: Server, crowd: Crowd, viewer: Person) -> None:
    client = crowd.browser()
    fields = {"csrf": csrf(client.get("/console/setup")), "code": invite(server), "password": PASSWORD}
    answer = client.post("/console/setup", data=fields | {"name": viewer.name.upper()})
    assert answer.status_code == 422
    assert "This name is taken." in answer.text
