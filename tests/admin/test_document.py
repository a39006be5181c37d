"""The OpenAPI document of the admin API: valid, complete, and shown to anybody like those of the dialects."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import schemathesis

from visavis.api.admin.answers import STATUS
from visavis.api.admin.document import admin_document
from visavis.api.admin.routes import all_routes

from .client import AdminClient

DOCUMENT = admin_document()


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def test_the_document_is_valid_and_refers_only_to_what_it_has() -> None:
    schemathesis.openapi.from_dict(DOCUMENT).validate()
    for reference in re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(DOCUMENT)):
        here = DOCUMENT
        for step in reference.split("/"):
            here = here[step]


def test_every_request_is_in_it_with_every_status_of_an_error() -> None:
    described = {(method, path) for method, path, _ in operations()}
    assert described == {
        (method, route.path.replace(":path", "")) for route in all_routes() for method in route.methods or ()
    }
    for _, path, operation in operations():
        assert {str(status) for status in STATUS.values()} <= operation["responses"].keys(), path
        assert all(p["description"] for p in operation.get("parameters", ()) if p["in"] == "path"), path


def test_everything_about_persons_is_described() -> None:
    for _, path, operation in operations():
        if "/persons" in path:
            assert operation["description"], path
            assert all(parameter["description"] for parameter in operation["parameters"]), path
    for name in ("ShownPerson", "PersonPage", "ShownEnrolment", "Deleted", "PersonChange"):
        fields = DOCUMENT["components"]["schemas"][name]["properties"]
        assert all(about["description"] for about in fields.values()), name


def test_the_server_shows_it_to_anybody_and_the_token_is_its_security(admin: AdminClient) -> None:
    assert admin.server.client.get("/openapi/admin.json").json() == json.loads(json.dumps(DOCUMENT))
    assert admin.server.client.get("/docs/admin").status_code == 200
    assert DOCUMENT["security"] == [{"token": []}]
