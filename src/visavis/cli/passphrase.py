"""Reads the passphrase of an archive. It is never an argument, which other users of the machine could see."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from visavis.core.guessing import estimate
from visavis.errors import SetupError, reason
from visavis.settings import Settings
from visavis.transfer.archive.header import SHORTEST_PASSPHRASE

_LONGEST = 10_000

_FEWEST_GUESSES = 12
"""Powers of ten. At the cost of an archive's key, that many take a hundred computers some years."""

PassphraseFd = Annotated[
    int | None,
    typer.Option(
        "--passphrase-fd",
        min=0,
        help="Read the passphrase from this file descriptor, up to the end of its first line "
        "[env: VISAVIS_ARCHIVE_PASSPHRASE; asked for]",
    ),
]


def new_passphrase(settings: Settings, descriptor: int | None) -> str:
    """The passphrase of a new archive. Raises SetupError if it is too short or too easy to guess."""
    passphrase = _given(settings, descriptor) or _asked("Passphrase of the archive", twice=True)
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise SetupError(
            f"The passphrase has {len(passphrase)} characters; it needs at least {SHORTEST_PASSPHRASE}. "
            "Anybody who has the archive can try passphrases for as long as they like: use several random words."
        )
    found = estimate(passphrase, ("visavis",))
    if found.guesses < _FEWEST_GUESSES:
        why = "contains a common password" if found.is_common else "is too easy to guess"
        raise SetupError(
            f"The passphrase {why}. Anybody who has the archive can try passphrases for as long as they like: "
            "use several random words."
        )
    return passphrase


def known_passphrase(settings: Settings, descriptor: int | None) -> str:
    """The passphrase of an existing archive."""
    return _given(settings, descriptor) or _asked("Passphrase of the archive", twice=False)


def _given(settings: Settings, descriptor: int | None) -> str | None:
    if descriptor is not None:
        try:
            text = os.read(descriptor, _LONGEST).decode()
        except (OSError, UnicodeDecodeError) as error:
            raise SetupError(
                f"Cannot read a passphrase from file descriptor {descriptor}: {reason(error)}."
            ) from error
        return text.split("\n", 1)[0].removesuffix("\r") or None
    return settings.archive_passphrase.get_secret_value() if settings.archive_passphrase else None


def _asked(prompt: str, *, twice: bool) -> str:
    if not sys.stdin.isatty():
        raise SetupError("There is no passphrase: set VISAVIS_ARCHIVE_PASSPHRASE, or give --passphrase-fd.")
    passphrase: str = typer.prompt(prompt, hide_input=True, confirmation_prompt=twice)
    return passphrase
