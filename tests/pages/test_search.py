"""In a browser, the search of the site finds words of both languages, and the switch shows versions."""

from __future__ import annotations

import functools
import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from harness import site_versions
from harness.console.browser import ARGUMENTS, CHROMIUM

ROOT = Path(__file__).parents[2]
SITE = ROOT / "site"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The URL under which a web server shows the folder."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.mark.parametrize(
    ("home", "query", "page"),
    [
        ("", "impact assessment", "papers/impact-assessment/"),
        ("ko/", "영향평가서", "ko/papers/impact-assessment/"),
        ("ko/", "안내판을", "ko/papers/sign/"),
        ("ko/", "스푸핑", "ko/api/spoofing/"),
        ("ko/", "동의서에서", "ko/papers/consent/"),
        ("ko/", "임계값", "ko/concepts/similarity/"),
        ("ko/", "얼굴 등록", "ko/concepts/gallery/"),
        ("ko/", "그룹에서", "ko/concepts/gallery/"),
        ("ko/", "타인수락률", "ko/concepts/similarity/"),
    ],
)
def test_a_page_is_found_by_what_somebody_types(browser: Browser, home: str, query: str, page: str) -> None:
    with served(SITE) as url:
        tab = browser.new_page()
        tab.goto(f"{url}/{home}")
        tab.set_default_timeout(10_000)
        tab.click("input[name=query]")
        tab.wait_for_load_state("networkidle")  # until the index is there
        tab.fill("input[name=query]", query)
        tab.press("input[name=query]", "End")  # the theme looks when a key is let go
        tab.wait_for_selector(".md-search-result__item")
        found = tab.eval_on_selector_all(".md-search-result__link", "links => links.map(link => link.href)")
        tab.close()
    assert any(f"/{page}" in link for link in found), found[:10]


def test_the_switch_of_versions_shows_what_lies_beside_the_page(browser: Browser, tmp_path: Path) -> None:
    site, sites = tmp_path / "site", tmp_path / "sites"
    site_versions.build(site)
    for version in ("0.9.0", "0.10.0", "0.9.1"):
        site_versions.add(site, version, sites)
    with served(sites) as url:
        tab = browser.new_page()
        tab.goto(url)
        tab.wait_for_url(f"{url}/0.10.0/")
        tab.wait_for_selector(".md-version__link", state="attached")
        shown = [text.strip() for text in tab.locator(".md-version__link").all_text_contents()]
        tab.close()
    assert shown == ["0.10.0", "0.9.1", "0.9.0"]


def test_a_version_that_is_written_again_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    site, sites = tmp_path / "site", tmp_path / "sites"
    site.mkdir()
    (site / "index.html").write_text("old")
    site_versions.add(site, "1.0.0", sites)
    (sites / "1.0.0" / "gone.html").touch()
    (site / "index.html").write_text("new")
    site_versions.add(site, "1.0.0", sites)
    assert [path.read_text() for path in (sites / "1.0.0").iterdir()] == ["new"]
    assert [each["version"] for each in json.loads((sites / "versions.json").read_text())] == ["1.0.0"]
    shutil.rmtree(sites)
    with pytest.raises(ValueError, match="is no version"):
        site_versions.add(site, "../1.0.0", sites)
