"""Takes the pictures of the console that the documents show: a real server, real Chromium, the sample pictures.

`python -m docs.screenshots`, from the root of the repository; needs Debian's chromium.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import resources
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, FilePayload, Page, Playwright, sync_playwright

from harness.console.browser import ARGUMENTS, CHROMIUM, signed_in
from harness.console.camera import with_camera, write_film
from harness.console.person import Crowd, Person
from harness.console.pictures import OMAR, PORTRAIT, SELFIE, side_by_side, upload
from harness.servers import running_server

IMAGES = Path(__file__).parent / "images"
SAMPLES = Path(str(resources.files("visavis"))) / "assets"
SIZE = {"width": 1280, "height": 800}
TALL = {"width": 1280, "height": 900}


def main() -> None:
    """Writes docs/images/console-*.webp anew."""
    with tempfile.TemporaryDirectory() as folder, running_server(Path(folder)) as server, ExitStack() as stack:
        server.create_app("default")
        person = Crowd(server, stack).newcomer("administrator", name="Ines")
        _fill(person)
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        with _desk(browser, person, "en-GB", "light") as page:
            page.goto("/console/apps/1/groups/staff/search")
            page.locator("#drop input").set_input_files(SAMPLES / "ines-selfie.jpg")
            page.locator(".match").first.wait_for()
            _keep(page, "console-search")
        for language, theme, suffix in (("en-GB", "light", ""), ("ko-KR", "dark", "-ko")):
            with _desk(browser, person, language, theme) as page:
                _look_at_pictures(page, suffix)
        with _desk(browser, person, "ko-KR", "dark") as page:
            page.goto("/console/apps/1/groups/visitors/add")
            files = {"이네스": "ines-portrait", "이네스 2": "ines-selfie", "오마르": "omar-selfie"}
            page.locator("#drop input").set_input_files(
                [
                    FilePayload(name=f"{name}.jpg", mimeType="image/jpeg", buffer=_sample(of))
                    for name, of in files.items()
                ]
            )
            page.locator("[data-people] canvas").nth(2).wait_for()
            page.locator("[data-start]:enabled").click()
            page.locator(".state.good").nth(2).wait_for()
            _keep(page, "console-register-ko")
        browser.close()
        _stand_at_the_door(playwright, person, Path(folder))


def _look_at_pictures(page: Page, suffix: str) -> None:
    """A face and what is known of it; then two pictures of a person, one with somebody else in it."""
    page.set_viewport_size(TALL)  # type: ignore[arg-type]
    page.goto("/console/apps/1/analyze", wait_until="networkidle")
    page.locator("#picture input[type=file]").set_input_files(SAMPLES / "omar-selfie.jpg")
    page.locator("#replies").wait_for()
    _keep(page, f"console-analyze{suffix}")
    page.goto("/console/apps/1/compare", wait_until="networkidle")
    row = {"name": "team.png", "mimeType": "image/png", "buffer": side_by_side(OMAR, PORTRAIT)}
    page.locator("#source input[type=file]").set_input_files(row)  # type: ignore[arg-type]
    page.locator("#target input[type=file]").set_input_files(SELFIE)
    page.locator("#lines .alike").wait_for()
    _keep(page, f"console-compare{suffix}")


def _stand_at_the_door(playwright: Playwright, person: Person, folder: Path) -> None:
    """The door view, with somebody before its camera who is known."""
    film = write_film(folder / "door.mjpeg", (SAMPLES / "ines-selfie.jpg", 2))
    with with_camera(playwright, film) as browser:
        for language, theme, suffix in (("en-GB", "light", ""), ("ko-KR", "dark", "-ko")):
            with _desk(browser, person, language, theme) as page:
                page.goto("/console/apps/1/groups/staff/door", wait_until="networkidle")
                page.locator("[data-start] .primary").click()
                page.locator("main[data-state=known]").wait_for()
                picture = Image.open(io.BytesIO(page.screenshot()))
                picture.save(IMAGES / f"console-door{suffix}.webp", quality=88, method=6)


def _sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.jpg").read_bytes()


def _fill(person: Person) -> None:
    for name in ("members", "staff", "visitors"):
        person.post("/apps/1/groups", name=name)
    for name in ("ines-portrait", "omar-selfie"):
        upload(person, "staff", picture=_sample(name), external_id=name.partition("-")[0])


@contextmanager
def _desk(browser: Browser, person: Person, language: str, theme: str) -> Iterator[Page]:
    context = browser.new_context(
        base_url=person.server.url,
        locale=language,
        color_scheme=theme,  # type: ignore[arg-type]
        viewport=SIZE,  # type: ignore[arg-type]
    )
    yield signed_in(context, person)
    context.close()


def _keep(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    page.evaluate("scrollTo(0, 0)")
    picture = Image.open(io.BytesIO(page.screenshot()))
    picture.save(IMAGES / f"{name}.webp", quality=88, method=6)


if __name__ == "__main__":
    main()
