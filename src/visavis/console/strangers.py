"""What a similarity means for strangers who are searched for in a group, in words."""

from __future__ import annotations

from dataclasses import dataclass

from visavis.console.i18n import Catalogue
from visavis.core.strangers import enough_similarity, strangers

_ABOVE_THE_SCALE = 101


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a page and its script say beside a least similarity."""

    description: list[str]
    """How many strangers would match, for each whole similarity, 0-100."""
    enough: int
    """From this similarity on there is nothing to advise."""
    advice: str
    """For every similarity below."""

    def at(self, similarity: float) -> str:
        return self.description[int(similarity)]


def meaning(words: Catalogue, faces: int) -> Meaning:
    """For a group of so many faces."""
    description = [_told(words, similarity, faces) for similarity in range(101)]
    enough = enough_similarity(faces)
    if enough is None:
        return Meaning(description, _ABOVE_THE_SCALE, words("strangers.never_enough"))
    return Meaning(description, enough, words("strangers.advice", similarity=enough))


def _told(words: Catalogue, similarity: int, faces: int) -> str:
    if not faces:
        return words("strangers.nobody")
    found = strangers(similarity, faces)
    if found.about == found.of:
        return words.count("strangers.nearly_all", faces)
    return words.count("strangers.some", faces, about=f"{found.about:,}", of=f"{found.of:,}")
