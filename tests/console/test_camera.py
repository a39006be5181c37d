"""The camera: on the pages that take pictures and no others, seen before anything is sent, let go afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Playwright, expect

from harness.console.browser import signed_in, wait_until
from harness.console.camera import ALLOWED, DENIED, with_camera, write_film
from harness.console.person import Person
from harness.console.pictures import SELFIE, upload
from visavis.console.routes import ROUTES

WITH_CAMERA = {
    "/apps/{app_id}/analyze",
    "/apps/{app_id}/groups/{group_id}/add",
    "/apps/{app_id}/groups/{group_id}/search",
    "/apps/{app_id}/groups/{group_id}/door",
}
PAGES = sorted(route.path for route in ROUTES if route.method == "GET")
OPEN_CAMERA = "navigator.mediaDevices.getUserMedia({video: true}).then(() => 'given', (error) => error.name)"
TRACKS = "() => { window.tracks = document.querySelector('video').srcObject.getTracks(); }"

axe = Axe()


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_film(tmp_path_factory.mktemp("film") / "ines.mjpeg", (SELFIE, 2))


@pytest.fixture(scope="module")
def browser(playwright: Playwright, film: Path) -> Iterator[Browser]:
    with with_camera(playwright, film) as browser:
        yield browser


@pytest.fixture(scope="module")
def group(manager: Person) -> str:
    name = f"camera-{uuid4().hex[:8]}"
    manager.post("/apps/1/groups", name=name)
    upload(manager, name, external_id="ines")
    return name


def opened(browser: Browser, person: Person, path: str, **more: Any) -> Page:
    context = browser.new_context(base_url=person.server.url, locale="en-GB", **more)
    context.set_default_timeout(20_000)
    page = signed_in(context, person)
    page.goto(f"/console{path}")
    page.wait_for_load_state("networkidle")
    return page


@pytest.mark.parametrize("path", PAGES)
def test_only_pages_that_take_pictures_may_ask_for_the_camera(
    administrator: Person, group: str, path: str
) -> None:
    answer = administrator.get(path.format(app_id="1", group_id=group, number="1", user_id="1"))
    camera = "camera=(self)" if path in WITH_CAMERA else "camera=()"
    assert answer.headers["permissions-policy"].split(", ")[0] == camera


def test_a_page_that_is_refused_may_not_ask_for_the_camera(viewer: Person, group: str) -> None:
    for path in (f"/apps/1/groups/{group}/add", "/apps/1/groups/no-such-group/door", "/nothing"):
        assert viewer.get(path).headers["permissions-policy"].startswith("camera=(), ")


def test_browsers_give_the_camera_to_no_other_page(browser: Browser, manager: Person, group: str) -> None:
    page = opened(browser, manager, f"/apps/1/groups/{group}/search")
    assert page.evaluate(OPEN_CAMERA) == "given"
    page.goto("/console/")
    assert page.evaluate(OPEN_CAMERA) == "NotAllowedError"
    page.context.close()


def test_somebody_is_found_by_the_camera(browser: Browser, manager: Person, group: str) -> None:
    page = opened(browser, manager, f"/apps/1/groups/{group}/search")
    page.get_by_role("button", name="Use the camera").click()
    expect(page.get_by_role("dialog", name="Take a picture")).to_be_visible()
    expect(page.get_by_role("button", name="Take picture")).to_be_focused()
    page.evaluate(TRACKS)
    page.keyboard.press("Enter")
    expect(page.locator(".match")).to_contain_text("ines")
    expect(page.get_by_role("dialog")).to_have_count(0)
    wait_until(page, "tracks.every((track) => track.readyState === 'ended')")
    page.context.close()


def test_what_the_camera_sees_is_analysed(browser: Browser, manager: Person) -> None:
    page = opened(browser, manager, "/apps/1/analyze")
    page.get_by_role("button", name="Use the camera").click()
    page.get_by_role("button", name="Take picture").click()
    expect(page.get_by_role("heading", name="One face")).to_be_visible()
    page.context.close()


def test_the_preview_is_a_mirror_and_the_picture_is_not(browser: Browser, manager: Person, group: str) -> None:
    """A face that looks to one side of the film looks to the same side in what is sent."""
    page = opened(browser, manager, f"/apps/1/groups/{group}/search")
    page.get_by_role("button", name="Use the camera").click()
    expect(page.get_by_role("button", name="Take picture")).to_be_enabled()
    assert (
        page.evaluate("getComputedStyle(document.querySelector('video')).transform") == "matrix(-1, 0, 0, 1, 0, 0)"
    )
    page.evaluate(
        """() => {
          const paint = CanvasRenderingContext2D.prototype;
          const draw = paint.drawImage;
          paint.drawImage = function (...what) {
            if (what[0] instanceof HTMLVideoElement) window.turned = this.getTransform().a;
            return draw.apply(this, what);
          };
        }"""
    )
    page.get_by_role("button", name="Take picture").click()
    expect(page.locator(".match")).to_contain_text("ines")
    assert page.evaluate("turned") == 1
    page.context.close()


def test_a_person_is_registered_by_the_camera(browser: Browser, manager: Person) -> None:
    group = f"camera-{uuid4().hex[:8]}"
    manager.post("/apps/1/groups", name=group)
    page = opened(browser, manager, f"/apps/1/groups/{group}/add")
    page.get_by_role("button", name="Use the camera").click()
    page.get_by_role("button", name="Take picture").click()
    expect(page.get_by_text("1 picture taken")).to_be_visible()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_text("Enter the person's name.")).to_be_visible()
    page.get_by_label("Name of the person").fill("이네스")
    page.get_by_role("button", name="Register", exact=True).click()
    expect(page.locator("[data-summary]")).to_contain_text("Done. Faces registered: 1")
    assert "이네스" in manager.get(f"/apps/1/groups/{group}/persons").text
    page.context.close()


def test_closing_the_dialog_lets_the_camera_go(browser: Browser, manager: Person, group: str) -> None:
    page = opened(browser, manager, f"/apps/1/groups/{group}/search")
    for _ in range(2):
        page.get_by_role("button", name="Use the camera").click()
        expect(page.get_by_role("button", name="Take picture")).to_be_enabled()
        page.evaluate(TRACKS)
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        wait_until(page, "tracks.every((track) => track.readyState === 'ended')")
        expect(page.get_by_role("button", name="Use the camera")).to_be_focused()
    page.context.close()


def test_who_does_not_allow_the_camera_is_told_what_to_do(
    playwright: Playwright, film: Path, manager: Person, group: str
) -> None:
    with with_camera(playwright, film, DENIED) as browser:
        page = opened(browser, manager, f"/apps/1/groups/{group}/search")
        page.get_by_role("button", name="Use the camera").click()
        expect(
            page.get_by_role("alert").filter(has_text="does not allow this page to use the camera")
        ).to_be_visible()
        expect(page.get_by_role("button", name="Take picture")).to_be_disabled()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("NotFoundError", "No camera was found on this device."),
        ("NotReadableError", "Perhaps another program is using it."),
        ("TypeError", "The camera did not start."),
    ],
)
def test_a_camera_that_does_not_start_is_named(
    browser: Browser, manager: Person, group: str, error: str, said: str
) -> None:
    page = opened(browser, manager, f"/apps/1/groups/{group}/search")
    page.evaluate(
        "(name) => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', name)); }",
        error,
    )
    page.get_by_role("button", name="Use the camera").click()
    expect(page.get_by_role("alert").filter(has_text=said)).to_be_visible()
    page.context.close()


def test_without_tls_the_page_says_why_there_is_no_camera(
    playwright: Playwright, film: Path, manager: Person, group: str
) -> None:
    elsewhere = manager.server.url.replace("127.0.0.1", "console.test")
    arguments = (*ALLOWED, "--host-resolver-rules=MAP console.test 127.0.0.1")
    with with_camera(playwright, film, arguments) as browser:
        context = browser.new_context(base_url=elsewhere, locale="en-GB")
        context.add_cookies([{"name": "visavis-session", "value": manager.cookie, "url": f"{elsewhere}/console"}])
        page = context.new_page()
        page.goto(f"/console/apps/1/groups/{group}/search")
        page.get_by_role("button", name="Use the camera").click()
        expect(page.get_by_role("alert").filter(has_text="Put this server behind TLS")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize(("locale", "theme"), [("en-GB", "light"), ("ko-KR", "dark")])
def test_the_dialog_has_no_fault_that_axe_knows_and_fits_the_screen(
    browser: Browser, manager: Person, group: str, locale: str, theme: str, width: int
) -> None:
    context = browser.new_context(
        base_url=manager.server.url,
        locale=locale,
        color_scheme=theme,  # type: ignore[arg-type]
        viewport={"width": width, "height": 700},
        reduced_motion="reduce",
    )
    page = signed_in(context, manager)
    page.goto(f"/console/apps/1/groups/{group}/search")
    page.locator("[data-camera]").click()
    take = page.locator("[data-take]")
    expect(take).to_be_enabled()
    found = axe.run(page)
    assert found.violations_count == 0, found.generate_report()
    box = take.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 700
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
