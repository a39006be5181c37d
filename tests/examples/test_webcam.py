"""The page with the webcam, in a real browser whose camera is a file."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Literal, TypeAlias

import cv2
import httpx
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect, sync_playwright

from tests.conftest import OpenPeoplePicture
from tests.examples.conftest import ROOT, sample

CHROMIUM = "/usr/bin/chromium"
WIDTH, HEIGHT = 960, 960

pytestmark = pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs chromium")

OpenPage: TypeAlias = Callable[[Path | None], Page]
"""A page in a browser whose camera shows this picture; None: the camera is not allowed."""


def film(picture: Path, file: Path) -> Path:
    """The picture as an uncompressed video of a few frames (YUV4MPEG2)."""
    pixels = cv2.imread(str(picture))
    assert pixels is not None
    scale = min(WIDTH / pixels.shape[1], HEIGHT / pixels.shape[0])
    pixels = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    frame = np.full((HEIGHT, WIDTH, 3), 127, np.uint8)
    frame[: pixels.shape[0], : pixels.shape[1]] = pixels
    planes = cv2.cvtColor(frame, cv2.COLOR_BGR2YUV_I420).tobytes()
    header = f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F30:1 Ip A1:1 C420jpeg\n".encode()
    file.write_bytes(header + 3 * (b"FRAME\n" + planes))
    return file


@contextmanager
def page_served(environment: dict[str, str]) -> Iterator[str]:
    """The script runs; its address."""
    process = subprocess.Popen(  # noqa: S603 - our own
        [sys.executable, str(ROOT / "examples" / "webcam" / "serve.py")],
        env=environment | {"PORT": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


@pytest.fixture
def address(environment: dict[str, str]) -> Iterator[str]:
    with page_served(environment) as address:
        yield address


@pytest.fixture
def open_page(address: str, tmp_path: Path) -> Iterator[OpenPage]:
    with sync_playwright() as playwright, ExitStack() as stack:

        def opened(picture: Path | None) -> Page:
            arguments = ["--no-sandbox", "--use-fake-device-for-media-stream"]
            if picture is not None:
                video = film(picture, tmp_path / "camera.y4m")
                arguments += ["--use-fake-ui-for-media-stream", f"--use-file-for-fake-video-capture={video}"]
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
            stack.callback(browser.close)
            page = browser.new_page()
            page.goto(address)
            return page

        yield opened


def verify(page: Page, name: str) -> None:
    expect(page.get_by_role("button", name="Verify")).to_be_enabled(timeout=60_000)
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Verify").click()


def says(page: Page, text: str) -> None:
    expect(page.get_by_role("status")).to_have_text(text, timeout=60_000)


def test_the_person_before_the_camera_is_verified(open_page: OpenPage, environment: dict[str, str]) -> None:
    page = open_page(sample("ines-portrait"))
    seen: list[str] = []
    page.on("response", lambda response: seen.append(f"{response.url} {response.all_headers()} {response.text()}"))
    page.on("request", lambda request: seen.append(f"{request.url} {request.all_headers()}"))
    verify(page, "ines")
    says(page, "It is you, ines.")
    page.reload()
    verify(page, "nobody")
    says(page, "That is not nobody, as far as we can see.")
    everything = "".join(seen) + page.content()
    assert "/verify" in everything
    for key in ("VISAVIS_APP_KEY", "VISAVIS_SECRET_KEY"):
        assert environment[key] not in everything


def test_somebody_else_is_not(open_page: OpenPage, openpeople_picture: OpenPeoplePicture, tmp_path: Path) -> None:
    other = tmp_path / "other.jpg"
    other.write_bytes(openpeople_picture("P007", "amateur_selfie"))
    page = open_page(other)
    verify(page, "ines")
    says(page, "That is not ines, as far as we can see.")


def test_a_camera_that_is_not_allowed_is_asked_for(open_page: OpenPage) -> None:
    page = open_page(None)
    says(page, "Allow this page to use the camera, and load it again.")
    expect(page.get_by_role("button", name="Verify")).to_be_disabled()


def test_the_page_can_be_used_by_everybody(open_page: OpenPage) -> None:
    page = open_page(sample("ines-portrait"))
    verify(page, "ines")
    says(page, "It is you, ines.")
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()


def test_what_is_not_for_the_page_is_refused(address: str) -> None:
    with httpx.Client(base_url=address, trust_env=False) as http:
        assert http.get("/serve.py").status_code == 404
        assert http.get("/../watch_folder.py").status_code == 404
        picture = sample("ines-selfie").read_bytes()
        assert http.post("/verify?name=ines", content=picture).status_code == 404
        jpeg = {"Content-Type": "image/jpeg"}
        assert http.post("/verify", content=picture, headers=jpeg).status_code == 400
        assert http.post("/verify?name=ines", content=b"x" * 3_000_001, headers=jpeg).status_code == 400
        assert http.post("/verify?name=ines", content=b"nothing", headers=jpeg).json() == {
            "problem": "The picture or the name could not be used."
        }
