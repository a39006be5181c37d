"""A collection neither takes nor finds faces that are too poor to be compared."""

from __future__ import annotations

from tests.contract import pictures

from .desk import Desk

BLURRED = "The face is too poor to be compared: it is blurred."


def test_a_face_that_is_too_poor_is_not_added(desk: Desk) -> None:
    collection = desk.new_collection()
    add = desk.ask("add_face").put("collectionId", collection).showing(pictures.too_blurred())
    refused = add.send(desk.server)
    assert (refused.status_code, refused.json()["errorCode"]) == (400, 6012)
    assert (refused.headers["X-Not-Added"], refused.headers["X-Error-Detail"]) == ("poor", BLURRED)
    assert desk.listed(collection)["totalCount"] == 0


def test_a_search_by_a_face_that_is_too_poor_finds_nobody_and_says_why(desk: Desk) -> None:
    answer = desk.ask("search_face").showing(pictures.too_blurred()).send(desk.server)
    assert (answer.status_code, answer.json()["faceIdList"]) == (200, [])
    assert answer.headers["X-Error-Detail"] == BLURRED


def test_a_collection_may_take_any_picture(desk: Desk) -> None:
    collection = desk.new_collection(min_comparability=0, similarity=0)
    face = desk.add(collection, "person-1", pictures.too_blurred())
    assert desk.found(collection, pictures.too_blurred()) == [face]
