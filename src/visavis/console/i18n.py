"""The console's messages in English and Korean: one catalogue for each language, with the same keys."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LANGUAGES = {"en": "English", "ko": "한국어"}
"""Languages by tag (BCP 47), each with its own name."""

_FOLDER = Path(__file__).parent / "messages"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The messages of one language."""

    language: str
    messages: Mapping[str, str]

    def __call__(self, key: str, /, **values: object) -> str:
        """The message with the values for its `{names}`. Raises KeyError for an unknown key."""
        message = self.messages[key]
        return message.format(**values) if values else message

    def count(self, key: str, number: int, /, **values: object) -> str:
        """The message `key.one` or `key.other`, with the number as `{count}`."""
        form = "one" if number == 1 else "other"
        return self(f"{key}.{form}", count=f"{number:,}", **values)

    def has(self, key: str) -> bool:
        return key in self.messages

    def under(self, prefix: str) -> dict[str, str]:
        """The messages whose key begins with `prefix.`, by the rest of the key; for scripts."""
        start = f"{prefix}."
        return {key.removeprefix(start): text for key, text in self.messages.items() if key.startswith(start)}


def read_catalogues() -> dict[str, Catalogue]:
    """The catalogues of all languages, by tag, from the files of the package."""
    return {tag: Catalogue(tag, dict(_messages(tag))) for tag in LANGUAGES}


def _messages(tag: str) -> Iterator[tuple[str, str]]:
    for path in sorted((_FOLDER / tag).glob("*.toml")):
        yield from _flat(tomllib.loads(path.read_text("utf-8")), path.stem)


def _flat(table: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        key = f"{prefix}.{name}"
        if isinstance(value, str):
            yield key, value
        else:
            yield from _flat(value, key)


def preferred(header: str) -> str:
    """The tag of the best language for an Accept-Language header (RFC 9110, 12.5.4)."""
    wishes = []
    for position, part in enumerate(header.split(",")[:20]):
        tag, _, weight = part.strip().partition(";q=")
        wishes.append((-_weight(weight), position, tag.partition("-")[0].lower()))
    return next((tag for _, _, tag in sorted(wishes) if tag in LANGUAGES), "en")


def _weight(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0
