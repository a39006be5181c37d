"""Which people are fitted on, and which are left for measuring: by a hash of the name, so that it never moves."""

from __future__ import annotations

from hashlib import sha256

_FITTED_OF_FIVE = {"ea": 3}
"""People of East Asian public figures are few, and mostly wanted for measuring."""


def fitted_on(set_name: str, person: str) -> bool:
    """Three people of five; of set `ea` two."""
    return sha256(f"part {person}".encode()).digest()[0] % 5 < _FITTED_OF_FIVE.get(set_name, 3)
