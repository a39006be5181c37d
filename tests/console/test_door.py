"""The door view: who stands there, or that it is nobody known, and no longer; whatever becomes of the server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Playwright, Route, expect

from harness.console.browser import signed_in, wait_until
from harness.console.camera import DENIED, with_camera, write_film
from harness.console.person import Crowd, Person
from harness.console.pictures import OMAR, PORTRAIT, SELFIE, upload

SECONDS = 30
"""Frames of a film."""
SETTINGS = {
    "min_quality": "0",
    "min_comparability": "50",
    "similarity": "90",
    "liveness_threshold": "50",
    "retention": "",
}
INES = {"faceId": "any", "externalId": "ines", "name": "Ines", "similarity": 98.76}
NOBODY = {"error": "No face.", "code": "no_face"}

axe = Axe()


@pytest.fixture(scope="module")
def ines(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser whose camera sees Ines all the time."""
    film = write_film(tmp_path_factory.mktemp("film") / "ines.mjpeg", (SELFIE, 2))
    with with_camera(playwright, film) as browser:
        yield browser


@pytest.fixture(scope="module")
def group(manager: Person) -> str:
    """A group that Ines belongs to."""
    name = f"door-{uuid4().hex[:8]}"
    manager.post("/apps/1/groups", name=name)
    upload(manager, name, picture=PORTRAIT.read_bytes(), external_id="ines", name="이네스 로페즈")
    return name


def opened(browser: Browser, person: Person, group: str, **more: Any) -> Page:
    context = browser.new_context(base_url=person.server.url, locale="en-GB", **more)
    context.set_default_timeout(30_000)
    page = signed_in(context, person)
    page.goto(f"/console/apps/1/groups/{group}")
    page.get_by_role("link", name="Door view").click()
    page.wait_for_load_state("networkidle")
    return page


def started(browser: Browser, person: Person, group: str, **more: Any) -> Page:
    page = opened(browser, person, group, **more)
    page.get_by_role("button", name="Start").click()
    return page


def shows(page: Page, state: str, words: str = "") -> None:
    expect(page.locator(f"main[data-state={state}] [data-verdict]")).to_contain_text(words, timeout=30_000)


def answering(page: Page, *answers: dict[str, Any]) -> list[Route]:
    """Let the server's part be played: these answers one after the other, the last one for good."""
    asked: list[Route] = []

    def answer(route: Route) -> None:
        asked.append(route)
        route.fulfill(**answers[min(len(asked), len(answers)) - 1])

    page.route(lambda url: url.endswith("/door/look"), answer)
    return asked


def found(*matches: dict[str, object]) -> dict[str, Any]:
    return {"json": {"matches": list(matches), "refused": "", "probe": None}}


def test_whoever_is_known_is_shown_by_name_with_the_similarity(ines: Browser, manager: Person, group: str) -> None:
    page = started(ines, manager, group)
    shows(page, "known", "이네스 로페즈")
    expect(page.locator("[data-verdict]")).to_contain_text("Similarity 9")
    page.context.close()


def test_a_stranger_is_unknown(playwright: Playwright, manager: Person, group: str, tmp_path: Path) -> None:
    with with_camera(playwright, write_film(tmp_path / "omar.mjpeg", (OMAR, 2))) as browser:
        page = started(browser, manager, group)
        shows(page, "unknown", "Unknown")
        expect(page.locator("[data-verdict]")).to_contain_text("Nobody of this group")


def test_a_print_or_a_screen_is_not_let_pass_where_the_group_asks_for_liveness(
    ines: Browser, manager: Person
) -> None:
    group = f"door-{uuid4().hex[:8]}"
    manager.post("/apps/1/groups", name=group)
    upload(manager, group, external_id="ines")
    page = opened(ines, manager, group)
    expect(page.get_by_text("This group does not check liveness")).to_be_visible()
    strict = SETTINGS | {"liveness": "on", "liveness_threshold": "100"}
    manager.post(f"/apps/1/groups/{group}/settings", **strict)
    page.reload()
    expect(page.get_by_text("This group checks liveness")).to_be_visible()
    page.get_by_role("button", name="Start").click()
    shows(page, "refused", "Not accepted")
    expect(page.locator("[data-verdict]")).not_to_contain_text("ines")
    page.context.close()


def test_the_similarity_that_the_group_asks_for_decides(ines: Browser, manager: Person) -> None:
    group = f"door-{uuid4().hex[:8]}"
    manager.post("/apps/1/groups", name=group)
    upload(manager, group, external_id="ines")
    manager.post(f"/apps/1/groups/{group}/settings", **(SETTINGS | {"similarity": "100"}))
    page = started(ines, manager, group)
    shows(page, "unknown")
    page.context.close()


