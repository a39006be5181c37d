"""The recognition model that the guide to models of one's own builds, for tests of several models at once."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from visavis.vision.models import SFACE_NETWORK
from visavis.vision.store import ModelStore

GUIDE = Path(__file__).parents[1] / "docs" / "models-of-your-own.md"
NAME = "sface-mirrored"


def example() -> str:
    """The card that the guide shows."""
    [card] = re.findall(r"^```toml\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return str(card)


def add_pack(models: Path, store: ModelStore, card: str | None = None, name: str = NAME) -> Path:
    """Put the pack of the guide, or one with another card, into a models directory; the pack's folder."""
    folder = models / "packs" / name
    folder.mkdir(parents=True)
    folder.joinpath("card.toml").write_text(example() if card is None else card, encoding="utf-8")
    shutil.copy(store.path(SFACE_NETWORK), folder / "sface.onnx")
    return folder


def link_models(models: Path, store: ModelStore) -> Path:
    """A models directory with what the store has."""
    models.mkdir()
    for file in store.directory.iterdir():
        if file.is_file():
            (models / file.name).symlink_to(file)
    return models
