"""Language and theme: as the browser has them at first, then as they were chosen, wherever one signs in."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from harness.console.browser import signed_in
from harness.console.person import PASSWORD, Crowd
from harness.servers import Server


def test_a_korean_browser_is_spoken_to_in_korean(chromium: Browser, server: Server, crowd: Crowd) -> None:
    crowd.newcomer("viewer")
    page = chromium.new_page(base_url=server.url, locale="ko-KR")
    page.goto("/console/sign-in")
    expect(page.locator("html")).to_have_attribute("lang", "ko")
    expect(page.get_by_role("button", name="로그인")).to_be_visible()
    page.close()


def test_the_choice_of_a_visitor_is_remembered_by_the_browser(crowd: Crowd, page: Page) -> None:
    crowd.newcomer("viewer")
    page.goto("/console/sign-in")
    page.get_by_role("button", name="한국어").click()
    expect(page.get_by_role("heading", name="로그인")).to_be_visible()
    page.get_by_role("button", name="어둡게").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.goto("/console/sign-in")
    expect(page.locator("html")).to_have_attribute("lang", "ko")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_the_choice_of_a_user_goes_with_the_account(
    chromium: Browser, server: Server, crowd: Crowd, page: Page
) -> None:
    person = crowd.newcomer("viewer")
    page = signed_in(page.context, person)
    page.goto("/console/profile")
    main = page.get_by_role("main")
    main.get_by_role("button", name="한국어").click()
    expect(page.get_by_role("heading", name="내 프로필")).to_be_visible()
    main.get_by_role("button", name="밝게").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")

    other = chromium.new_page(base_url=server.url, locale="en-GB", color_scheme="dark")
    other.goto("/console/sign-in")
    other.get_by_label("Name").fill(person.name)
    other.get_by_label("Password", exact=True).fill(PASSWORD)
    other.get_by_role("button", name="Sign in").click()
    expect(other.locator("html")).to_have_attribute("lang", "ko")
    expect(other.locator("html")).to_have_attribute("data-theme", "light")
    other.close()


def test_a_link_is_not_lost_when_the_language_is_changed_before_it_was_used(server: Server, page: Page) -> None:
    page.goto("/console/setup#a-code-of-some-kind")
    page.get_by_role("button", name="한국어").click()
    expect(page.get_by_text("링크를 읽었습니다.")).to_be_visible()
    expect(page.locator("input[name=code]")).to_have_value("a-code-of-some-kind")


def test_what_is_no_language_and_no_theme_changes_nothing(crowd: Crowd) -> None:
    person = crowd.newcomer("viewer")
    answer = person.post("/preferences", language="xx", theme="plaid", back="//elsewhere.example")
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/")
    assert 'lang="en"' in person.get("/profile").text
