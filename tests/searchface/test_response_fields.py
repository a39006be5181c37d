"""Answers hold every documented field, with its type, and no other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tests.contract import pictures
from tests.contract.answers import paths_of, values_at

from .client import SearchFaceClient
from .tables import OPERATIONS, Operation

TYPES: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (float, int),
    "string": (str,),
    "bool": (bool,),
    "object": (dict,),
    "array": (list,),
}


def is_of_type(value: object, kind: str) -> bool:
    return isinstance(value, TYPES[kind]) and (kind == "bool" or not isinstance(value, bool))


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=str)
def test_an_answer_holds_every_documented_field_with_its_type_and_no_other(
    operation: Operation, client: SearchFaceClient
) -> None:
    ask = client.ask(operation.name)
    if operation.name in {"add_face", "delete_face"}:
        ask = ask.put("collectionId", client.new_collection())
    if operation.name == "delete_face":
        ask = ask.put("faceId", client.add(ask.parameters["collectionId"], "person-1", pictures.portrait()))
    answer = client.answer(ask)
    for path, kind in operation.fields.items():
        found = list(values_at(answer, path))
        assert found, f"{path} is missing"
        assert all(is_of_type(value, kind) for value in found), f"{path}: {found[:3]}"
    assert paths_of(answer) <= operation.fields.keys()


def test_every_search_has_an_id_of_its_own(client: SearchFaceClient) -> None:
    ids = {client.answer(client.ask("search_face"))["searchId"] for _ in range(3)}
    assert len(ids) == 3
    assert all(UUID(each) for each in ids)


def test_a_face_was_created_when_it_was_added_in_utc(client: SearchFaceClient) -> None:
    collection = client.new_collection()
    before = datetime.now(UTC).replace(tzinfo=None) - timedelta(seconds=1)
    client.add(collection, "person-1", pictures.portrait())
    after = datetime.now(UTC).replace(tzinfo=None)
    [face] = client.listed(collection)["result"]
    assert before <= datetime.strptime(face["create_time"], "%Y-%m-%dT%H:%M:%S") <= after  # noqa: DTZ007 - as sent