def test_a_name_goes_with_its_face_and_never_stands_beside_another_one(
    playwright: Playwright, manager: Person, group: str, tmp_path: Path
) -> None:
    scenes = ((SELFIE, 6 * SECONDS), (None, 6 * SECONDS), (OMAR, 6 * SECONDS))
    with with_camera(playwright, write_film(tmp_path / "day.mjpeg", *scenes)) as browser:
        page = started(browser, manager, group)
        shows(page, "known", "이네스")
        shows(page, "waiting", "Look into the camera")
        shows(page, "unknown", "Unknown")
        expect(page.locator("[data-verdict]")).not_to_contain_text("이네스")


def test_one_face_is_announced_once_and_somebody_else_at_once(ines: Browser, manager: Person, group: str) -> None:
    page = opened(ines, manager, group)
    page.evaluate(
        """() => {
          window.said = [];
          const place = document.querySelector('[data-verdict]');
          new MutationObserver(() => said.push(place.innerText)).observe(place, { childList: true });
        }"""
    )
    again, other = found(INES | {"similarity": 99.1}), found(INES | {"externalId": "omar", "name": "Omar"})
    answering(page, found(INES), again, again, other, {"status": 422, "json": NOBODY})
    page.get_by_role("button", name="Start").click()
    shows(page, "known", "Omar")
    shows(page, "waiting", "Look into the camera")
    said = [words.split("\n")[0] for words in page.evaluate("said")]
    assert said == ["Ines", "Omar", "Look into the camera"]
    page.context.close()


def test_one_doubtful_picture_makes_nobody_unknown_and_takes_the_name_away(
    ines: Browser, manager: Person, group: str
) -> None:
    page = opened(ines, manager, group)
    page.evaluate(
        """() => {
          window.said = [];
          const place = document.querySelector('[data-verdict]');
          new MutationObserver(() => said.push(place.innerText)).observe(place, { childList: true });
        }"""
    )
    answering(page, found(INES), found(), found(INES), found(), found(), {"status": 422, "json": NOBODY})
    page.get_by_role("button", name="Start").click()
    wait_until(page, "said.length === 6")
    said = [words.split("\n")[0] for words in page.evaluate("said")]
    assert said == ["Ines", "Looking…", "Ines", "Looking…", "Unknown", "Look into the camera"]
    page.context.close()


def test_the_next_look_waits_for_the_answer_to_the_last(ines: Browser, manager: Person, group: str) -> None:
    page = opened(ines, manager, group)
    waiting: list[Route] = []
    page.route(lambda url: url.endswith("/door/look"), lambda route: waiting.append(route))  # noqa: PLW0108
    page.get_by_role("button", name="Start").click()
    wait_until(page, "document.querySelector('video').currentTime > 3")
    assert len(waiting) == 1
    with page.expect_request(lambda request: request.url.endswith("/door/look")):
        waiting[0].fulfill(**found(INES))
    page.context.close()


def test_a_name_does_not_outlive_a_silent_server(ines: Browser, manager: Person, group: str) -> None:
    page = opened(ines, manager, group)
    waiting: list[Route] = []
    page.route(lambda url: url.endswith("/door/look"), lambda route: waiting.append(route))  # noqa: PLW0108
    page.get_by_role("button", name="Start").click()
    while not waiting:
        page.wait_for_timeout(100)
    waiting[0].fulfill(**found(INES))
    shows(page, "known", "Ines")
    shows(page, "waiting", "Look into the camera")
    page.context.close()


def test_a_door_without_a_connection_says_so_and_comes_back_by_itself(
    ines: Browser, manager: Person, group: str
) -> None:
    page = started(ines, manager, group)
    shows(page, "known", "이네스")
    page.context.set_offline(True)
    expect(page.get_by_role("alert").filter(has_text="No connection to the server.")).to_be_visible()
    shows(page, "waiting")
    page.context.set_offline(False)
    shows(page, "known", "이네스")
    expect(page.get_by_text("No connection to the server.")).to_have_count(0)
    page.context.close()


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_asked_again_later(ines: Browser, manager: Person, group: str, status: int) -> None:
    page = opened(ines, manager, group)
    busy = {"status": status, "headers": {"Retry-After": "2"}, "json": {"error": "Busy."}}
    answering(page, busy, found(INES))
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("alert").filter(has_text="The server is busy.")).to_be_visible()
    shows(page, "known", "Ines")
    page.context.close()


