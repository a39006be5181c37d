"""The operations are there without /modules too, where some clients of the original look for them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.contract import pictures

from .client import Ask, SearchFaceClient
from .errors import assert_error
from .tables import OPERATIONS, Operation

each_operation = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=str)


def without_modules(ask: Ask) -> Ask:
    return replace(ask, operation=replace(ask.operation, path=ask.operation.path.removeprefix("/modules")))


@each_operation
def test_an_operation_is_the_same_without_modules(operation: Operation, client: SearchFaceClient) -> None:
    ask = client.ask(operation.name)
    if operation.name == "delete_face":
        ask = ask.put("faceId", client.add(client.collection, "person-2", pictures.portrait(2)))
    if operation.name == "add_face":
        ask = ask.put("collectionId", client.new_collection())
    answer = client.answer(without_modules(ask))
    if "message" in operation.fields:
        assert answer["message"] == "success"


@each_operation
def test_a_refusal_is_the_same_without_modules(operation: Operation, client: SearchFaceClient) -> None:
    ask = without_modules(client.ask(operation.name))
    assert_error(ask.with_key(None).send(client.server), operation.name, 6039)


def test_a_method_that_a_path_does_not_take_is_not_allowed_there_either(client: SearchFaceClient) -> None:
    response = client.server.client.put("/faces")
    assert response.status_code == 405
    assert {name.strip() for name in response.headers["Allow"].split(",")} == {"POST", "DELETE", "GET"}
    assert response.json().keys() == {"errorCode", "message"}


@pytest.mark.parametrize("path", ["/faces/", "/searches", "/collections"])
def test_no_other_path_is_one_of_search_face(path: str, client: SearchFaceClient) -> None:
    response = client.server.client.get(path, headers={"x-api-key": client.keys.apiKey})
    assert response.status_code == 404
    assert response.json()["header"]["resultCode"] == -40400


def test_the_request_log_names_the_operation(client: SearchFaceClient) -> None:
    client.answer(without_modules(client.ask("list_faces")))
    assert "/faces" in client.server.log.read_text()
