"""A collection may ask for quality of the faces that are added to it."""

from __future__ import annotations

import httpx

from tests.contract import pictures

from .desk import Desk


def add(desk: Desk, collection: str, picture: bytes) -> httpx.Response:
    return desk.ask("add_face").put("collectionId", collection).showing(picture).send(desk.server)


def test_a_face_of_less_quality_is_not_added_and_the_reason_is_told(desk: Desk) -> None:
    collection, picture = desk.new_collection(min_quality=60), pictures.blurred()
    refused = add(desk, collection, picture)
    assert (refused.status_code, refused.json()["errorCode"]) == (400, 6012)
    assert refused.headers["X-Not-Added"] == "quality"
    assert "60 is asked for, and it is blurred" in refused.headers["X-Error-Detail"]
    assert desk.listed(collection)["totalCount"] == 0
    desk.configure(collection, min_quality=0)
    assert add(desk, collection, picture).status_code == 200


def test_a_face_of_enough_quality_is_added(desk: Desk) -> None:
    collection = desk.new_collection(min_quality=60)
    added = add(desk, collection, pictures.portrait())
    assert added.status_code == 200
    assert "X-Not-Added" not in added.headers


def test_a_search_takes_a_face_of_any_quality(desk: Desk) -> None:
    collection = desk.new_collection(min_quality=60)
    face = desk.add(collection, "person-1", pictures.portrait(1))
    assert desk.found(collection, pictures.portrait(1)) == [face]
    blurred = desk.ask("search_face").put("collectionId", collection).showing(pictures.blurred())
    assert blurred.send(desk.server).status_code == 200
