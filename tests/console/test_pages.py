"""Every page: readable for everybody, in both themes, on small screens, without the internet, in one piece."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Request

from harness.console.browser import signed_in
from harness.console.events import record_events
from harness.console.person import Crowd, Person
from harness.console.pictures import OMAR, upload
from harness.servers import Server

FOR_EVERYBODY = ("/sign-in", "/setup", "/password")
IN_A_GROUP = "/apps/1/groups/of-the-pages"
FOR_ADMINISTRATORS = (
    "/",
    "/profile",
    "/profile/second-factor",
    "/users",
    "/apps/1/doors",
    "/apps/1/audit",
    "/nothing",
    "/apps/1/analyze",
    "/apps/1/compare",
    "/apps",
    "/apps/1",
    "/access-keys",
    "/status",
    "/audit",
    "/apps/1/groups",
    IN_A_GROUP,
    f"{IN_A_GROUP}/add",
    f"{IN_A_GROUP}/search",
    f"{IN_A_GROUP}/events",
    f"{IN_A_GROUP}/door",
    f"{IN_A_GROUP}/persons",
    f"{IN_A_GROUP}/settings",
)
WITH_PICTURES = (f"{IN_A_GROUP}/add", f"{IN_A_GROUP}/search", "/apps/1/analyze", "/apps/1/compare")
EVERY_PAGE = FOR_EVERYBODY + FOR_ADMINISTRATORS

axe = Axe()


@pytest.fixture(scope="module", autouse=True)
def group(administrator: Person) -> None:
    """The group that some pages are about."""
    administrator.post("/apps/1/groups", name="of-the-pages")
    upload(administrator, "of-the-pages", external_id="ines")
    record_events(administrator, "/apps/1/groups/of-the-pages", events="on", event_days="7")
    upload(administrator, "of-the-pages", "search")
    upload(administrator, "of-the-pages", "search", OMAR.read_bytes())
    administrator.post("/access-keys", name="of-the-pages", reach="all", lifetime="600")


def opened(browser: Browser, person: Person, path: str, theme: str, width: int) -> Page:
    context = browser.new_context(
        base_url=person.server.url,
        locale="en-GB",
        color_scheme=theme,  # type: ignore[arg-type]
        reduced_motion="reduce",
        viewport={"width": width, "height": 800},
    )
    page = context.new_page() if path in FOR_EVERYBODY else signed_in(context, person)
    page.goto(f"/console{path}")
    page.wait_for_load_state("networkidle")
    return page


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", EVERY_PAGE)
def test_a_page_has_no_fault_that_axe_knows_and_fits_the_screen(
    chromium: Browser, administrator: Person, path: str, theme: str, width: int
) -> None:
    page = opened(chromium, administrator, path, theme, width)
    found = axe.run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.context.close()


def test_a_table_keeps_within_its_card_on_a_small_screen(chromium: Browser, administrator: Person) -> None:
    page = opened(chromium, administrator, "/apps/1", "light", 390)
    table, card = page.locator(".table-in-card"), page.locator(".card:has(.table-in-card)")
    inner, outer = table.bounding_box(), card.bounding_box()
    assert inner is not None
    assert outer is not None
    assert outer["x"] <= inner["x"]
    assert inner["x"] + inner["width"] <= outer["x"] + outer["width"]
    page.context.close()


def test_each_page_has_a_title_of_its_own(administrator: Person) -> None:
    titles = [re.findall("<title>(.*)</title>", administrator.get(path).text)[0] for path in FOR_ADMINISTRATORS]
    assert len(set(titles)) == len(titles)
    of_the_group = [title for path, title in zip(FOR_ADMINISTRATORS, titles, strict=True) if IN_A_GROUP in path]
    assert all("of-the-pages" in title and " · default · " in title for title in of_the_group)


@pytest.mark.parametrize("path", [f"{IN_A_GROUP}/persons", IN_A_GROUP, "/users", "/apps/1", "/access-keys"])
def test_what_deletes_is_in_reach_on_a_phone_however_long_an_id_is(
    chromium: Browser, administrator: Person, path: str
) -> None:
    if path.startswith(IN_A_GROUP):
        upload(administrator, "of-the-pages", external_id=f"long-{'x' * 200}", name="박" * 60)
    page = opened(chromium, administrator, path, "light", 390)
    buttons = page.get_by_role("button", name=re.compile("Delete|Revoke")).all()
    assert buttons
    for button in buttons:
        box = button.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= 390
    page.context.close()


@pytest.mark.parametrize(
    "path", [f"{IN_A_GROUP}/add", f"{IN_A_GROUP}/search", "/apps/1/analyze", "/apps/1/compare"]
)
def test_nobody_is_told_to_drop_or_paste_where_fingers_do_neither(
    chromium: Browser, administrator: Person, path: str
) -> None:
    context = chromium.new_context(
        base_url=administrator.server.url,
        locale="en-GB",
        has_touch=True,
        is_mobile=True,
        viewport={"width": 390, "height": 800},
    )
    page = signed_in(context, administrator)
    page.goto(f"/console{path}")
    words = page.locator(".drop").first.inner_text()
    assert "Choose or take" in words
    assert "Ctrl" not in words
    assert "drop" not in words.lower()
    context.close()


SHORT_WORDS_ON_SEVERAL_LINES = """() => {
  const broken = [];
  for (const cell of document.querySelectorAll("td")) {
    const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      for (const word of walker.currentNode.data.matchAll(/[\\p{L}]{1,12}/gu)) {
        const range = document.createRange();
        range.setStart(walker.currentNode, word.index);
        range.setEnd(walker.currentNode, word.index + word[0].length);
        if (new Set([...range.getClientRects()].map((box) => box.top)).size > 1) broken.push(word[0]);
      }
    }
  }
  return broken;
}"""


@pytest.mark.parametrize("path", ["/status", "/users", "/apps"])
def test_korean_words_in_a_table_stay_in_one_piece_on_a_small_screen(
    chromium: Browser, administrator: Person, path: str
) -> None:
    context = chromium.new_context(
        base_url=administrator.server.url, locale="ko-KR", viewport={"width": 390, "height": 800}
    )
    page = signed_in(context, administrator)
    page.goto(f"/console{path}")
    assert page.locator("html").get_attribute("lang") == "ko"
    assert page.locator("td").count() > 0
    assert page.evaluate(SHORT_WORDS_ON_SEVERAL_LINES) == []
    context.close()


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_a_page_asks_nobody_but_its_own_server(chromium: Browser, administrator: Person, path: str) -> None:
    context = chromium.new_context(base_url=administrator.server.url)
    page = context.new_page() if path in FOR_EVERYBODY else signed_in(context, administrator)
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))  # noqa: PLW0108 - it must take attributes
    page.goto(f"/console{path}")
    page.wait_for_load_state("networkidle")
    own = administrator.server.url
    assert {request.url for request in asked if not request.url.startswith((own, "data:", "blob:"))} == set()
    failed = [request.url for request in asked if (answer := request.response()) and answer.status >= 400]
    assert failed == ([f"{own}/console/nothing"] if path == "/nothing" else [])
    context.close()


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_a_page_lets_browsers_do_nothing_that_it_does_not_need(administrator: Person, path: str) -> None:
    headers = administrator.get(path).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"


def test_the_cookie_of_a_session_is_neither_for_scripts_nor_for_other_sites(crowd: Crowd) -> None:
    person = crowd.newcomer("viewer")
    _, answer = crowd.sign_in(person.name, person.password)
    [cookie] = [line for line in answer.headers.get_list("set-cookie") if line.startswith("visavis-session=")]
    assert {"HttpOnly", "SameSite=lax", "Path=/console"} <= set(cookie.split("; "))


def test_behind_tls_cookies_are_for_tls_and_this_host_alone(crowd: Crowd) -> None:
    client = crowd.browser()
    answer = client.get("/console/setup", headers={"X-Forwarded-Proto": "https"})
    [cookie] = answer.headers.get_list("set-cookie")
    assert cookie.startswith("__Host-visavis-visitor=")
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))


def test_every_page_can_be_reached_and_left_by_keyboard(
    server: Server, chromium: Browser, manager: Person
) -> None:
    context = chromium.new_context(base_url=server.url, locale="en-GB")
    page = signed_in(context, manager)
    page.goto("/console/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.id === 'main'")
    context.close()
