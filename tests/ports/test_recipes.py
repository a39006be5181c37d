"""Recognition models that are made of the same networks."""

from __future__ import annotations

import numpy as np
import pytest

from harness.storage.recipes import NEW, OLD, OTHER
from tests.fakes.recipes import FakeRecipes
from visavis.core.ports import Recipes
from visavis.vision import conversion


@pytest.fixture(params=["fake", "real"])
def recipes(request: pytest.FixtureRequest) -> Recipes:
    """From the old model a way leads to the new one, and from the other one none does."""
    if request.param == "fake":
        return FakeRecipes({(OLD.name, NEW.name): np.negative})
    cards = (NEW, OLD, OTHER)
    return conversion.Recipes({card.name: card for card in cards}, cards)


@pytest.mark.parametrize(
    ("model", "newer"), [(OLD.name, NEW.name), (NEW.name, None), (OTHER.name, None), ("nowhere", None)]
)
def test_the_newer_model_is_the_one_that_a_way_leads_to(recipes: Recipes, model: str, newer: str | None) -> None:
    assert recipes.newer_of(model) == newer
