"""How soon a password is guessed: held against 30,000 common ones, words, names, dates and keyboards (zxcvbn)."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

_LOOKED_AT = 72
"""Characters; the time that looking takes grows faster than they do."""

_one_at_a_time = Lock()
"""The library keeps what it is told of a person in one place for all."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What somebody needs who tries the likeliest first."""

    guesses: int
    """Its order of magnitude: 8 for 100,000,000."""
    is_common: bool
    """Whether it is a common password, or is made of one."""


def estimate(password: str, known: Sequence[str] = ()) -> Estimate:
    """`known` are words that whoever guesses tries first, such as the name of the owner."""
    from zxcvbn import zxcvbn  # noqa: PLC0415 - its lists take their time, and are rarely needed
    from zxcvbn.matching import RANKED_DICTIONARIES  # noqa: PLC0415

    text = unicodedata.normalize("NFKC", password)
    if text.casefold() in RANKED_DICTIONARIES["passwords"]:
        return Estimate(0, is_common=True)
    with _one_at_a_time:
        found = zxcvbn(text[:_LOOKED_AT], user_inputs=[word for word in known if word], max_length=_LOOKED_AT)
    return Estimate(math.floor(found["guesses_log10"]), any(_is_common(match) for match in found["sequence"]))


def _is_common(match: dict[str, object]) -> bool:
    if match.get("dictionary_name") == "passwords":
        return True
    inner = match.get("base_matches")
    return isinstance(inner, list) and any(_is_common(each) for each in inner)
