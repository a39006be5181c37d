"""A picture that is too poor to be compared is refused in words, and no number is shown of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image, ImageFilter
from playwright.sync_api import BrowserContext, Page, expect

from harness.console.browser import signed_in
from harness.console.person import Person
from harness.console.pictures import PORTRAIT, SELFIE
from visavis.console.i18n import Catalogue, read_catalogues
from visavis.types import Refusal

CATALOGUES = read_catalogues()
SENTENCE = CATALOGUES["en"]("face.too_poor")


@pytest.fixture
def desk(context: BrowserContext, manager: Person) -> Page:
    return signed_in(context, manager)


@pytest.fixture
def foggy(tmp_path: Path) -> Path:
    """The portrait, so far out of focus that it holds too little to be compared."""
    with Image.open(PORTRAIT) as portrait:
        spread = portrait.width / 25
        portrait.filter(ImageFilter.GaussianBlur(spread)).save(tmp_path / "foggy.jpg", quality=95)
    return tmp_path / "foggy.jpg"


@pytest.mark.parametrize("words", CATALOGUES.values(), ids=CATALOGUES)
def test_there_are_words_for_every_reason_not_to_register_a_face(words: Catalogue) -> None:
    assert {f"faces.refused.{reason}" for reason in Refusal} <= words.messages.keys()


def test_a_search_by_a_poor_picture_says_so_and_not_that_nobody_is_so_alike(
    desk: Page, manager: Person, foggy: Path
) -> None:
    manager.post("/apps/1/groups", name="searched-poorly")
    desk.goto("/console/apps/1/groups/searched-poorly/search")
    desk.locator("#drop input").set_input_files(foggy)
    expect(desk.locator(".split [data-state]")).to_have_text(SENTENCE)
    expect(desk.get_by_role("heading", name="match")).to_be_hidden()


@pytest.mark.parametrize("poor", ["source", "target"])
def test_a_comparison_with_a_poor_picture_has_no_verdict_and_names_the_picture(
    poor: str, desk: Page, foggy: Path
) -> None:
    desk.goto("/console/apps/1/compare")
    for place, good in (("source", PORTRAIT), ("target", SELFIE)):
        desk.locator(f"#{place} input[type=file]").set_input_files(foggy if place == poor else good)
    expect(desk.locator("#verdict")).to_have_text("Not comparable: one picture is too poor to tell who is in it.")
    expect(desk.locator(f"#{poor} [role=alert]")).to_contain_text("too poor to be compared")
    expect(desk.locator("#pairs")).to_be_hidden()
    expect(desk.locator("#lines g")).to_have_count(0)
