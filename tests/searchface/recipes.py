"""How to get each documented error out of the server: one recipe a name, used by the table `recipes.toml`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final
from uuid import uuid4

from tests.contract import pictures

from .client import Ask, SearchFaceClient

MAX_IMAGE_BYTES = 5_000_000

RECIPES: Final[Mapping[str, Callable[[Ask, SearchFaceClient], Ask]]] = {
    "no key": lambda ask, _: ask.with_key(None),
    "wrong key": lambda ask, _: ask.with_key("0" * 64),
    "no collectionId": lambda ask, _: ask.without("collectionId"),
    "no name": lambda ask, _: ask.without("userName"),
    "no faceImage": lambda ask, _: ask.without("faceImage"),
    "no faceId": lambda ask, _: ask.without("faceId"),
    "no page": lambda ask, _: ask.without("page"),
    "short term": lambda ask, _: ask.put("term", "pers"),
    "unknown collection": lambda ask, _: ask.put("collectionId", "a-collection-that-never-was"),
    "deleted collection": lambda ask, client: ask.put("collectionId", client.deleted_collection()),
    "unknown face": lambda ask, _: ask.put("faceId", str(uuid4())),
    "not alive enough": lambda ask, client: ask.put("collectionId", _demanding(client)).showing(
        pictures.selfie(2)
    ),
    "image too large": lambda ask, _: ask.showing(pictures.padded(MAX_IMAGE_BYTES + 1)),
    "GIF": lambda ask, _: ask.showing(pictures.blank(kind="GIF")),
    "no originFace": lambda ask, _: ask.without("originFace"),
    "originFace too large": lambda ask, _: ask.put(
        "originFace", pictures.in_base64(pictures.padded(MAX_IMAGE_BYTES + 1))
    ),
    "originFace a GIF": lambda ask, _: ask.put("originFace", pictures.in_base64(pictures.blank(kind="GIF"))),
    "targetFace too small": lambda ask, _: ask.put("targetFace", pictures.in_base64(pictures.blank(79, 200))),
    "no face": lambda ask, _: ask.showing(pictures.blank()),
    "database gone": lambda ask, _: ask,
}
"""From a request that succeeds to one that fails; the last of them only on the damaged server."""


def _demanding(client: SearchFaceClient) -> str:
    """A collection that no face is alive enough for."""
    return client.new_collection(liveness=True, liveness_threshold=100)
