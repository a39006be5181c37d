"""What a similarity means for strangers, beside the control that sets it, for this group and its faces."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from harness.console.browser import signed_in
from harness.console.person import Person
from harness.console.pictures import OMAR, PORTRAIT, SELFIE, upload
from visavis.console.i18n import read_catalogues
from visavis.console.strangers import meaning

ENGLISH, KOREAN = (read_catalogues()[language] for language in ("en", "ko"))
SETTINGS = {
    "min_quality": "0",
    "min_comparability": "50",
    "similarity": "90",
    "liveness_threshold": "50",
    "retention": "",
}


@pytest.fixture
def desk(context: BrowserContext, manager: Person) -> Page:
    return signed_in(context, manager)


@pytest.fixture
def group(manager: Person) -> str:
    """A group of three faces."""
    name = f"group-{uuid4().hex[:8]}"
    manager.post("/apps/1/groups", name=name)
    for picture in (PORTRAIT, SELFIE, OMAR):
        assert upload(manager, name, picture=picture.read_bytes())[0] == 200
    return name


def description(page: Page) -> Any:
    return expect(page.locator("[data-description]"))


def advised(page: Page) -> Any:
    return expect(page.locator("[data-advice]"))


def test_a_search_says_how_many_strangers_would_match_and_follows_the_slider(desk: Page, group: str) -> None:
    desk.goto(f"/console/apps/1/groups/{group}/search")
    description(desk).to_have_text("Of 10,000 strangers, about 3 would find somebody among these 3 faces.")
    advised(desk).to_be_hidden()
    expect(desk.get_by_text("An estimate from the similarity scale.")).to_be_visible()
    desk.get_by_role("slider").fill("55")
    description(desk).to_have_text("Of 100 strangers, about 3 would find somebody among these 3 faces.")
    advised(desk).to_have_text("Use 66 or more to keep it to 1 in 100.")
    desk.get_by_role("slider").fill("65")
    advised(desk).to_be_visible()
    desk.get_by_role("slider").press("ArrowRight")
    description(desk).to_have_text("Of 100 strangers, about 1 would find somebody among these 3 faces.")
    advised(desk).to_be_hidden()


def test_the_settings_say_it_of_the_similarity_that_is_set_and_of_one_that_is_typed(
    desk: Page, manager: Person, group: str
) -> None:
    manager.post(f"/apps/1/groups/{group}/settings", **(SETTINGS | {"similarity": "55.5"}))
    path = f"/apps/1/groups/{group}/settings"
    assert "Of 100 strangers, about 3 would find somebody among these 3 faces." in manager.get(path).text
    desk.goto(f"/console{path}")
    advised(desk).to_have_text("Use 66 or more to keep it to 1 in 100.")
    desk.get_by_label("Minimum similarity").fill("99")
    description(desk).to_have_text("Of 1,000,000 strangers, about 3 would find somebody among these 3 faces.")
    advised(desk).to_be_hidden()
    for unfit in ("", "101", "-1"):
        desk.get_by_label("Minimum similarity").fill(unfit)
        description(desk).to_have_text("Of 1,000,000 strangers, about 3 would find somebody among these 3 faces.")


def test_a_page_says_it_without_its_script_too(manager: Person, group: str) -> None:
    page = manager.get(f"/apps/1/groups/{group}/search").text
    assert "Of 10,000 strangers, about 3 would find somebody among these 3 faces.</p>" in page


def test_a_group_without_faces_has_nobody_to_match() -> None:
    nobody = meaning(ENGLISH, 0)
    assert set(nobody.description) == {"There are no faces in this group yet, so no stranger can match."}
    assert nobody.enough == 0


@pytest.mark.parametrize(
    ("faces", "similarity", "english", "korean"),
    [
        (
            400,
            90,
            "Of 100 strangers, about 4 would find somebody among these 400 faces.",
            "모르는 사람 100명을 검색하면 약 4명이 이 그룹의 얼굴 400개 중 하나와 일치합니다.",
        ),
        (
            1,
            90.9,
            "Of 10,000 strangers, about 1 would match the one face of this group.",
            "모르는 사람 10,000명을 검색하면 약 1명이 이 그룹의 얼굴 하나와 일치합니다.",
        ),
        (
            100_000,
            90,
            "Nearly every stranger would find somebody among these 100,000 faces.",
            "모르는 사람을 검색하면 거의 모두가 이 그룹의 얼굴 100,000개 중 하나와 일치합니다.",
        ),
    ],
)
def test_strangers_are_told_of_in_plain_words(faces: int, similarity: float, english: str, korean: str) -> None:
    assert meaning(ENGLISH, faces).at(similarity) == english
    assert meaning(KOREAN, faces).at(similarity) == korean


def test_the_least_similarity_for_one_in_100_is_recommended_where_there_is_one() -> None:
    enough = meaning(ENGLISH, 400)
    assert (enough.enough, enough.advice) == (94, "Use 94 or more to keep it to 1 in 100.")
    never = meaning(ENGLISH, 20_000)
    assert never.enough > 100
    assert "smaller groups" in never.advice


def test_whoever_makes_a_group_is_told_of_children(desk: Page) -> None:
    desk.goto("/console/apps/1/groups")
    desk.get_by_role("button", name="New group").first.click()
    advice = desk.get_by_role("dialog").get_by_text("Children resemble each other far more than adults")
    expect(advice).to_contain_text("a similarity of 99")
    expect(advice).to_contain_text("have an adult confirm")
