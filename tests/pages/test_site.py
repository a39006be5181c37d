"""The site that `make site` has written: whole, in two languages, and nothing of it is fetched from elsewhere."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urldefrag, urlsplit

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SITE = ROOT / "site"

FETCHED = {
    "script": "src",
    "img": "src",
    "source": "src",
    "iframe": "src",
    "video": "src",
    "audio": "src",
    "object": "data",
    "link": "href",
}
"""What a browser fetches by itself, by the attribute that says from where."""


class Links(HTMLParser):
    """What a page fetches, and where it leads."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.leads_to: list[str] = []
        self.classes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.classes |= set(attributes.get("class", "").split())
        if tag in FETCHED and attributes.get("rel") not in {"canonical", "alternate", "prev", "next"}:
            self.fetched += [attributes[FETCHED[tag]]] if FETCHED[tag] in attributes else []
        if tag == "a" and "href" in attributes:
            self.leads_to.append(attributes["href"])


def pages() -> list[Path]:
    found = sorted(page for page in SITE.rglob("*.html") if SITE / "files" not in page.parents)
    assert len(found) > 100, "run: make site"
    return found


def links_of(page: Path) -> Links:
    links = Links()
    links.feed(page.read_text(encoding="utf-8"))
    return links


def test_every_page_is_there_in_both_languages() -> None:
    for source in DOCS.rglob("*.md"):
        if source.name.endswith(".ko.md"):
            continue
        path = source.relative_to(DOCS).with_suffix("")
        target = path.parent if path.name in {"index", "README"} else path
        for language in ("", "ko"):
            assert (SITE / language / target / "index.html").is_file(), source


def test_what_was_translated_is_in_korean_and_the_rest_in_english() -> None:
    def title(path: str) -> str:
        [found] = re.findall(r"<h1[^>]*>(.*?)<a", (SITE / path / "index.html").read_text(encoding="utf-8"))
        return str(found)

    assert (title("api/spoofing"), title("ko/api/spoofing")) == ("Spoofing", title("ko/api/spoofing"))
    assert re.search("[가-힣]", title("ko/api/spoofing"))
    assert re.search("[가-힣]", title("ko/operations"))
    assert title("ko/sizing") == title("sizing")


def test_the_korean_site_says_which_pages_are_in_english_only() -> None:
    def says_so(path: str) -> bool:
        return "이 페이지는 영어로만 제공됩니다" in (SITE / path / "index.html").read_text(encoding="utf-8")

    assert says_so("ko/sizing")
    assert not says_so("sizing")
    assert not says_so("ko/operations")


def test_nothing_is_fetched_from_another_host() -> None:
    for page in pages():
        links = links_of(page)
        assert [url for url in links.fetched if urlsplit(url).netloc] == [], page
        assert "mermaid" not in links.classes, "the theme would fetch a library for it"
    for style in SITE.rglob("*.css"):
        text = style.read_text(encoding="utf-8")
        assert re.findall(r"(?:@import|url\()\s*[\"']?(?:https?:)?//[^)\"']+", text) == [], style


def test_every_link_leads_to_a_file_of_the_site() -> None:
    for page in pages():
        if page.name == "404.html":
            continue  # served from any path, so its links begin at the root
        for href in links_of(page).leads_to:
            url, _ = urldefrag(href)
            if not url or urlsplit(url).scheme:
                continue
            target = (page.parent / url).resolve()
            assert target.is_file() or (target / "index.html").is_file(), f"{page}: {href}"


def test_files_of_the_repository_that_pages_speak_of_come_along_as_they_are() -> None:
    copied = [path for path in (SITE / "files").rglob("*") if path.is_file()]
    assert {path.name for path in copied} >= {"nginx.conf", "compose.yaml", "visavis.json", "visavis-alerts.yml"}
    for path in copied:
        original = ROOT / path.relative_to(SITE / "files")
        assert path.read_bytes() == (original if original.exists() else original.with_suffix(".md")).read_bytes()


@pytest.mark.parametrize("word", ["similarity", "얼굴"])
def test_the_search_finds_words_of_both_languages(word: str) -> None:
    index = json.loads((SITE / "search" / "search_index.json").read_text(encoding="utf-8"))
    assert [entry for entry in index["docs"] if word in entry["text"].lower()]
    assert {"en", "ko"} <= set(index["config"]["lang"])
