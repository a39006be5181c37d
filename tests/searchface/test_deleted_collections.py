"""A collection that was deleted is told from one that never was; its id may be used again."""

from __future__ import annotations

import pytest

from tests.contract import pictures

from .client import SearchFaceClient
from .errors import assert_error
from .tables import OF_COLLECTIONS, Operation

GONE = {"search_face": 6034, "add_face": 6014, "delete_face": 6020, "list_faces": 6028}
UNKNOWN = {"search_face": 6033, "add_face": 6013, "delete_face": 6021, "list_faces": 6027}

each_operation = pytest.mark.parametrize("operation", OF_COLLECTIONS, ids=str)


@each_operation
def test_a_collection_is_unknown_then_there_then_unavailable_then_there_again(
    operation: Operation, client: SearchFaceClient
) -> None:
    name = f"comes-and-goes-{operation.name.replace('_', '-')}"
    ask = client.ask(operation.name).put("collectionId", name)
    assert_error(ask.send(client.server), operation.name, UNKNOWN[operation.name])
    for _ in range(2):
        client.new_collection(name)
        face = client.add(name, "person-1", pictures.portrait())
        client.answer(ask.put("faceId", face))
        client.v2("DELETE", f"/groups/{name}")
        assert_error(ask.send(client.server), operation.name, GONE[operation.name])


def test_a_collection_that_is_made_again_has_none_of_its_old_faces_and_settings(client: SearchFaceClient) -> None:
    name = client.new_collection(liveness_threshold=70)
    face = client.add(name, "person-1", pictures.portrait())
    client.v2("DELETE", f"/groups/{name}")
    client.new_collection(name)
    answer = client.answer(client.ask("search_face").put("collectionId", name))
    assert answer["faceIdList"] == []
    assert answer["option"]["liveNess_threshold"] == 50
    ask = client.ask("delete_face").put("collectionId", name).put("faceId", face)
    assert_error(ask.send(client.server), "delete_face", 6022)


@each_operation
@pytest.mark.parametrize(
    "name", ["UPPER-CASE", "under_score", ".", "..", "../v2.0", "a/b", "a:b", "콜렉션", "x" * 256, "a b", " "]
)
def test_an_id_that_no_collection_can_have_is_one_of_no_collection(
    operation: Operation, name: str, client: SearchFaceClient
) -> None:
    ask = client.ask(operation.name).put("collectionId", name)
    assert_error(ask.send(client.server), operation.name, UNKNOWN[operation.name])
