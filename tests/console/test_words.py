"""Both catalogues say the same things, and nothing is said outside of them."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from string import Formatter

import pytest
from jinja2 import Environment

import visavis.console
from visavis.console.i18n import LANGUAGES, Catalogue, preferred, read_catalogues
from visavis.errors import AccountErrorCode, ErrorCode
from visavis.identities import Role

HOME = Path(visavis.console.__file__).parent
TEMPLATES = sorted((HOME / "templates").glob("*.html"))
CATALOGUES = read_catalogues()
SPOKEN = {"alt", "aria-label", "content", "label", "placeholder", "title"}
"""Attributes that people read or hear."""


def placeholders(message: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(message) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_messages_with_the_same_values_in_them(language: str) -> None:
    english, other = CATALOGUES["en"].messages, CATALOGUES[language].messages
    assert other.keys() == english.keys()
    assert {key for key in english if placeholders(english[key]) != placeholders(other[key])} == set()
    assert {key for key, message in other.items() if not message.strip()} == set()


def test_korean_is_korean() -> None:
    of_all_languages = {"ui.product"}
    korean = CATALOGUES["ko"].messages
    latin = {key for key, message in korean.items() if not re.search("[가-힣]", message)}
    assert latin <= of_all_languages


@pytest.mark.parametrize("words", CATALOGUES.values(), ids=LANGUAGES)
def test_there_are_words_for_every_error_and_every_role(words: Catalogue) -> None:
    needed = {f"error.{code}" for code in ErrorCode} | {f"account_error.{reason}" for reason in AccountErrorCode}
    needed |= {f"role.{role}" for role in Role} | {f"role.about.{role}" for role in Role}
    assert needed <= words.messages.keys()


class _Spoken(HTMLParser):
    """What a template says by itself, and not by a message."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def handle_data(self, data: str) -> None:
        self.said += re.findall(r"[^\W\d_]{2,}", data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in SPOKEN and not (tag == "meta" and name == "content"):
                self.said += re.findall(r"[^\W\d_]{2,}", value or "")


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_no_words_of_its_own(template: Path) -> None:
    source = template.read_text("utf-8")
    # Commands are the same in every language.
    source = re.sub(r"<code>.*?</code>", "", source)
    source = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", source, flags=re.DOTALL)
    spoken = _Spoken()
    spoken.feed(source)
    assert spoken.said == []


@pytest.mark.parametrize("script", sorted((HOME / "static").glob("*.js")), ids=lambda path: path.name)
def test_a_script_has_no_sentences_of_its_own(script: Path) -> None:
    code = re.sub(r"^\s*//.*$", "", script.read_text("utf-8"), flags=re.MULTILINE)
    assert re.findall(r"""["'`][A-Z][a-z]+ [a-z]+[^"'`]*["'`]""", code) == []


def test_every_message_that_a_template_names_is_there() -> None:
    named = set()
    for template in TEMPLATES:
        source = template.read_text("utf-8")
        named |= set(re.findall(r"""\bt\(['"]([\w.]+)['"]\s*[,)]""", source))
        named |= {f"{key}.one" for key in re.findall(r"""\bt\.count\(['"]([\w.]+)['"]""", source)}
        Environment(autoescape=True).parse(source)
    assert named <= CATALOGUES["en"].messages.keys()


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("ko", "ko"),
        ("ko-KR,ko;q=0.9,en-US;q=0.8", "ko"),
        ("en-US,ko;q=0.9", "en"),
        ("fr,ko;q=0.5,en;q=0.6", "en"),
        ("fr, ko; q=0.5", "en"),
        ("KO-kr", "ko"),
        ("*", "en"),
        ("ko;q=nonsense,en;q=0.1", "en"),
    ],
)
def test_the_browsers_wishes_decide_the_language_at_first(header: str, language: str) -> None:
    assert preferred(header) == language
