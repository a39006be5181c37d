"""Two pictures in front of the console: who is in both, how rare that is, and what the API says of it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, Request, expect

from harness.console.browser import signed_in
from harness.console.person import Person
from harness.console.pictures import OMAR, PORTRAIT, SELFIE, answers, nobody, side_by_side
from harness.servers import Keys, Server

TABS = {
    "v2": "NHN Face Recognition v2.0",
    "v2.1": "NHN Face Recognition v2.1",
    "plus": "NHN Face Recognition Plus",
    "v1": "NHN Face Recognition v1.0",
}


@pytest.fixture(scope="module")
def keys(server: Server) -> Keys:
    return server.create_app("of the comparisons")


@pytest.fixture
def desk(context: BrowserContext, administrator: Person, keys: Keys) -> Page:
    page = signed_in(context, administrator)
    page.goto("/console/")
    page.locator(".switcher summary").click()
    page.locator(".switcher").get_by_role("link", name=keys.name).click()
    page.get_by_role("link", name="Compare", exact=True).click()
    expect(page.get_by_role("heading", name="Compare two pictures")).to_be_visible()
    page.wait_for_load_state("load")
    return page


def compare(page: Page, first: Path | bytes, second: Path | bytes) -> None:
    for place, data in (("source", first), ("target", second)):
        file: Any = data if isinstance(data, Path) else {"name": "p.png", "mimeType": "image/png", "buffer": data}
        page.locator(f"#{place} input[type=file]").set_input_files(file)
    expect(page.get_by_role("heading", name="The same with the API")).to_be_visible()


def move_threshold(page: Page, value: int) -> None:
    page.get_by_role("slider", name="Threshold").evaluate(
        "(slider, value) => { slider.value = value; slider.dispatchEvent(new Event('input')); }", str(value)
    )
    expect(page.locator("#threshold-value")).to_have_text(str(value))


def shown_answer(page: Page, dialect: str) -> Any:
    page.get_by_role("tab", name=TABS[dialect]).click()
    return json.loads(page.locator("#answer-code").inner_text())


def test_a_sample_shows_in_one_click_why_two_pictures_match(desk: Page) -> None:
    desk.get_by_role("button", name="The same person").click()
    verdict = desk.locator("#verdict")
    expect(verdict).to_contain_text("The same person")
    expect(verdict).to_contain_text("1 in 1,000,000 pairs of strangers would score this or higher.")
    expect(desk.locator("#lines .alike")).to_have_count(1)
    desk.get_by_role("button", name="Two people").click()
    expect(verdict).to_contain_text("Not the same person")
    expect(desk.locator("#lines .alike")).to_have_count(0)


@pytest.mark.parametrize("width", [1280, 390])
def test_a_line_goes_from_one_face_to_the_other(desk: Page, width: int) -> None:
    desk.set_viewport_size({"width": width, "height": 900})
    compare(desk, PORTRAIT, side_by_side(OMAR, SELFIE))
    line = desk.locator("#lines .alike .end")
    expect(line).to_have_count(2)
    matching = desk.locator("#target [role=radio][aria-checked=true]")
    for end, box in ((line.nth(0), desk.locator("#source [role=radio]")), (line.nth(1), matching)):
        point, face = end.bounding_box(), box.bounding_box()
        assert point
        assert face
        x, y = point["x"] + point["width"] / 2, point["y"] + point["height"] / 2
        assert face["x"] - 2 <= x <= face["x"] + face["width"] + 2
        assert face["y"] - 2 <= y <= face["y"] + face["height"] + 2


def test_the_threshold_changes_lines_table_and_answers_without_another_request(
    desk: Page, server: Server, keys: Keys
) -> None:
    compare(desk, PORTRAIT, side_by_side(OMAR, SELFIE))
    asked: list[Request] = []
    desk.on("request", lambda request: asked.append(request))  # noqa: PLW0108 - it must take attributes
    pictures = {"sourceImage": PORTRAIT.read_bytes(), "targetImage": side_by_side(OMAR, SELFIE)}
    for threshold, lines in ((1, 2), (90, 1), (100, 0)):
        move_threshold(desk, threshold)
        expect(desk.locator("#lines .alike")).to_have_count(lines)
        expect(desk.locator("#matrix td.alike")).to_have_count(lines)
        for dialect, answer in answers(server, keys, "compare", pictures, threshold=threshold).items():
            assert shown_answer(desk, dialect) == answer
            assert re.search(rf"threshold=({threshold})\b", desk.locator("#request-code").inner_text())
    assert asked == []


def test_what_a_threshold_means_is_said_beside_it(desk: Page) -> None:
    meaning = desk.locator("#threshold-meaning")
    expect(meaning).to_have_text("At most 1 in 10,000 pairs of strangers would pass for the same person.")
    desk.get_by_role("slider", name="Threshold").press("ArrowRight")
    expect(meaning).to_have_text("At most 1 in 15,000 pairs of strangers would pass for the same person.")
    move_threshold(desk, 99)
    expect(meaning).to_contain_text("1 in 1,000,000")
    desk.get_by_text("What the numbers mean").click()
    expect(desk.get_by_text("LFW")).to_be_visible()


def test_every_face_is_compared_with_every_other_and_pairs_are_chosen_by_keys(
    desk: Page, server: Server, keys: Keys
) -> None:
    both = side_by_side(PORTRAIT, OMAR)
    compare(desk, both, both)
    for dialect, answer in answers(
        server, keys, "compare", {"sourceImage": both, "targetImage": both}, threshold=90
    ).items():
        assert shown_answer(desk, dialect) == answer
    pairs = desk.locator("#matrix .pair")
    expect(pairs).to_have_count(4)
    expect(desk.locator("#matrix td.alike")).to_have_count(2)
    pairs.nth(3).focus()
    desk.keyboard.press("Enter")
    expect(desk.locator("#verdict")).to_contain_text("Face 2 of the first picture and face 2 of the second.")
    expect(pairs.nth(3)).to_have_attribute("aria-pressed", "true")
    assert desk.evaluate("document.activeElement.classList.contains('pair')")
    desk.locator("#source [role=radio]").nth(1).focus()
    desk.keyboard.press("ArrowLeft")
    expect(desk.locator("#verdict")).to_contain_text("Face 1 of the first picture and face 1 of the second.")
    expect(desk.locator("#lines .strong")).to_have_attribute("data-pair", "0-0")


def test_two_pictures_are_dropped_at_once(desk: Page) -> None:
    samples = [each.get_attribute("data-sample") for each in desk.locator("[data-sample]").all()]
    desk.evaluate(
        """async (paths) => {
            const data = new DataTransfer();
            for (const path of paths) {
                const blob = await (await fetch(path)).blob();
                data.items.add(new File([blob], path.split("/").pop(), {type: "image/jpeg"}));
            }
            const drop = new DragEvent("drop", {dataTransfer: data, bubbles: true});
            document.getElementById("source").dispatchEvent(drop);
        }""",
        samples,
    )
    expect(desk.locator("#verdict")).to_contain_text("The same person")


def test_nobody_in_the_first_picture_is_an_error_and_in_the_second_is_none(
    desk: Page, server: Server, keys: Keys
) -> None:
    compare(desk, nobody(), PORTRAIT)
    expect(desk.locator("#source [role=alert]")).to_contain_text("No face of at least 60 x 60 pixels")
    expect(desk.locator("#target [role=alert]")).to_be_hidden()
    pictures = {"sourceImage": nobody(), "targetImage": PORTRAIT.read_bytes()}
    for dialect, answer in answers(server, keys, "compare", pictures, threshold=90).items():
        assert shown_answer(desk, dialect) == answer
    compare(desk, PORTRAIT, nobody())
    expect(desk.locator("#verdict")).to_contain_text("No face was found in the second picture.")
    assert shown_answer(desk, "v2")["data"]["matchedFaceDetailCount"] == 0


def test_an_error_is_said_of_the_picture_that_it_is_about(desk: Page, server: Server, keys: Keys) -> None:
    compare(desk, PORTRAIT, b"not a picture at all")
    expect(desk.locator("#target [role=alert]")).to_contain_text("The bytes are not an image.")
    expect(desk.locator("#source [role=alert]")).to_be_hidden()
    pictures = {"sourceImage": PORTRAIT.read_bytes(), "targetImage": b"not a picture at all"}
    for dialect, answer in answers(server, keys, "compare", pictures, threshold=90).items():
        assert shown_answer(desk, dialect) == answer


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_a_comparison_has_no_fault_that_axe_knows_and_fits_the_screen(desk: Page, theme: Any, width: int) -> None:
    desk.emulate_media(color_scheme=theme)
    desk.set_viewport_size({"width": width, "height": 900})
    compare(desk, side_by_side(PORTRAIT, OMAR), SELFIE)
    found = Axe().run(desk)
    assert found.violations_count == 0, found.generate_report()
    assert desk.evaluate("document.documentElement.scrollWidth") <= width
