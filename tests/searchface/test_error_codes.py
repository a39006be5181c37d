"""Every error code that is documented for an operation comes out of a real server."""

from __future__ import annotations

import pytest

from tests.contract import pictures

from .client import SearchFaceClient
from .errors import assert_error
from .recipes import RECIPES
from .tables import OPERATIONS, Operation

DOCUMENTED = [(operation, code) for operation in OPERATIONS.values() for code in operation.errors]


def test_every_documented_error_has_a_recipe() -> None:
    for operation in OPERATIONS.values():
        assert operation.errors.keys() == operation.recipes.keys()
        assert set(operation.recipes.values()) <= RECIPES.keys()


def test_the_codes_from_6010_to_6040_are_all_documented() -> None:
    assert {code for _, code in DOCUMENTED} == set(range(6010, 6041))


@pytest.mark.parametrize(("operation", "code"), DOCUMENTED, ids=str)
def test_a_documented_error_is_answered_with_exactly_its_body_and_status(
    operation: Operation, code: int, client: SearchFaceClient, request: pytest.FixtureRequest
) -> None:
    recipe = operation.recipes[code]
    where: SearchFaceClient = request.getfixturevalue("damaged") if recipe == "database gone" else client
    ask = RECIPES[recipe](where.ask(operation.name), where)
    assert_error(ask.send(where.server), operation.name, code)


UNSUPPORTED = {
    "broken Base64": "%%%%",
    "Base64 without padding": "AAA",
    "the URL-safe alphabet": "__8=",
    "a prefix and nothing else": "data:image/png;base64,",
    "a prefix that is none of a picture": "data:text/plain;base64," + pictures.in_base64(pictures.text()),
    "words": pictures.in_base64(pictures.text()),
    "half a picture": pictures.in_base64(pictures.truncated(pictures.portrait())),
}


@pytest.mark.parametrize(("operation", "code"), [("search_face", 6037), ("add_face", 6017)])
@pytest.mark.parametrize("image", UNSUPPORTED.values(), ids=UNSUPPORTED.keys())
def test_what_is_no_picture_is_a_format_that_is_not_supported(
    operation: str, code: int, image: str, client: SearchFaceClient
) -> None:
    assert_error(client.ask(operation).put("faceImage", image).send(client.server), operation, code)


REQUIRED = [
    ("search_face", "collectionId", 6030),
    ("search_face", "userName", 6031),
    ("search_face", "faceImage", 6032),
    ("add_face", "collectionId", 6010),
    ("add_face", "userName", 6011),
    ("add_face", "faceImage", 6012),
]


@pytest.mark.parametrize(("operation", "name", "code"), REQUIRED)
@pytest.mark.parametrize("value", [None, "", 7, ["text"]], ids=repr)
def test_a_required_text_that_is_null_or_empty_or_no_text_is_as_good_as_missing(
    operation: str, name: str, code: int, value: object, client: SearchFaceClient
) -> None:
    assert_error(client.ask(operation).put(name, value).send(client.server), operation, code)


@pytest.mark.parametrize(
    ("operation", "name", "code"),
    [("delete_face", "collectionId", 6018), ("delete_face", "faceId", 6019), ("list_faces", "collectionId", 6024)],
)
def test_a_required_text_of_a_query_must_not_be_empty(
    operation: str, name: str, code: int, client: SearchFaceClient
) -> None:
    assert_error(client.ask(operation).put(name, "").send(client.server), operation, code)


@pytest.mark.parametrize("page", ["", "0", "-1", "1.0", "one", "9" * 30])
def test_a_page_that_is_no_number_from_1_on_is_as_good_as_missing(page: str, client: SearchFaceClient) -> None:
    assert_error(client.ask("list_faces").put("page", page).send(client.server), "list_faces", 6026)


def test_of_several_things_wrong_the_first_parameter_of_the_document_is_named(client: SearchFaceClient) -> None:
    ask = client.ask("search_face")
    everything = ask.without("collectionId").without("userName").without("faceImage")
    assert_error(everything.send(client.server), "search_face", 6030)
    assert_error(everything.put("collectionId", "x").send(client.server), "search_face", 6031)
    assert_error(everything.put("collectionId", "x").put("userName", "x").send(client.server), "search_face", 6032)


@pytest.mark.parametrize("operation", [each for each in OPERATIONS.values() if each.method == "POST"], ids=str)
@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{"),
        ("application/json", b"[]"),
        ("application/json", b'{"collectionId": "\\ud800"}'),
        ("application/json; charset=euc-kr", b"{}"),
        ("multipart/form-data; boundary=b", b"--b--\r\n"),
        ("text/plain", b"{}"),
    ],
)
def test_a_body_that_is_no_json_object_is_an_unspecified_error(
    operation: Operation, content_type: str, body: bytes, client: SearchFaceClient
) -> None:
    headers = {"x-api-key": client.keys.apiKey, "Content-Type": content_type}
    response = client.server.client.post(operation.path, headers=headers, content=body)
    assert_error(response, operation.name, 6012 if operation.name == "add_face" else 6038)
