"""The page of a group's webhook: for administrators, its secret shown once, and what came of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from uuid import uuid4

import pytest

from harness.console.events import record_events
from harness.console.person import Crowd, Person
from harness.receiver import Receiver, running_receiver
from harness.servers import Server, running_server

SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]{44}")


@pytest.fixture(scope="module")
def allowing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose webhooks may lead to this machine."""
    settings = {"WEBHOOK__ALLOW_NETWORKS": "127.0.0.1", "EDGE__TRUSTED_PROXIES": "127.0.0.1"}
    with running_server(tmp_path_factory.mktemp("webhooks"), settings) as server:
        server.create_app("default")
        yield server


@pytest.fixture(scope="module")
def crowd_here(allowing: Server) -> Iterator[Crowd]:
    with ExitStack() as stack:
        yield Crowd(allowing, stack)


@pytest.fixture(scope="module")
def boss(crowd_here: Crowd) -> Person:
    return crowd_here.newcomer("administrator")


@pytest.fixture
def group(boss: Person) -> str:
    """The path of a new group of the first app."""
    name = f"gate-{uuid4().hex[:8]}"
    assert boss.post("/apps/1/groups", name=name).status_code == 303
    return f"/apps/1/groups/{name}"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running_receiver() as receiver:
        yield receiver


def test_a_webhook_is_set_tested_and_removed_and_its_secret_shown_once(
    boss: Person, group: str, receiver: Receiver
) -> None:
    page = boss.get(f"{group}/webhook").text
    assert "records no recognition events" in page
    assert "Send a test" not in page
    made = boss.page_after(f"{group}/webhook", url=receiver.url)
    [secret] = SECRET.findall(made.text)
    page = boss.get(f"{group}/webhook").text
    assert receiver.url in page
    assert not SECRET.search(page)
    assert "The receiver has taken the test. HTTP status 204." in boss.post(f"{group}/webhook/test").text
    receiver.status = 500
    assert "has not taken the test. HTTP status 500." in boss.post(f"{group}/webhook/test").text
    assert [message.is_signed_by(secret) for message in receiver.messages] == [True, True]
    assert boss.post(f"{group}/webhook/remove").status_code == 303
    assert receiver.url not in boss.get(f"{group}/webhook").text
    assert boss.post(f"{group}/webhook/test").status_code == 404


def test_a_new_secret_is_shown_once_and_the_old_one_signs_for_a_while(
    boss: Person, group: str, receiver: Receiver
) -> None:
    [old] = SECRET.findall(boss.page_after(f"{group}/webhook", url=receiver.url).text)
    [new] = SECRET.findall(boss.page_after(f"{group}/webhook/secret", overlap="2").text)
    assert "The old secret signs too until" in boss.get(f"{group}/webhook").text
    boss.post(f"{group}/webhook/test")
    assert receiver.messages[0].is_signed_by(old)
    assert receiver.messages[0].is_signed_by(new)
    for wrong in ("-1", "x", ""):
        answer = boss.post(f"{group}/webhook/secret", overlap=wrong)
        assert (answer.status_code, SECRET.search(answer.text)) == (422, None)


def test_a_url_that_nothing_may_be_sent_to_is_refused_in_the_readers_language(boss: Person, group: str) -> None:
    answer = boss.post(f"{group}/webhook", url="https://10.0.0.1/")
    assert answer.status_code == 422
    assert "neither public nor in VISAVIS_WEBHOOK__ALLOW_NETWORKS" in answer.text
    boss.post("/preferences", language="ko", back="/")
    try:
        answer = boss.post(f"{group}/webhook", url="https://10.0.0.1/")
        assert "웹훅 URL" in answer.text
        assert "neither public" not in answer.text
    finally:
        boss.post("/preferences", language="en", back="/")


def test_only_administrators_see_or_change_it(crowd_here: Crowd, boss: Person, group: str) -> None:
    manager = crowd_here.newcomer("manager")
    record_events(boss, group, events="on", event_days="7")
    assert "/webhook" in boss.get(f"{group}/events").text
    assert "/webhook" not in manager.get(f"{group}/events").text
    assert manager.get(f"{group}/webhook").status_code == 403
    for act in ("", "/secret", "/test", "/start", "/remove"):
        assert manager.post(f"{group}/webhook{act}", url="https://gate.example/").status_code == 403


def test_looks_are_joined_within_the_seconds_that_the_settings_say(boss: Person, group: str) -> None:
    for seconds, status in (("0", 303), ("3600", 303), ("3601", 422), ("-1", 422), ("", 422), ("1.5", 422)):
        assert record_events(boss, group, events="on", event_days="7", event_gap=seconds) == status
    assert 'name="event_gap" type="number" value="3600"' in boss.get(f"{group}/settings").text
