"""One server and one Chromium for these tests, and a person of each role."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from harness.console.browser import ARGUMENTS, CHROMIUM
from harness.console.person import Crowd, Person
from harness.servers import Server, running_server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    # Each browser of `crowd` says that it comes from an address of its own, as behind a proxy.
    # Tests about proving to be the user ask for it sooner.
    settings = {"EDGE__TRUSTED_PROXIES": "127.0.0.1", "CONSOLE__PROOF_MINUTES": "600"}
    with running_server(tmp_path_factory.mktemp("console"), settings) as server:
        server.create_app("default")
        yield server


@pytest.fixture(scope="session")
def crowd(server: Server) -> Iterator[Crowd]:
    with ExitStack() as stack:
        yield Crowd(server, stack)


@pytest.fixture(scope="session")
def administrator(crowd: Crowd) -> Person:
    return crowd.newcomer("administrator")


@pytest.fixture(scope="session")
def manager(crowd: Crowd) -> Person:
    return crowd.newcomer("manager")


@pytest.fixture(scope="session")
def operator(crowd: Crowd) -> Person:
    return crowd.newcomer("operator")


@pytest.fixture(scope="session")
def door(crowd: Crowd) -> Person:
    return crowd.newcomer("door")


@pytest.fixture(scope="session")
def viewer(crowd: Crowd) -> Person:
    return crowd.newcomer("viewer")


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture
def context(chromium: Browser, server: Server) -> Iterator[BrowserContext]:
    """A browser that nobody has signed in with; what its pages complain of fails the test."""
    context = chromium.new_context(base_url=server.url, locale="en-GB", reduced_motion="reduce")
    context.set_default_timeout(20_000)
    complaints: list[str] = []
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.on(
        "console", lambda message: complaints.append(message.text) if "Content Security" in message.text else None
    )
    yield context
    context.close()
    assert complaints == []


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A page of that browser."""
    return context.new_page()


@pytest.fixture(scope="module")
def lab(server: Server, administrator: Person) -> str:
    """The number of an app in which nobody but administrators has a role, with the group `secret`."""
    keys = server.create_app(f"lab-{uuid4().hex[:8]}")
    [number] = re.findall(rf'/apps/(\d+)">{keys.name}</a>', administrator.get("/apps").text)
    assert administrator.post(f"/apps/{number}/groups", name="secret").status_code == 303
    return str(number)


def number_of(administrator: Person, person: Person) -> str:
    """The id in the paths about a person."""
    row = administrator.get("/users").text.partition(f">{person.name}</th>")[2]
    return row.partition("/users/")[2].partition("/")[0]


def give(administrator: Person, person: Person, role: str, app: str = "1") -> None:
    number = number_of(administrator, person)
    answer = administrator.post(f"/users/{number}/apps/{app}", role=role)
    assert answer.headers["location"] == f"/console/users/{number}/apps?notice=user_changed"
