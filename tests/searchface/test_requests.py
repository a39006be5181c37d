"""Requests as clients spell them: either name, pictures with a prefix or without, the vendor's sample."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from tests.contract import pictures

from .client import SearchFaceClient
from .errors import assert_error

NAMES = ("requestName", "userName")


def test_the_request_of_the_document_gets_the_answer_of_the_document(client: SearchFaceClient) -> None:
    response = client.server.client.post(
        "/modules/search",
        headers={"x-api-key": client.keys.apiKey},
        json={
            "collectionId": client.collection,
            "faceImage": pictures.in_base64(pictures.selfie(1)),
            "userName": "someone at the door",
        },
    )
    assert response.status_code == 200
    answer = response.json()
    assert answer.pop("searchId")
    [similarity] = [found["similarity_score"] for found in answer["result"]]
    assert answer.pop("requestName") == "someone at the door"
    assert answer == {
        "message": "success",
        "userName": "someone at the door",
        "option": {
            "option_liveness": False,
            "liveNess_threshold": 50,
            "liveNessScore": 0,
            "policy_similarity": 90,
        },
        "faceIdList": [client.face],
        "result": [{"face_id": client.face, "user_name": "person-1", "similarity_score": similarity}],
    }
    assert 90 <= similarity <= 100


@pytest.mark.parametrize("name", NAMES)
def test_a_search_takes_either_name_and_answers_with_both(name: str, client: SearchFaceClient) -> None:
    answer = client.answer(client.ask("search_face").without("userName").put(name, "홍길동"))
    assert [answer[each] for each in NAMES] == ["홍길동"] * 2


@pytest.mark.parametrize("name", NAMES)
def test_a_face_is_added_under_either_name(name: str, client: SearchFaceClient) -> None:
    collection = client.new_collection()
    client.answer(client.ask("add_face").put("collectionId", collection).without("userName").put(name, "홍길동"))
    assert [face["user_name"] for face in client.listed(collection)["result"]] == ["홍길동"]


def test_the_name_of_a_search_does_not_narrow_it(client: SearchFaceClient) -> None:
    answer = client.answer(client.ask("search_face").put("userName", "somebody-else"))
    assert answer["faceIdList"] == [client.face]


def test_a_name_has_255_characters_at_most(client: SearchFaceClient) -> None:
    ask = client.ask("search_face")
    assert client.answer(ask.put("userName", "n" * 255))["userName"] == "n" * 255
    assert_error(ask.put("userName", "n" * 256).send(client.server), "search_face", 6031)


@pytest.mark.parametrize(
    "prefix",
    [
        "data:image/jpeg;base64,",
        "data:image/svg+xml;base64,",
        "DATA:Image/PNG;BASE64,",
        "data:image/jpeg;charset=utf-8;base64,",
        "data:image/jpeg;name=ines.jpg;base64,",
        "data:application/octet-stream;base64,",
        "data:;base64,",
        "\ndata:image/jpeg;base64,\n",
    ],
)
def test_a_picture_may_carry_the_prefix_of_a_data_uri_whatever_kind_it_names(
    prefix: str, client: SearchFaceClient
) -> None:
    collection = client.new_collection()
    added = client.ask("add_face").put("collectionId", collection)
    face = client.answer(added.put("faceImage", prefix + pictures.in_base64(pictures.portrait(1))))["faceId"]
    search = client.ask("search_face").put("collectionId", collection)
    answer = client.answer(search.put("faceImage", prefix + pictures.in_base64(pictures.selfie(1))))
    assert answer["faceIdList"] == [face]


def test_unknown_parameters_are_ignored(client: SearchFaceClient) -> None:
    assert client.answer(client.ask("search_face").put("limit", "many"))["faceIdList"] == [client.face]
    assert client.answer(client.ask("list_faces").put("limit", "many"))["totalCount"] == 1


def test_a_picture_of_exactly_the_largest_size_is_taken(client: SearchFaceClient) -> None:
    answer = client.answer(client.ask("search_face").showing(pictures.padded(5_000_000)))
    assert answer["faceIdList"] == [client.face]


def one_in_front_of_the_other(front: int, back: int) -> bytes:
    """Two portraits side by side, one of half the other's size, JPEG, 720 x 480."""
    both = Image.new("RGB", (720, 480), (90, 120, 150))
    both.paste(Image.open(io.BytesIO(pictures.portrait(front))), (0, 0))
    both.paste(Image.open(io.BytesIO(pictures.portrait(back))).resize((240, 240)), (480, 120))
    file = io.BytesIO()
    both.save(file, "JPEG", quality=95)
    return file.getvalue()


def test_the_largest_face_of_a_picture_is_the_one_that_counts(client: SearchFaceClient) -> None:
    collection = client.new_collection()
    face = client.add(collection, "the one in front", one_in_front_of_the_other(1, 2))
    assert client.listed(collection)["totalCount"] == 1
    assert client.found(collection, pictures.portrait(1)) == [face]
    assert client.found(collection, pictures.portrait(2)) == []
