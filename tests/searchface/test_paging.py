"""Lists of faces: fifty a page, newest first, all of them counted; a term narrows them."""

from __future__ import annotations

from typing import Any

import pytest

from harness.storage.faces import new_face, unit_rows
from tests.contract import pictures
from visavis.storage.store import open_storage
from visavis.vision.models import RECOGNITION_CARDS

from .client import SearchFaceClient
from .conftest import FACE_QUOTA
from .errors import assert_error

MANY = 110
PAGE = 50


@pytest.fixture(scope="module")
def crowd(client: SearchFaceClient) -> str:
    """A collection of made-up faces: face 0, the oldest, to face 109, every tenth of them a visitor."""
    collection = client.new_collection()
    storage = open_storage(client.server.data_dir)
    app = storage.apps.find_app(client.keys.name)
    assert app is not None
    group = storage.gallery.require_group(app, collection)
    [width] = [card.dimension for card in RECOGNITION_CARDS if card.name == group.model]
    faces = [
        new_face(row, face_id=f"face-{number}", external_image_id=name(number))
        for number, row in enumerate(unit_rows(MANY, width))
    ]
    storage.gallery.add(group, faces, MANY)
    storage.close()
    return collection


def name(number: int) -> str:
    return f"{'Visitor' if number % 10 == 0 else 'employee'}-{number}"


def ids(answer: Any) -> list[str]:
    return [face["face_id"] for face in answer["result"]]


def test_pages_hold_fifty_faces_each_once_newest_first_and_count_them_all(
    client: SearchFaceClient, crowd: str
) -> None:
    pages = [client.listed(crowd, page) for page in (1, 2, 3)]
    assert [len(page["result"]) for page in pages] == [PAGE, PAGE, MANY - 2 * PAGE]
    assert [face for page in pages for face in ids(page)] == [f"face-{number}" for number in reversed(range(MANY))]
    assert {page["totalCount"] for page in pages} == {MANY}


@pytest.mark.parametrize("page", [4, 1_000_000])
def test_a_page_beyond_the_end_is_empty_and_still_counts(page: int, client: SearchFaceClient, crowd: str) -> None:
    assert client.listed(crowd, page) == {"message": "success", "result": [], "totalCount": MANY}


@pytest.mark.parametrize("term", ["Visitor", "visito", "VISITOR-", "isitor"])
def test_a_term_finds_the_names_it_is_a_part_of_in_any_case(
    term: str, client: SearchFaceClient, crowd: str
) -> None:
    answer = client.listed(crowd, term=term)
    assert ids(answer) == [f"face-{number}" for number in reversed(range(0, MANY, 10))]
    assert answer["totalCount"] == len(answer["result"])


def test_a_term_has_pages_too(client: SearchFaceClient, crowd: str) -> None:
    first, second, third = (client.listed(crowd, page, term="employee") for page in (1, 2, 3))
    assert [len(page["result"]) for page in (first, second, third)] == [PAGE, MANY - MANY // 10 - PAGE, 0]
    assert {page["totalCount"] for page in (first, second, third)} == {MANY - MANY // 10}


@pytest.mark.parametrize("term", ["%%%%%%", "______", "visitor%", "nobody at all"])
def test_a_term_that_no_name_holds_finds_nobody(term: str, client: SearchFaceClient, crowd: str) -> None:
    assert client.listed(crowd, term=term) == {"message": "success", "result": [], "totalCount": 0}


@pytest.mark.parametrize("term", ["V", "visi", "홍길동홍"])
def test_a_term_of_four_characters_or_fewer_is_too_short(term: str, client: SearchFaceClient, crowd: str) -> None:
    ask = client.ask("list_faces").put("collectionId", crowd).put("term", term)
    assert_error(ask.send(client.server), "list_faces", 6025)


def test_a_term_of_five_characters_is_long_enough_in_any_script(client: SearchFaceClient) -> None:
    collection = client.new_collection()
    face = client.add(collection, "경비실 홍길동", pictures.portrait())
    assert ids(client.listed(collection, term="실 홍길동")) == [face]


def test_an_empty_term_is_none(client: SearchFaceClient, crowd: str) -> None:
    assert client.listed(crowd, term="")["totalCount"] == MANY


def test_a_term_finds_face_ids_too(client: SearchFaceClient, crowd: str) -> None:
    assert ids(client.listed(crowd, term="ace-10")) == [f"face-{number}" for number in range(109, 99, -1)] + [
        "face-10"
    ]


def test_a_full_collection_takes_no_face_more_and_can_still_be_searched(
    client: SearchFaceClient, crowd: str
) -> None:
    assert MANY > FACE_QUOTA
    ask = client.ask("add_face").put("collectionId", crowd)
    assert_error(ask.send(client.server), "add_face", 6012)
    assert client.listed(crowd)["totalCount"] == MANY
    assert client.found(crowd, pictures.portrait()) == []
