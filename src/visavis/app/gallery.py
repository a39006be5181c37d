"""Builds the services for apps and groups, without models, for commands."""

from __future__ import annotations

from collections.abc import Container

from visavis.core.groups import Groups
from visavis.settings import Settings
from visavis.storage.store import Storage
from visavis.vision.catalogue import Catalogue
from visavis.vision.conversion import Recipes

DIALECT_NAMES = ("v1", "plus", "v2", "v2.1", "searchface")
"""Names of all wire protocols, in the order of `DIALECTS`; commands need only these."""


def groups_of(settings: Settings, catalogue: Catalogue, storage: Storage, scales: Container[str]) -> Groups:
    """The service for groups; `scales` has the names of the recognition models with a similarity scale."""
    recipes = Recipes(catalogue.cards)
    return Groups(storage.gallery, settings.recognition_model, settings.quota.groups_per_app, recipes, scales)