def test_a_door_whose_session_has_ended_asks_to_sign_in_again(ines: Browser, crowd: Crowd, group: str) -> None:
    person = crowd.newcomer("viewer")
    page = started(ines, person, group)
    shows(page, "known", "이네스")
    page.evaluate("() => { window.tracks = document.querySelector('video').srcObject.getTracks(); }")
    person.post("/sign-out")
    expect(page.get_by_text("The session has ended.")).to_be_visible()
    assert page.evaluate("tracks.map((track) => track.readyState)") == ["ended"]
    expect(page.locator("[data-verdict]")).not_to_contain_text("이네스")
    page.context.clear_cookies()
    page.get_by_role("link", name="Sign in again").click()
    page.get_by_label("Name").fill(person.name)
    page.get_by_label("Password", exact=True).fill(person.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Start")).to_be_visible()
    page.context.close()


def test_a_door_of_a_group_that_is_deleted_stops_and_says_why(ines: Browser, manager: Person) -> None:
    group = f"door-{uuid4().hex[:8]}"
    manager.post("/apps/1/groups", name=group)
    page = started(ines, manager, group)
    shows(page, "unknown")
    manager.post(f"/apps/1/groups/{group}/delete", confirmation=group)
    expect(page.get_by_role("alert").filter(has_text="The door view has stopped")).to_be_visible()
    expect(page.get_by_role("link", name="Load again")).to_be_visible()
    page.context.close()


def test_the_name_of_the_door_is_typed_once_and_told_with_each_look(
    ines: Browser, manager: Person, group: str
) -> None:
    page = opened(ines, manager, group)
    page.get_by_label("Name of this door").fill("정문 1")
    with page.expect_request(lambda request: request.url.endswith("/door/look")) as asked:
        page.get_by_role("button", name="Start").click()
    assert unquote(asked.value.headers["x-visavis-door"]) == "정문 1"
    shows(page, "known", "이네스")
    expect(page.locator("[data-label]")).to_have_text("정문 1")
    page.reload()
    expect(page.get_by_label("Name of this door")).to_have_value("정문 1")
    page.context.close()


def test_only_the_name_of_the_door_stays_in_the_browser(ines: Browser, manager: Person, group: str) -> None:
    page = started(ines, manager, group)
    shows(page, "known", "이네스")
    assert page.evaluate("Object.keys(localStorage)") == ["visavis-door"]
    assert page.evaluate("Object.keys(sessionStorage)") == []
    assert page.evaluate("indexedDB.databases()") == []
    assert page.evaluate("caches.keys()") == []
    page.context.close()


def test_without_a_camera_the_door_says_why_and_can_be_started_again(
    playwright: Playwright, manager: Person, group: str, tmp_path: Path
) -> None:
    with with_camera(playwright, write_film(tmp_path / "ines.mjpeg", (SELFIE, 2)), DENIED) as browser:
        page = started(browser, manager, group)
        expect(page.get_by_role("alert").filter(has_text="does not allow this page")).to_be_visible()
        expect(page.get_by_role("button", name="Start")).to_be_enabled()


SIZES = {"desk": (1280, 800), "tablet": (820, 1180), "tablet across": (1180, 820), "phone": (390, 844)}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("locale", "theme"), [("en-GB", "light"), ("ko-KR", "dark")])
@pytest.mark.parametrize("state", ["known", "unknown", "refused"])
def test_the_verdict_has_no_fault_that_axe_knows_and_fits_the_screen(
    ines: Browser, manager: Person, group: str, state: str, locale: str, theme: str, size: str
) -> None:
    width, height = SIZES[size]
    context = ines.new_context(
        base_url=manager.server.url,
        locale=locale,
        color_scheme=theme,  # type: ignore[arg-type]
        viewport={"width": width, "height": height},
        reduced_motion="reduce",
    )
    page = signed_in(context, manager)
    page.goto(f"/console/apps/1/groups/{group}/door")
    refused = {"status": 422, "json": {"error": "Not alive.", "code": "not_alive"}}
    long = found(INES | {"name": "Wolfeschlegelsteinhausenbergerdorff"})
    answering(page, {"known": long, "unknown": found(), "refused": refused}[state])
    page.locator("[data-start] .primary").click()
    shows(page, state)
    report = axe.run(page)
    assert report.violations_count == 0, report.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    box = page.locator("[data-verdict]").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= height
    context.close()
