"""Collections are groups: what one protocol puts in, the other one finds."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from harness.servers import visavis
from tests.contract import pictures

from .client import SearchFaceClient
from .errors import assert_error


def searched(client: SearchFaceClient, group: str, picture: bytes) -> list[Any]:
    """What v2 finds in a group."""
    body = {"limit": 100, "threshold": 90, "image": {"bytes": pictures.in_base64(picture)}}
    faces: list[Any] = client.v2("POST", f"/groups/{group}/faces/search", json=body)["matchFaces"]
    return faces


def registered(client: SearchFaceClient, group: str, picture: bytes, **more: object) -> str:
    """The id of the face that v2 registers."""
    body = {"limit": 1, "image": {"bytes": pictures.in_base64(picture)}, **more}
    return str(client.v2("POST", f"/groups/{group}/faces", json=body)["addedFaces"][0]["faceId"])


def test_a_face_that_is_added_to_a_collection_is_found_by_a_search_of_v2(client: SearchFaceClient) -> None:
    collection = client.new_collection()
    face = client.add(collection, "hong.gildong", pictures.portrait())
    [match] = searched(client, collection, pictures.selfie())
    assert match["face"]["faceId"] == face
    assert match["face"]["externalImageId"] == "hong.gildong"


def test_a_face_that_v2_registers_is_found_by_a_search_of_the_collection(client: SearchFaceClient) -> None:
    collection = client.new_collection()
    face = registered(client, collection, pictures.portrait(), externalImageId="hong.gildong")
    assert client.found(collection, pictures.selfie()) == [face]
    [listed] = client.listed(collection)["result"]
    assert listed["face_id"] == face
    assert listed["user_name"] == "hong.gildong"
    assert listed["collection_id"] == collection


def test_a_face_that_v2_registers_without_a_label_has_an_empty_name(client: SearchFaceClient) -> None:
    collection = client.new_collection()
    registered(client, collection, pictures.portrait())
    assert [face["user_name"] for face in client.listed(collection)["result"]] == [""]


def test_the_meta_face_id_is_the_image_id_of_v2(client: SearchFaceClient) -> None:
    collection = client.new_collection()
    ask = client.ask("add_face").put("collectionId", collection)
    added = client.answer(ask)
    [face] = client.v2("GET", f"/groups/{collection}/faces", params={"limit": 1})["faces"]
    assert (face["faceId"], face["imageId"]) == (added["faceId"], added["metaFaceId"])
    assert client.listed(collection)["result"][0]["meta_face_id"] == added["metaFaceId"]


def test_two_faces_of_one_name_are_two_faces(client: SearchFaceClient) -> None:
    collection = client.new_collection()
    faces = {
        client.add(collection, "twice", pictures.portrait()),
        client.add(collection, "twice", pictures.selfie()),
    }
    assert len(faces) == 2
    assert set(client.found(collection, pictures.portrait())) == faces


def test_faces_that_match_come_best_first(client: SearchFaceClient) -> None:
    collection = client.new_collection()
    same = client.add(collection, "the same picture", pictures.portrait())
    other = client.add(collection, "another picture", pictures.selfie())
    assert client.found(collection, pictures.portrait()) == [same, other]
    assert client.found(collection, pictures.selfie()) == [other, same]


def test_a_face_deleted_here_is_gone_for_v2_and_for_the_next_search(client: SearchFaceClient) -> None:
    collection = client.new_collection()
    face = client.add(collection, "hong.gildong", pictures.portrait())
    client.delete(collection, face)
    assert searched(client, collection, pictures.portrait()) == []
    assert client.found(collection, pictures.portrait()) == []
    assert client.listed(collection) == {"message": "success", "result": [], "totalCount": 0}
    again = client.ask("delete_face").put("collectionId", collection).put("faceId", face)
    assert_error(again.send(client.server), "delete_face", 6022)


def test_a_face_deleted_by_v2_is_gone_for_the_next_search_here(client: SearchFaceClient) -> None:
    collection = client.new_collection()
    face = client.add(collection, "hong.gildong", pictures.portrait())
    client.v2("DELETE", f"/groups/{collection}/faces/{face}")
    assert client.found(collection, pictures.portrait()) == []


def test_a_face_of_another_collection_is_not_deleted(client: SearchFaceClient) -> None:
    ask = client.ask("delete_face").put("collectionId", client.new_collection())
    assert_error(ask.send(client.server), "delete_face", 6022)
    assert client.found(client.collection, pictures.portrait()) == [client.face]


def free_collection(client: SearchFaceClient, name: str) -> str:
    """A collection that the operator made by command."""
    data_dir = str(client.server.data_dir)
    visavis("group", "create", client.keys.name, name, "--data-dir", data_dir)
    return name


@pytest.mark.parametrize("name", ["col_123456789", "Visitors.Gate-2", "_", "Z" * 255])
def test_an_id_that_nhn_cannot_create_is_one_group_in_every_dialect(name: str, client: SearchFaceClient) -> None:
    collection = free_collection(client, name)
    face = client.add(collection, "hong.gildong", pictures.portrait())
    assert client.found(collection, pictures.selfie()) == [face]
    assert searched(client, collection, pictures.selfie())[0]["face"]["faceId"] == face
    assert {"groupId": collection} in client.v2("GET", "/groups", params={"limit": 200})["groups"]
    client.v2("DELETE", f"/groups/{collection}/faces/{face}")
    assert client.listed(collection)["totalCount"] == 0
    client.v2("DELETE", f"/groups/{collection}")
    gone = client.ask("list_faces").put("collectionId", collection)
    assert_error(gone.send(client.server), "list_faces", 6028)


def test_nhn_creates_no_group_of_such_an_id_and_calls_it_wrong_where_there_is_none(
    client: SearchFaceClient,
) -> None:
    name = f"col_{uuid4().hex}"
    with client.server.v2(client.keys) as v2:
        assert v2.post("/groups", json={"groupId": name}).json()["header"]["resultCode"] == -40010
        assert v2.get(f"/groups/{name}").json()["header"]["resultCode"] == -40000


@pytest.mark.parametrize("name", ["", ".", "..", "a b", "a/b", "a:b", "콜렉션", "x" * 256])
def test_not_even_an_operator_makes_a_collection_of_another_id(name: str, client: SearchFaceClient) -> None:
    data_dir = str(client.server.data_dir)
    refused = visavis("group", "create", client.keys.name, name, "--data-dir", data_dir, check=False)
    assert refused.returncode == 1
    assert "A group id has 1 to 255 characters" in refused.stderr
