"""Recipes that their user fitted: packs that name a base for its networks, and bring a mean, centres and a scale.

`MODELS/packs/NAME/card.toml` has the name of the base, the SHA-256 of each of its networks, and that of `fit.json`
beside it. `visavis calibrate DIR --recipe NAME` writes both.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Self

import numpy as np
from pydantic import Field, model_validator

from visavis.errors import SetupError
from visavis.vision.models import Centring, Fit, RecognitionCard
from visavis.vision.own_packs import (
    CARD,
    FOLDER,
    Number,
    Part,
    Text,
    fields_of,
    rise_strictly,
    validated,
)

BASE = "base"
"""The field that distinguishes such a card from one with networks of its own."""
FIT = "fit.json"
_Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class FittedCard(Part):
    base: Text
    networks: tuple[_Sha256, ...]
    fit_sha256: _Sha256


class FitFile(Part):
    set: Text
    knots: tuple[tuple[float, float], ...] = Field(min_length=2, max_length=1000)
    mean: tuple[Number, ...]
    pull: float = Field(ge=0, le=1)
    focus: float = Field(ge=0, le=1000)
    centres: tuple[tuple[Number, ...], ...] = Field(min_length=1, max_length=10_000)

    @model_validator(mode="after")
    def _scale_rises(self) -> Self:
        if not rise_strictly(self.knots) or self.knots[-1][0] > 1 or self.knots[-1][1] != 100:
            raise ValueError("knots must rise strictly in both columns, from [-1, 0] to a similarity of 100")
        return self


def why_no_base(card: RecognitionCard) -> str | None:
    """Why no recipe can be fitted to the networks of this one, in a sentence; None if one can."""
    if card.base is not None:
        return f"{card.name} was itself fitted, to the networks of {card.base}: that is the base to name."
    if card.lift is None:
        return None
    return (
        f"{card.name} lifts the cosines of poor pictures, and centres are fitted to recipes that do not: "
        "take one of the same networks that has no lift, as sface-fr-2 is to sface-fr."
    )


def written(card: RecognitionCard, base: RecognitionCard) -> dict[str, bytes]:
    """The files of a recipe that was fitted to the networks of a base, by name."""
    centring = card.fit.centring
    if centring is None:
        raise ValueError("a fitted recipe has centres")
    fit = {
        "set": card.fit.set,
        "knots": card.fit.knots,
        "mean": card.mean,
        "pull": centring.pull,
        "focus": centring.focus,
        # The fewest digits that distinguish a half-precision number from its neighbours.
        "centres": [[float(str(value)) for value in centre] for centre in centring.centres.astype(np.float16)],
    }
    content = (json.dumps(fit) + "\n").encode()
    fields: list[tuple[str, object]] = [
        (BASE, base.name),
        ("networks", _networks(base)),
        ("fit_sha256", hashlib.sha256(content).hexdigest()),
    ]
    return {
        CARD: "\n".join(["# Written by `visavis calibrate`.", *fields_of(fields), ""]).encode(),
        FIT: content,
    }


def read_fitted(
    models: Path, name: str, content: Mapping[str, object], require: Callable[[str], RecognitionCard]
) -> RecognitionCard:
    """The recipe of a folder whose card has this content.

    `require` gives the recognition model of a name, or raises SetupError. Raises SetupError that names the file
    and what is wrong with it: a base that is not there or has other networks, a fit that is damaged.
    """
    folder = models / FOLDER / name
    path = folder / CARD
    card = validated(FittedCard, path, json.dumps(content, default=str))
    try:
        base = require(card.base)
    except SetupError as error:
        raise SetupError(f"{path}: {BASE}: {error}") from error
    obstacle = why_no_base(base)
    if obstacle is not None:
        raise SetupError(f"{path}: {BASE}: {obstacle}")
    if card.networks != _networks(base):
        raise SetupError(f"{path}: networks: those of {base.name} are others, so the fit is not about them.")
    fit = _fit(folder / FIT, card.fit_sha256, sum(network.dimension for network in base.networks))
    return replace(base, name=name, base=base.name, accuracy=(), own_fit=fit)


def _fit(path: Path, sha256: str, dimension: int) -> Fit:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SetupError(f"{path} cannot be read ({error.strerror}); put it back from a copy.") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise SetupError(f"{path} is damaged: it is not the file that the {CARD} beside it means.")
    file = validated(FitFile, path, content)
    lengths = {len(file.mean), *map(len, file.centres)}
    if lengths != {dimension}:
        found = ", ".join(f"{length:,}" for length in sorted(lengths - {dimension}))
        raise SetupError(f"{path}: mean and centres have {dimension:,} numbers each, and not {found}.")
    centres = np.array(file.centres, np.float16).astype(np.float32)
    if not np.linalg.norm(centres, axis=1).all():
        raise SetupError(f"{path}: centres: one of them is zero, and points nowhere.")
    return Fit(file.set, file.knots, file.mean, Centring(centres, file.pull, file.focus))


def _networks(base: RecognitionCard) -> tuple[str, ...]:
    """The SHA-256 of each network file."""
    return tuple(file.sha256 for file in base.files)
