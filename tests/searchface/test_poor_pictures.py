"""A collection neither takes nor finds faces that are too poor to be compared."""

from __future__ import annotations

from tests.contract import pictures

from .client import SearchFaceClient

BLURRED = "The face is too poor to be compared: it is blurred."


def test_a_face_that_is_too_poor_is_not_added(client: SearchFaceClient) -> None:
    collection = client.new_collection()
    add = client.ask("add_face").put("collectionId", collection).showing(pictures.too_blurred())
    refused = add.send(client.server)
    assert (refused.status_code, refused.json()["errorCode"]) == (400, 6012)
    assert (refused.headers["X-Not-Added"], refused.headers["X-Error-Detail"]) == ("poor", BLURRED)
    assert client.listed(collection)["totalCount"] == 0


def test_a_search_by_a_face_that_is_too_poor_finds_nobody_and_says_why(client: SearchFaceClient) -> None:
    answer = client.ask("search_face").showing(pictures.too_blurred()).send(client.server)
    assert (answer.status_code, answer.json()["faceIdList"]) == (200, [])
    assert answer.headers["X-Error-Detail"] == BLURRED


def test_a_collection_may_take_any_picture(client: SearchFaceClient) -> None:
    collection = client.new_collection(min_comparability=0, similarity=0)
    face = client.add(collection, "person-1", pictures.too_blurred())
    assert client.found(collection, pictures.too_blurred()) == [face]
