"""A picture in front of the console: what is in it, drawn where it is, and what the API says of it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import BrowserContext, Locator, Page, expect

from harness.console.browser import signed_in
from harness.console.person import Person
from harness.console.pictures import OMAR, PORTRAIT, SELFIE, answers, carried_out, nobody, png, side_by_side
from harness.servers import Keys, Server, visavis

TABS = {
    "v2": "NHN Face Recognition v2.0",
    "v2.1": "NHN Face Recognition v2.1",
    "plus": "NHN Face Recognition Plus",
    "v1": "NHN Face Recognition v1.0",
}


@pytest.fixture(scope="module")
def keys(server: Server) -> Keys:
    return server.create_app("of the analyses")


@pytest.fixture
def desk(context: BrowserContext, administrator: Person, keys: Keys) -> Page:
    """The page, opened by somebody who has just signed in."""
    return opened(context, administrator, keys)


def opened(context: BrowserContext, person: Person, keys: Keys) -> Page:
    page = signed_in(context, person)
    page.goto("/console/")
    page.locator(".switcher summary").click()
    page.locator(".switcher").get_by_role("link", name=keys.name).click()
    page.get_by_role("link", name="Analyze", exact=True).click()
    expect(page.get_by_role("heading", name="Analyze a picture")).to_be_visible()
    page.wait_for_load_state("load")
    return page


def choose(page: Page, data: bytes | Path, name: str = "picture.png") -> None:
    files: Any = data if isinstance(data, Path) else {"name": name, "mimeType": "image/png", "buffer": data}
    page.locator("#picture input[type=file]").set_input_files(files)


def looked_at(page: Page) -> None:
    expect(page.get_by_role("heading", name="The same with the API")).to_be_visible()


def shown_answer(page: Page, dialect: str) -> Any:
    page.get_by_role("tab", name=TABS[dialect]).click()
    return json.loads(page.locator("#answer-code").inner_text())


def corners(mark: Locator, picture: Locator) -> list[float]:
    """The corners of a mark in fractions of the picture, both as they are on the screen."""
    inner, outer = mark.bounding_box(), picture.bounding_box()
    assert inner
    assert outer
    x0, y0 = (inner["x"] - outer["x"]) / outer["width"], (inner["y"] - outer["y"]) / outer["height"]
    return [x0, y0, x0 + inner["width"] / outer["width"], y0 + inner["height"] / outer["height"]]


def test_a_sample_is_one_click_away_and_everything_about_it_is_said(desk: Page) -> None:
    desk.get_by_role("button", name="Ines, portrait").click()
    expect(desk.get_by_role("heading", name="One face")).to_be_visible()
    said = desk.locator("#findings")
    for words in (
        "good for recognition",
        "looks like a living face",
        "no mask",
        "looks straight ahead",
        "upright",
    ):
        expect(said).to_contain_text(words)


@pytest.mark.parametrize("width", [1280, 390])
def test_what_is_drawn_lies_where_the_api_finds_it(desk: Page, server: Server, keys: Keys, width: int) -> None:
    desk.set_viewport_size({"width": width, "height": 800})
    picture = side_by_side(PORTRAIT, OMAR)
    choose(desk, picture)
    looked_at(desk)
    image = desk.locator("#picture img")
    found = answers(server, keys, "detect", {"image": picture})["v2"]["data"]["faceDetails"]
    assert len(found) == 2
    for number, face in enumerate(found):
        drawn = desk.locator(f"[data-face='{number}']")
        box = [face["bbox"][name] for name in ("x0", "y0", "x1", "y1")]
        # A line of two pixels lies half outside of the box.
        assert corners(drawn.locator(".box"), image) == pytest.approx(box, abs=0.012)
        button = desk.get_by_role("radio").nth(number)
        assert corners(button, image) == pytest.approx(box, abs=0.005)
        points = drawn.locator(".point")
        assert points.count() == 5
        for place, landmark in enumerate(face["landmarks"]):
            x0, y0, x1, y1 = corners(points.nth(place), image)
            assert ((x0 + x1) / 2, (y0 + y1) / 2) == pytest.approx((landmark["x"], landmark["y"]), abs=0.005)


def test_the_axes_of_the_head_point_where_the_face_looks(desk: Page) -> None:
    """A face that looks to the right in the picture looks to the left in its mirror image."""
    mirrored = Image.open(OMAR).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    choose(desk, OMAR)
    looked_at(desk)
    expect(desk.locator("#findings")).to_contain_text("to the right of the picture")
    assert gaze(desk) > 5
    choose(desk, png(mirrored))
    expect(desk.locator("#findings")).to_contain_text("to the left of the picture")
    assert gaze(desk) < -5


def gaze(page: Page) -> float:
    """How far to the right, in pixels, the line goes that shows where the face looks."""
    line = page.locator(".axis.gaze")
    return float(line.get_attribute("x2") or 0) - float(line.get_attribute("x1") or 0)


@pytest.mark.parametrize("sample", [SELFIE, OMAR], ids=lambda path: path.stem)
def test_the_answers_beside_a_picture_are_those_of_the_api(
    desk: Page, server: Server, keys: Keys, sample: Path
) -> None:
    choose(desk, sample)
    looked_at(desk)
    for dialect, answer in answers(server, keys, "detect", {"image": sample.read_bytes()}).items():
        assert shown_answer(desk, dialect) == answer


@pytest.mark.parametrize("dialect", TABS)
def test_the_command_beside_an_answer_gets_that_answer(
    desk: Page, server: Server, keys: Keys, dialect: str, tmp_path: Path
) -> None:
    picture = tmp_path / "a face (1).jpg"
    picture.write_bytes(SELFIE.read_bytes())
    choose(desk, picture)
    looked_at(desk)
    answer = shown_answer(desk, dialect)
    (tmp_path / "picture.jpg").write_bytes(SELFIE.read_bytes())
    command = desk.locator("#request-code").inner_text()
    assert carried_out(command, server, keys, tmp_path) == answer
    assert keys.appKey not in command


def test_faces_are_chosen_by_keys_by_click_and_step_by_step(desk: Page) -> None:
    choose(desk, side_by_side(PORTRAIT, OMAR, SELFIE))
    title = desk.locator("#findings-title")
    expect(title).to_have_text("Face 1 of 3")
    faces = desk.get_by_role("radio")
    faces.nth(0).focus()
    desk.keyboard.press("ArrowRight")
    expect(title).to_have_text("Face 2 of 3")
    expect(faces.nth(1)).to_be_focused()
    expect(faces.nth(1)).to_be_checked()
    desk.keyboard.press("ArrowLeft")
    desk.keyboard.press("ArrowLeft")
    expect(title).to_have_text("Face 3 of 3")
    faces.nth(1).click()
    expect(title).to_have_text("Face 2 of 3")
    expect(desk.locator("[data-face='1']")).to_have_class(re.compile("^face selected"))
    desk.get_by_role("button", name="Next face").click()
    expect(title).to_have_text("Face 3 of 3")


def test_a_picture_of_nobody_is_no_error(desk: Page) -> None:
    choose(desk, nobody())
    expect(desk.get_by_role("heading", name="No face found")).to_be_visible()
    assert shown_answer(desk, "v2")["data"]["faceDetailCount"] == 0


@pytest.mark.parametrize(
    ("data", "sentence", "code"),
    [
        (b"not a picture at all", "not an image", -45080),
        (png(Image.new("RGB", (60, 60))), "less than 80 pixels", -40000),
        (PORTRAIT.read_bytes()[:9000], "image", -45080),
        (PORTRAIT.read_bytes() + bytes(5_500_000), "the limit is 5,000,000", -45020),
    ],
    ids=["no picture", "too small", "damaged", "too large"],
)
def test_what_is_wrong_with_a_picture_is_said_in_plain_words(
    desk: Page, data: bytes, sentence: str, code: int
) -> None:
    choose(desk, data)
    alert = desk.locator("#picture [role=alert]")
    expect(alert).to_contain_text(sentence)
    assert alert.inner_text().count(".") == 1
    assert shown_answer(desk, "v2")["header"]["resultCode"] == code
    expect(desk.get_by_text("X-Error-Detail:")).to_be_visible()
    # The next picture is as welcome as if nothing had been.
    choose(desk, PORTRAIT)
    expect(desk.get_by_role("heading", name="One face")).to_be_visible()
    expect(alert).to_be_hidden()


def test_a_picture_that_only_some_dialects_take_is_refused_by_the_others(
    desk: Page, server: Server, keys: Keys
) -> None:
    picture = PORTRAIT.read_bytes() + bytes(4_000_000)
    choose(desk, picture, "large.jpg")
    expect(desk.get_by_role("heading", name="One face")).to_be_visible()
    for dialect, answer in answers(server, keys, "detect", {"image": picture}).items():
        assert shown_answer(desk, dialect) == answer


def test_a_url_that_leads_into_the_servers_own_network_is_refused(desk: Page, server: Server) -> None:
    desk.get_by_label("URL of a picture").fill(f"{server.url}/console/static/ines-portrait.jpg")
    desk.get_by_role("button", name="Fetch").click()
    expect(desk.locator("#picture [role=alert]")).to_have_text(
        "The port of the image URL must be 80, 443 or 10000-12000."
    )
    assert shown_answer(desk, "plus")["header"]["resultCode"] == -45050
    assert '"url":' in desk.locator("#request-code").inner_text()


def test_a_picture_is_pasted(desk: Page) -> None:
    desk.evaluate(
        """async (path) => {
            const data = new DataTransfer();
            data.items.add(new File([await (await fetch(path)).blob()], "image.png", {type: "image/png"}));
            document.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true}));
        }""",
        desk.locator("[data-sample]").first.get_attribute("data-sample"),
    )
    expect(desk.get_by_role("heading", name="One face")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_an_analysis_has_no_fault_that_axe_knows_and_fits_the_screen(desk: Page, theme: Any, width: int) -> None:
    desk.emulate_media(color_scheme=theme)
    desk.set_viewport_size({"width": width, "height": 900})
    choose(desk, side_by_side(PORTRAIT, OMAR))
    looked_at(desk)
    for summary in desk.locator("#findings summary").all():
        summary.click()
    found = Axe().run(desk)
    assert found.violations_count == 0, found.generate_report()
    assert desk.evaluate("document.documentElement.scrollWidth") <= width


def test_a_dialect_that_the_app_does_not_speak_says_so(
    context: BrowserContext, server: Server, administrator: Person
) -> None:
    keys = server.create_app("of few words")
    visavis("app", "set", keys.name, "--off", "v1", "--data-dir", str(server.data_dir))
    page = opened(context, administrator, keys)
    choose(page, PORTRAIT)
    looked_at(page)
    assert shown_answer(page, "v1") == answers(server, keys, "detect", {"image": PORTRAIT.read_bytes()})["v1"]
    assert shown_answer(page, "v2")["header"]["isSuccessful"] is True
