"""The page of recognition events: off until switched on, filtered, exported, gone with the person."""

from __future__ import annotations

from uuid import uuid4

import pytest
from playwright.sync_api import BrowserContext, expect

from harness.console.browser import signed_in
from harness.console.events import record_events
from harness.console.person import Person
from harness.console.pictures import OMAR, upload


@pytest.fixture
def group(manager: Person) -> str:
    """The path of a new group of the first app."""
    name = f"events-{uuid4().hex[:8]}"
    assert manager.post("/apps/1/groups", name=name).status_code == 303
    return f"/apps/1/groups/{name}"


def test_events_are_off_until_somebody_switches_them_on_and_says_for_how_long(manager: Person, group: str) -> None:
    assert "Nothing is recorded" in manager.get(f"{group}/events").text
    assert record_events(manager, group, events="on", event_days="0") == 422
    assert record_events(manager, group, events="on", event_days="1096") == 422
    assert record_events(manager, group, events="on", event_days="7") == 303
    assert "kept for 7 days" in manager.get(f"{group}/events").text
    assert record_events(manager, group, event_days="7") == 303
    assert "Nothing is recorded" in manager.get(f"{group}/events").text


def test_the_file_is_utf_8_with_a_mark_for_spreadsheets(manager: Person, group: str) -> None:
    record_events(manager, group, events="on", event_days="7")
    answer = manager.get(f"{group}/events.csv?from=2026-01-01&to=rubbish")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.content.startswith(b"\xef\xbb\xbfat,person,name,door,")


def test_whoever_is_recognised_is_listed_and_a_stranger_only_counted(
    context: BrowserContext, manager: Person, group: str
) -> None:
    name = group.rsplit("/", 1)[-1]
    upload(manager, name, external_id="ines")
    upload(manager, name, "search")
    assert "Nothing is recorded" in manager.get(f"{group}/events").text
    record_events(manager, group, events="on", event_days="7")
    upload(manager, name, "search")
    upload(manager, name, "search", OMAR.read_bytes())
    page = signed_in(context, manager)
    page.goto(f"/console{group}/events")
    events = page.get_by_role("region", name="Events").get_by_role("row")
    expect(events).to_have_count(2)
    expect(events.nth(1)).to_contain_text("ines")
    expect(events.nth(1)).to_contain_text(f"user {manager.name}")
    strangers = page.get_by_role("region", name="Strangers").get_by_role("row")
    expect(strangers).to_have_count(2)
    page.get_by_label("Person").fill("nobody")
    page.get_by_role("button", name="Search").last.click()
    expect(page.get_by_text("No event found")).to_be_visible()
    assert manager.get(f"{group}/events.csv").text.count("\n") == 2
    manager.post(f"{group}/person/delete", id="ines")
    assert manager.get(f"{group}/events.csv").text.count("\n") == 1


def test_a_viewer_sees_events_and_takes_none_away_as_a_file(manager: Person, viewer: Person, group: str) -> None:
    record_events(manager, group, events="on", event_days="7")
    assert viewer.get(f"{group}/events").status_code == 200
    assert viewer.get(f"{group}/events.csv").status_code == 403
