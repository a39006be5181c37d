"""A face that is refused leaves nothing behind."""

from __future__ import annotations

import pytest

from .client import SearchFaceClient
from .recipes import RECIPES
from .tables import OPERATIONS

REFUSALS = sorted(set(OPERATIONS["add_face"].recipes.values()))


@pytest.mark.parametrize("recipe", REFUSALS)
def test_nothing_is_stored_of_a_face_that_is_refused(recipe: str, client: SearchFaceClient) -> None:
    fresh = client.new_collection()
    ask = RECIPES[recipe](client.ask("add_face").put("collectionId", fresh), client)
    assert ask.send(client.server).status_code in {400, 403}
    assert client.v2("GET", f"/groups/{fresh}")["faceCount"] == client.listed(fresh)["totalCount"] == 0
    assert stored(client, ask.parameters.get("collectionId", fresh)) == 0


def stored(client: SearchFaceClient, collection: str) -> int:
    """Faces in a collection; none where there is no such collection."""
    response = client.ask("list_faces").put("collectionId", collection).send(client.server)
    return int(response.json().get("totalCount", 0))
