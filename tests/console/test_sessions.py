"""One's own sessions: where they are, when they were last seen, and signing out of any of them."""

from __future__ import annotations

import re

from playwright.sync_api import BrowserContext, expect

from harness.console.browser import signed_in
from harness.console.person import Crowd, Person
from visavis.console.browsers import in_words

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML) Chrome/140.0 Safari/537.36"


def ids_of(person: Person) -> list[str]:
    return re.findall(r"/profile/sessions/([0-9a-f]{16})/end", person.get("/profile").text)


def test_a_person_sees_each_browser_and_signs_one_out(crowd: Crowd, context: BrowserContext) -> None:
    person = crowd.newcomer("viewer")
    other, _ = crowd.sign_in(person.name, person.password)
    desk = signed_in(context, person)
    desk.goto("/console/profile")
    rows = desk.get_by_role("group", name="Signed-in browsers").get_by_role("row")
    expect(rows).to_have_count(3)
    expect(rows.filter(has_text="this one")).to_have_count(1)
    address = other.headers["X-Forwarded-For"]
    rows.filter(has_text=address).get_by_role("button").click()
    expect(desk.get_by_role("status").filter(has_text="That browser is signed out.")).to_be_visible()
    assert other.get("/console/profile").status_code == 303
    assert person.is_in()


def test_all_others_are_signed_out_at_once(crowd: Crowd) -> None:
    person = crowd.newcomer("viewer")
    others = [crowd.sign_in(person.name, person.password)[0] for _ in range(2)]
    assert person.post("/profile/sessions/others").status_code == 303
    assert person.is_in()
    assert [client.get("/console/profile").status_code for client in others] == [303, 303]
    assert len(ids_of(person)) == 1


def test_nobody_signs_out_the_session_of_another(crowd: Crowd, manager: Person) -> None:
    person = crowd.newcomer("viewer")
    for session in (*ids_of(manager), "0" * 16, "x"):
        assert person.post(f"/profile/sessions/{session}/end").status_code == 404
    assert manager.is_in()
    assert not set(ids_of(manager)) & set(ids_of(person))


def test_signing_out_this_browser_is_signing_out(crowd: Crowd) -> None:
    person = crowd.newcomer("viewer")
    [own] = ids_of(person)
    assert person.post(f"/profile/sessions/{own}/end").status_code == 303
    assert not person.is_in()


def test_what_a_page_names_a_session_by_opens_nothing(crowd: Crowd) -> None:
    person = crowd.newcomer("viewer")
    [own] = ids_of(person)
    client = crowd.browser()
    client.cookies.set("visavis-session", own, path="/console")
    assert client.get("/console/profile").status_code == 303


def test_a_browser_is_told_in_words() -> None:
    assert in_words(CHROME) == "Chrome, Windows"
    assert in_words(CHROME.replace("Safari", "Edg/140 Safari")) == "Edge, Windows"
    assert in_words("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0") == "Firefox, Linux"
    assert in_words("curl/8.1") == "curl/8.1"
    assert in_words("") == ""
    assert len(in_words("x" * 500)) <= 40
