"""A picture that is too poor to be compared is refused in words, and no number is shown of it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.console.conftest import signed_in
from tests.console.person import Person
from tests.console.pictures import PORTRAIT, SELFIE
from visavis.console.words import Words, read_catalogues
from visavis.types import Refusal

CATALOGUES = read_catalogues()
SENTENCE = CATALOGUES["en"]("face.too_poor")
SEARCHED = {"probe": {"box": [0.3, 0.2, 0.7, 0.5], "quality": 9, "flaw": None}, "matches": [], "refused": SENTENCE}


@pytest.fixture
def desk(context: BrowserContext, operator: Person) -> Page:
    return signed_in(context, operator)


def compared(person: Person) -> Any:
    """What the server answers to two good pictures of one person."""
    answer = person.client.post(
        "/console/apps/1/compare",
        headers={"X-CSRF-Token": person.token(), "Accept": "application/json"},
        files={"source": PORTRAIT.read_bytes(), "target": SELFIE.read_bytes()},
    )
    return answer.json()


@pytest.mark.parametrize("words", CATALOGUES.values(), ids=CATALOGUES)
def test_there_are_words_for_every_reason_not_to_register_a_face(words: Words) -> None:
    assert {f"faces.refused.{reason}" for reason in Refusal} <= words.messages.keys()


def test_a_search_by_a_poor_picture_says_so_and_not_that_nobody_is_so_alike(desk: Page, operator: Person) -> None:
    operator.post("/apps/1/groups", name="searched-poorly")
    desk.goto("/console/apps/1/groups/searched-poorly/search")
    desk.route(lambda url: url.endswith("/search"), lambda route: route.fulfill(json=SEARCHED))
    desk.locator("#drop input").set_input_files(SELFIE)
    expect(desk.locator("[data-state]")).to_have_text(SENTENCE)
    expect(desk.get_by_role("heading", name="match")).to_be_hidden()


def test_a_comparison_with_a_poor_picture_has_no_verdict_and_names_the_picture(
    desk: Page, operator: Person
) -> None:
    answer = compared(operator)
    assert answer["similarities"][0][0] > 90
    problem = {"code": "poor", "sentence": SENTENCE, "detail": "", "place": "Target"}
    desk.goto("/console/apps/1/compare")
    desk.route(
        lambda url: url.endswith("/compare"), lambda route: route.fulfill(json=answer | {"problem": problem})
    )
    for place, picture in (("source", PORTRAIT), ("target", SELFIE)):
        desk.locator(f"#{place} input[type=file]").set_input_files(picture)
    expect(desk.locator("#verdict")).to_have_text("No comparison: a picture is too poor to tell who is in it.")
    expect(desk.locator("#target [role=alert]")).to_have_text(SENTENCE)
    expect(desk.locator("#pairs")).to_be_hidden()
    expect(desk.locator("#lines g")).to_have_count(0)
