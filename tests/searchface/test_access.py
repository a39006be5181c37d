"""The API key opens its own app's collections, and nothing else does."""

from __future__ import annotations

import pytest

from tests.contract import pictures

from .client import SearchFaceClient
from .errors import assert_error
from .tables import OF_COLLECTIONS, OPERATIONS, Operation
from .test_deleted_collections import UNKNOWN

each_operation = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=str)
each_of_collections = pytest.mark.parametrize("operation", OF_COLLECTIONS, ids=str)


@each_operation
def test_an_empty_key_is_a_missing_key(operation: Operation, client: SearchFaceClient) -> None:
    assert_error(client.ask(operation.name).with_key("").send(client.server), operation.name, 6039)


@each_operation
@pytest.mark.parametrize("kind", ["appKey", "secretKey"])
def test_the_apps_other_keys_do_not_open_it(operation: Operation, kind: str, client: SearchFaceClient) -> None:
    key: str = getattr(client.keys, kind)
    assert_error(client.ask(operation.name).with_key(key).send(client.server), operation.name, 6040)


@each_operation
def test_the_key_is_checked_before_the_parameters(operation: Operation, client: SearchFaceClient) -> None:
    ask = client.ask(operation.name)
    ask = ask.without(next(iter(ask.parameters)))
    assert_error(ask.with_key(None).send(client.server), operation.name, 6039)
    assert_error(ask.with_key("0" * 64).send(client.server), operation.name, 6040)


@each_of_collections
def test_another_apps_collection_is_unknown_and_stays_as_it_is(
    operation: Operation, client: SearchFaceClient, neighbour: SearchFaceClient
) -> None:
    ask = client.ask(operation.name).with_key(neighbour.keys.apiKey)
    assert_error(ask.send(client.server), operation.name, UNKNOWN[operation.name])
    assert client.found(client.collection, pictures.portrait()) == [client.face]
    assert client.listed(client.collection)["totalCount"] == 1


@each_of_collections
def test_that_another_app_deleted_a_collection_is_nobody_elses_business(
    operation: Operation, client: SearchFaceClient, neighbour: SearchFaceClient
) -> None:
    ask = client.ask(operation.name).put("collectionId", neighbour.deleted_collection())
    assert_error(ask.send(client.server), operation.name, UNKNOWN[operation.name])


def test_collections_of_one_id_in_two_apps_are_two_collections(
    client: SearchFaceClient, neighbour: SearchFaceClient
) -> None:
    mine, theirs = client.new_collection("of-everybody"), neighbour.new_collection("of-everybody")
    face = client.add(mine, "person-1", pictures.portrait(1))
    other = neighbour.add(theirs, "person-1", pictures.portrait(1))
    assert client.found(mine, pictures.portrait(1)) == [face]
    assert neighbour.found(theirs, pictures.portrait(1)) == [other]


def test_no_key_is_in_the_log(client: SearchFaceClient, neighbour: SearchFaceClient) -> None:
    for operation in OPERATIONS:
        client.ask(operation).with_key(neighbour.keys.apiKey).send(client.server)
    log = client.server.log.read_text()
    assert "/modules/search" in log
    for keys in (client.keys, neighbour.keys):
        assert not any(key in log for key in (keys.appKey, keys.secretKey, keys.apiKey))
