"""What the documents give as examples works when it is sent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import httpx
import pytest

from visavis.api.dialect import Dialect
from visavis.api.openapi.document import document

from .conftest import Servers
from .dialects import DIALECTS, operations


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_the_examples_of_a_document_are_answered_without_an_error(dialect: Dialect, servers: Servers) -> None:
    described = {operation["operationId"]: row for row in operations(document(dialect)) for operation in row[2:]}
    if "create_group" not in described:
        servers.create_group()
    known = {"appKey": servers.keys.appKey}
    for name in in_order(described):
        method, path, operation = described[name]
        answers = list(sent(servers, dialect, method, path, operation, known))
        assert answers, name
        for answer in answers:
            assert answer.status_code == 200, (name, answer.text)
            assert "X-Error-Detail" not in answer.headers, (name, answer.headers["X-Error-Detail"])
            known |= faces(answer.json())
    if "delete_group" not in described:
        with servers.server.v2(servers.keys) as client:
            client.delete(f"/groups/{servers.group_id}")


def in_order(names: Iterable[str]) -> list[str]:
    """Faces come before they are asked about, and whatever is deleted goes last."""
    ranks = {"create_group": 0, "register": 1, "add_face": 1, "delete_face": 3, "delete_group": 4}
    return sorted(names, key=lambda name: ranks.get(name, 2))


def sent(
    servers: Servers, dialect: Dialect, method: str, path: str, operation: dict[str, Any], known: dict[str, str]
) -> Iterable[httpx.Response]:
    """The answer to each example of the operation, those apart that need a picture somewhere on the net."""
    values = {
        parameter["name"]: known.get(parameter["name"], parameter.get("example"))
        for parameter in operation["parameters"]
    }
    query = {
        parameter["name"]: values[parameter["name"]]
        for parameter in operation["parameters"]
        if parameter["in"] == "query" and values[parameter["name"]] is not None
    }
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    bodies = [example["value"] for name, example in content.get("examples", {}).items() if name != "url"]
    for body in bodies or [None]:
        yield servers.server.client.request(
            method, path.format(**values), params=query, json=body, headers=servers.headers[dialect.name]
        )


def faces(answer: dict[str, Any]) -> dict[str, str]:
    """The id of the face that was just added, under the names that paths and queries know it by."""
    added = answer.get("data", {}).get("addedFaces", [answer])[0]
    return {"face-id": added["faceId"], "faceId": added["faceId"]} if "faceId" in added else {}
