"""Recognition models for tests of several at once: that of the guide to models of one's own, and others."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from visavis.vision.conversion import Recipes
from visavis.vision.models import RECOGNITION_CARDS, SFACE, SFACE_NETWORK
from visavis.vision.store import ModelStore

GUIDE = Path(__file__).parents[1] / "docs" / "models-of-your-own.md"
NAME = "sface-mirrored"
PLAIN = "sface-plain"
"""The name of a pack of the same network as sface-2021dec, fed in the same way."""


def example() -> str:
    """The card that the guide shows."""
    [card] = re.findall(r"^```toml\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return str(card)


def plain_card() -> str:
    """A card whose network is that of sface-2021dec, and whose mean is another."""
    mean = ", ".join(f"{0.6 * value:.6f}" for value in SFACE.mean)
    views = "[[network.view]]\n\n[[network.view]]\nmirrored = true\n"
    assert views in example()
    return f"{example().replace(views, '')}mean = [{mean}]\n"


def add_pack(models: Path, store: ModelStore, card: str | None = None, name: str = NAME) -> Path:
    """Put the pack of the guide, or one with another card, into a models directory; the pack's folder."""
    folder = models / "packs" / name
    folder.mkdir(parents=True)
    folder.joinpath("card.toml").write_text(example() if card is None else card, encoding="utf-8")
    shutil.copy(store.path(SFACE_NETWORK), folder / "sface.onnx")
    return folder


def older_and_newer() -> tuple[str, str]:
    """A built-in model that is not the newest of its networks, and the newest."""
    recipes = Recipes({card.name: card for card in RECOGNITION_CARDS})
    for card in reversed(RECOGNITION_CARDS):
        newer = recipes.newer_of(card.name)
        if newer is not None:
            return card.name, newer
    pytest.skip("there is but one recipe of any networks")


def link_models(models: Path, store: ModelStore) -> Path:
    """A models directory with what the store has."""
    models.mkdir()
    for file in store.directory.iterdir():
        if file.is_file():
            (models / file.name).symlink_to(file)
    return models
