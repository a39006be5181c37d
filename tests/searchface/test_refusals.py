"""A face that is refused leaves nothing behind."""

from __future__ import annotations

import pytest

from .desk import Desk
from .recipes import RECIPES
from .tables import OPERATIONS

REFUSALS = sorted(set(OPERATIONS["add_face"].recipes.values()))


@pytest.mark.parametrize("recipe", REFUSALS)
def test_nothing_is_stored_of_a_face_that_is_refused(recipe: str, desk: Desk) -> None:
    fresh = desk.new_collection()
    ask = RECIPES[recipe](desk.ask("add_face").put("collectionId", fresh), desk)
    assert ask.send(desk.server).status_code in {400, 403}
    assert desk.v2("GET", f"/groups/{fresh}")["faceCount"] == desk.listed(fresh)["totalCount"] == 0
    assert stored(desk, ask.parameters.get("collectionId", fresh)) == 0


def stored(desk: Desk, collection: str) -> int:
    """Faces in a collection; none where there is no such collection."""
    response = desk.ask("list_faces").put("collectionId", collection).send(desk.server)
    return int(response.json().get("totalCount", 0))
