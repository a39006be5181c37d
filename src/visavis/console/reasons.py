"""English sentences of the server in the language of a reader: reasons of errors, details of the audit log."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "messages"


class Reasons:
    """Sentences by their English template, in which each `{}` is a value.

    A translated sentence has `{0}` in place of the first value. A value that is itself in the table, such as the
    name of a defect, is translated too; any other stays as it is.
    """

    def __init__(self, sentences: Mapping[str, str]) -> None:
        self.sentences = sentences
        by_literal_text = sorted(sentences, key=lambda template: -len(template.replace("{}", "")))
        self._patterns = [(_pattern(template), sentences[template]) for template in by_literal_text]

    def __call__(self, detail: str) -> str | None:
        """The sentence, `X-Error-Detail` or the end of one, in this language; None if it is not in the table."""
        text = detail.strip()
        for pattern, sentence in self._patterns:
            if match := pattern.fullmatch(text):
                values = [self._value(value) for value in match.groups()]
                return sentence.format(*values)
        return None

    def _value(self, text: str) -> str:
        return self(text) or text if text else ""


def read_reasons(language: str) -> Reasons:
    """The reasons in a language, by its tag; none in English, which needs no table."""
    return _read("reasons", language)


def read_details(language: str) -> Reasons:
    """The details of records of the audit log in a language, by its tag; none in English."""
    return _read("details", language)


def detail_in(language: str, detail: str) -> str | None:
    """The detail of a record of the audit log, also several with commas between; None without translation."""
    details = read_details(language)
    parts = [details(part) for part in detail.split(", ")]
    known = [part for part in parts if part is not None]
    return ", ".join(known) if len(known) == len(parts) else details(detail)


@cache
def _read(kind: str, language: str) -> Reasons:
    path = _FOLDER / kind / f"{language}.toml"
    return Reasons(tomllib.loads(path.read_text("utf-8")) if path.exists() else {})


def _pattern(template: str) -> re.Pattern[str]:
    """Matches what was made of the template, also with a capital letter and a full stop as a header has it."""
    parts = [re.escape(part) for part in template.removesuffix(".").split("{}")]
    if first := re.match(r"[a-z]", template):
        parts[0] = f"[{first[0]}{first[0].upper()}]{parts[0][1:]}"
    return re.compile("(.*?)".join(parts) + r"\.?", re.DOTALL)
