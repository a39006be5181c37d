"""Chromium with a camera that sees what a film shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Playwright

from harness.console.browser import ARGUMENTS, CHROMIUM

ALLOWED = ("--use-fake-ui-for-media-stream",)
"""A user who lets every page use the camera."""
DENIED = ("--deny-permission-prompts",)

_FRAME = (640, 480)


def write_film(path: Path, *scenes: tuple[Path | None, int]) -> Path:
    """Write a film that is shown over and over, 30 frames a second.

    A scene is a picture that is held before the camera, or None for an empty room, and its number of frames.
    """
    path.write_bytes(b"".join(_frame(picture) * frames for picture, frames in scenes))
    return path


@contextmanager
def with_camera(playwright: Playwright, film: Path, more: Sequence[str] = ALLOWED) -> Iterator[Browser]:
    """A Chromium whose camera shows this film."""
    camera = ("--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film}")
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, *camera, *more])
    yield browser
    browser.close()


def _frame(picture: Path | None) -> bytes:
    """A JPEG of what the camera sees."""
    seen = Image.new("RGB", _FRAME, "#5b6670")
    if picture is not None:
        with Image.open(picture) as opened:
            held = opened.convert("RGB")
        held.thumbnail(_FRAME)
        seen.paste(held, ((_FRAME[0] - held.width) // 2, (_FRAME[1] - held.height) // 2))
    file = BytesIO()
    seen.save(file, "JPEG", quality=95)
    return file.getvalue()
