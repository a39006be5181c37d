"""Describes in words how many strangers match at a similarity."""

from __future__ import annotations

from dataclasses import dataclass

from visavis.console.i18n import Catalogue
from visavis.core.strangers import enough_similarity, strangers

_ABOVE_THE_SCALE = 101


@dataclass(frozen=True, slots=True)
class Meaning:
    """Sentences that a page and its script show beside a threshold."""

    description: list[str]
    """A sentence on how many strangers match, for each whole similarity, 0-100."""
    enough: int
    """From this similarity on there is no advice."""
    advice: str
    """A sentence for every similarity below `enough`."""

    def at(self, similarity: float) -> str:
        return self.description[int(similarity)]


def meaning(messages: Catalogue, faces: int) -> Meaning:
    """The sentences for a group with this number of faces."""
    description = [_sentence(messages, similarity, faces) for similarity in range(101)]
    enough = enough_similarity(faces)
    if enough is None:
        return Meaning(description, _ABOVE_THE_SCALE, messages("strangers.never_enough"))
    return Meaning(description, enough, messages("strangers.advice", similarity=enough))


def _sentence(messages: Catalogue, similarity: int, faces: int) -> str:
    if not faces:
        return messages("strangers.nobody")
    found = strangers(similarity, faces)
    if found.about == found.of:
        return messages.count("strangers.nearly_all", faces)
    return messages.count("strangers.some", faces, about=f"{found.about:,}", of=f"{found.of:,}")
