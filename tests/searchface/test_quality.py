"""A collection may ask for quality of the faces that are added to it."""

from __future__ import annotations

import httpx

from tests.contract import pictures

from .client import SearchFaceClient


def add(client: SearchFaceClient, collection: str, picture: bytes) -> httpx.Response:
    return client.ask("add_face").put("collectionId", collection).showing(picture).send(client.server)


def test_a_face_of_less_quality_is_not_added_and_the_reason_is_told(client: SearchFaceClient) -> None:
    collection, picture = client.new_collection(min_quality=60), pictures.blurred()
    refused = add(client, collection, picture)
    assert (refused.status_code, refused.json()["errorCode"]) == (400, 6012)
    assert refused.headers["X-Not-Added"] == "quality"
    assert "at least 60 is required, and it is blurred" in refused.headers["X-Error-Detail"]
    assert client.listed(collection)["totalCount"] == 0
    client.configure(collection, min_quality=0)
    assert add(client, collection, picture).status_code == 200


def test_a_face_of_enough_quality_is_added(client: SearchFaceClient) -> None:
    collection = client.new_collection(min_quality=60)
    added = add(client, collection, pictures.portrait())
    assert added.status_code == 200
    assert "X-Not-Added" not in added.headers


def test_a_search_takes_a_face_of_any_quality(client: SearchFaceClient) -> None:
    collection = client.new_collection(min_quality=60)
    face = client.add(collection, "person-1", pictures.portrait(1))
    assert client.found(collection, pictures.portrait(1)) == [face]
    blurred = client.ask("search_face").put("collectionId", collection).showing(pictures.blurred())
    assert blurred.send(client.server).status_code == 200
