"""Estimates how many strangers match somebody in a gallery, as numbers of people: 4 of 100."""

from __future__ import annotations

from dataclasses import dataclass

from visavis.core.calibration import similarity_against_strangers, strangers_matched

BEARABLE = 0.01
"""The share of strangers that a similarity is recommended for: one in 100."""

_CROWDS = (100, 1_000, 10_000, 100_000, 1_000_000)
_CLOSE_ENOUGH = 0.1
"""Largest relative error of a rounded number: "about 1" would be wrong for 1.4."""


@dataclass(frozen=True, slots=True)
class Strangers:
    """About `about` of `of` strangers."""

    about: int
    of: int


def strangers(similarity: float, faces: int) -> Strangers:
    """How many strangers match one of `faces` at a similarity of 0-100, as whole people: 4 of 100, or 4 of 10,000.

    The crowd is the smallest one for which the whole number is within 10 % of the estimate.
    """
    share = strangers_matched(similarity, faces)
    fitting = (of for of in _CROWDS if abs(round(share * of) - share * of) <= _CLOSE_ENOUGH * share * of)
    of = next(fitting, _CROWDS[-1])
    return Strangers(round(share * of), of)


def are_too_many(similarity: float, faces: int) -> bool:
    """Whether more than one in 100 strangers match one of `faces` at this similarity, 0-100."""
    return strangers_matched(similarity, faces) > BEARABLE


def enough_similarity(faces: int) -> int | None:
    """The lowest whole similarity at which at most one in 100 strangers matches one of `faces`.

    None if more of them match even at 99, where the scale ends.
    """
    least = similarity_against_strangers(BEARABLE, faces)
    return None if least is None else int(least)
