"""The recognition models of a models directory: built in, from accepted packs, and from own packs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from visavis.errors import SetupError
from visavis.vision.acceptance import accepted_packs
from visavis.vision.fitted_packs import BASE, read_fitted
from visavis.vision.models import CARDS, PACKS, RECOGNITION_CARDS, Pack, RecognitionCard, Task
from visavis.vision.own_packs import names_of_packs, read_content, read_pack
from visavis.vision.store import ModelStore


def best_installed(models: Path) -> RecognitionCard:
    """The most accurate built-in model of which no optional file is missing."""
    store = ModelStore(models)
    return next(
        card
        for card in RECOGNITION_CARDS
        if all(store.path(file).exists() for file in card.files if file.optional)
    )


def taken_names() -> set[str]:
    """What no model of one's own can be called: the names of those that are built in or come in packs."""
    return {card.name for card in (*RECOGNITION_CARDS, *(card for pack in PACKS for card in pack.cards))}


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The recognition models that may be used. Their files may still be missing."""

    cards: Mapping[str, RecognitionCard]
    """The cards of the recognition models, by name."""
    own: tuple[str, ...]
    """Names of the models that are own packs."""
    accepted: tuple[Pack, ...]
    """Packs under terms of their own, which somebody has accepted."""
    broken: Mapping[str, str]
    """Own packs whose card is refused, by name, with the reason."""

    @classmethod
    def read(cls, models: Path) -> Self:
        """Read the models directory. Raises SetupError if the record of accepted terms cannot be read."""
        accepted = accepted_packs(models)
        cards = {
            card.name: card for card in (*RECOGNITION_CARDS, *(card for pack in accepted for card in pack.cards))
        }
        contents, broken = _contents(models)
        own: dict[str, RecognitionCard] = {}
        for name, content in contents.items():
            try:
                if BASE in content:
                    known = cls(cards | own, (), accepted, broken)
                    own[name] = read_fitted(models, name, content, known.require)
                else:
                    own[name] = read_pack(models, name, content)
            except SetupError as error:
                broken[name] = str(error)
        return cls(cards | own, tuple(sorted(own)), accepted, broken)

    def require(self, name: str) -> RecognitionCard:
        """The card of this name. Raises SetupError, with the reason, if there is none."""
        card = self.cards.get(name)
        if card is not None:
            return card
        if name in self.broken:
            raise SetupError(self.broken[name])
        for pack in PACKS:
            if name in {each.name for each in pack.cards}:
                raise SetupError(
                    f"The recognition model {name} is for non-commercial use only; read its terms with: "
                    f"visavis models pull {pack.name}"
                )
        raise SetupError(f"There is no recognition model {name}, only: {', '.join(self.cards)}.")


def _contents(models: Path) -> tuple[dict[str, dict[str, object]], dict[str, str]]:
    """The cards of packs of the user's own, those with networks first, and why others are refused; by name."""
    contents, broken = {}, {}
    taken = taken_names()
    for name in names_of_packs(models):
        try:
            if name in taken:
                raise SetupError(f"The pack {name} in {models} has the name of another recognition model.")  # noqa: TRY301
            contents[name] = read_content(models, name)
        except SetupError as error:
            broken[name] = str(error)
    return dict(sorted(contents.items(), key=lambda item: BASE in item[1])), broken


def installed(store: ModelStore, catalogue: Catalogue) -> list[tuple[str, str, str]]:
    """Name, task and licence of what is there: recognition models as recipes, all others network by network."""
    recipes = [card for card in catalogue.cards.values() if all(store.path(file).exists() for file in card.files)]
    others = [card for card in CARDS if card.task is not Task.RECOGNITION and store.path(card).exists()]
    return [
        *((card.name, Task.RECOGNITION.name.lower(), card.licence) for card in recipes),
        *((card.name, card.task.name.lower(), card.licence) for card in others),
    ]
