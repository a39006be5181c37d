"""A collection's settings are applied from the next request on, and the answers report what was applied."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.contract import pictures
from tests.vision.attacks import on_screen
from tests.vision.pictures import encoded, resized

from .client import Ask, SearchFaceClient
from .errors import assert_error

BOTH = [("search_face", 6035), ("add_face", 6015)]
each_picture_operation = pytest.mark.parametrize(("operation", "refused"), BOTH)


@pytest.fixture
def ask(client: SearchFaceClient) -> Callable[..., Ask]:
    def in_new_collection(operation: str, **settings: object) -> Ask:
        collection = client.new_collection()
        client.configure(collection, **settings)
        return client.ask(operation).put("collectionId", collection).showing(pictures.selfie(2))

    return in_new_collection


@each_picture_operation
def test_with_liveness_off_the_score_is_0_and_the_threshold_the_configured_one(
    operation: str, refused: int, ask: Callable[..., Ask], client: SearchFaceClient
) -> None:
    answer = client.answer(ask(operation, liveness=False, liveness_threshold=100, similarity=95.5))
    assert answer["option"] == {
        "option_liveness": False,
        "liveNess_threshold": 100,
        "liveNessScore": 0,
        "policy_similarity": 95.5,
    }


@each_picture_operation
def test_with_liveness_on_the_score_is_reported(
    operation: str, refused: int, ask: Callable[..., Ask], client: SearchFaceClient
) -> None:
    option = client.answer(ask(operation, liveness=True, liveness_threshold=0))["option"]
    assert option["option_liveness"] is True
    assert option["liveNess_threshold"] == 0
    assert 0 < option["liveNessScore"] < 100


@each_picture_operation
def test_a_face_as_alive_as_asked_passes_and_one_a_little_less_alive_does_not(
    operation: str, refused: int, ask: Callable[..., Ask], client: SearchFaceClient
) -> None:
    request = ask(operation, liveness=True, liveness_threshold=0)
    collection = request.parameters["collectionId"]
    score: float = client.answer(request)["option"]["liveNessScore"]
    client.configure(collection, liveness_threshold=score)
    assert client.answer(request)["option"]["liveNessScore"] == score
    client.configure(collection, liveness_threshold=(score + 100) / 2)
    response = request.send(client.server)
    assert_error(response, operation, refused)
    assert "liveness" in response.headers["X-Error-Detail"]


@each_picture_operation
def test_what_is_refused_for_want_of_life_is_taken_once_liveness_is_off(
    operation: str, refused: int, ask: Callable[..., Ask], client: SearchFaceClient
) -> None:
    request = ask(operation, liveness=True, liveness_threshold=100)
    assert_error(request.send(client.server), operation, refused)
    client.configure(request.parameters["collectionId"], liveness=False)
    client.answer(request)


@each_picture_operation
def test_a_collection_that_asks_for_living_faces_takes_a_face_and_refuses_a_picture_of_a_screen(
    operation: str, refused: int, ask: Callable[..., Ask], client: SearchFaceClient
) -> None:
    request = ask(operation, liveness=True)
    client.answer(request.showing(pictures.portrait()))
    screen = on_screen(resized(pictures.portrait(), 480, 640))
    assert_error(request.showing(encoded(screen, "PNG")).send(client.server), operation, refused)


def similarity(client: SearchFaceClient, collection: str, picture: bytes) -> float:
    """As v2 reports it."""
    body = {"limit": 1, "threshold": 1, "image": {"bytes": pictures.in_base64(picture)}}
    [match] = client.v2("POST", f"/groups/{collection}/faces/search", json=body)["matchFaces"]
    return float(match["similarity"])


def test_a_face_is_found_that_is_as_similar_as_the_collection_asks_and_not_one_that_is_less(
    client: SearchFaceClient,
) -> None:
    collection = client.new_collection()
    face = client.add(collection, "person-1", pictures.portrait())
    likeness = similarity(client, collection, pictures.selfie())
    for policy, expected in ((likeness - 0.1, [face]), (likeness + 0.1, []), (likeness - 0.1, [face])):
        client.configure(collection, similarity=policy)
        assert client.found(collection, pictures.selfie()) == expected


def test_a_collection_that_asks_for_no_similarity_finds_everybody(client: SearchFaceClient) -> None:
    collection = client.new_collection(similarity=0)
    faces = {client.add(collection, "person", pictures.portrait(person)) for person in (1, 2, 3)}
    assert set(client.found(collection, pictures.portrait(1))) == faces


def test_each_collection_has_settings_of_its_own(client: SearchFaceClient) -> None:
    strict, lax = client.new_collection(similarity=99), client.new_collection(similarity=10)

    def policy(collection: str) -> Any:
        option = client.answer(client.ask("search_face").put("collectionId", collection))["option"]
        return option["policy_similarity"]

    assert (policy(strict), policy(lax), policy(client.collection)) == (99, 10, 90)
