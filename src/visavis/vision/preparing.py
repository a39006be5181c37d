"""Edits all networks of a models directory once, so that servers start faster."""

from __future__ import annotations

import logging
from pathlib import Path

from visavis.errors import SetupError
from visavis.vision.analyzer import Analyzer
from visavis.vision.catalogue import Catalogue
from visavis.vision.recognition import Recognizers
from visavis.vision.store import ModelStore

logger = logging.getLogger(__name__)


def prepare(models: Path) -> None:
    """Edit and store the networks of all present models. Raises SetupError if one cannot be written."""
    store = ModelStore(models, keeps_prepared=True)
    catalogue = Catalogue.read(models)
    recognizers = Recognizers(store, catalogue)
    Analyzer.load(store, 1, recognizers)
    for card in catalogue.cards.values():
        if all(store.path(file).exists() for file in card.files):
            try:
                recognizers.load(card.name)
            except SetupError as error:
                if card.name not in catalogue.own:
                    raise
                logger.warning("The recognition model %s cannot be used: %s", card.name, error)
