"""Describes the admin API as an OpenAPI 3.1 document."""

from __future__ import annotations

from typing import Any

from fastapi.openapi.utils import get_openapi

from visavis import __version__
from visavis.api.admin.routes import all_routes
from visavis.api.dialect import MAX_DETAIL

TITLE = "Visavis administration"

_IN_PATH = {
    "name": "The name of an app.",
    "group_id": "The id of a group.",
    "person_id": "The id of a person: the external image id of the faces.",
    "key_id": "The number of a key.",
    "key_name": "The name of a user access key.",
}

_ERRORS = {
    400: "Something in the request is not valid.",
    401: "The token is missing or wrong, or none is set.",
    404: "There is no such app, key, group, person or path.",
    409: "The name or the id is taken, or the group is full.",
    422: "The body, a parameter or the picture cannot be used.",
    429: "Too many wrong tokens came from this address.",
    500: "The server failed.",
    503: "Too many requests are waiting, or the database cannot be reached or written to just now.",
}


def admin_document() -> dict[str, Any]:
    """The whole document, ready to be written as JSON."""
    described: dict[str, Any] = get_openapi(
        title=TITLE,
        version=__version__,
        description="Every error says in one sentence what was wrong, in the body and in `X-Error-Detail`.",
        routes=all_routes(),
        servers=[{"url": "/admin"}],
    )
    for item in described["paths"].values():
        for operation in item.values():
            operation["responses"].pop("422", None)
            operation["responses"] |= {str(status): _reference(status) for status in sorted(_ERRORS)}
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "path":
                    parameter["description"] = _IN_PATH[parameter["name"]]
    components = described["components"]
    for unused in ("HTTPValidationError", "ValidationError"):
        del components["schemas"][unused]
    components["responses"] = {_name(status): _response(about) for status, about in _ERRORS.items()}
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    return described | {"security": [{"token": []}]}


def _name(status: int) -> str:
    return f"Error{status}"


def _reference(status: int) -> dict[str, str]:
    return {"$ref": f"#/components/responses/{_name(status)}"}


def _response(about: str) -> dict[str, Any]:
    sentence = {"type": "string", "maxLength": MAX_DETAIL}
    body = {"type": "object", "properties": {"error": sentence}, "required": ["error"]}
    return {
        "description": about,
        "headers": {"X-Error-Detail": {"description": "The sentence of the body.", "schema": sentence}},
        "content": {"application/json": {"schema": body}},
    }
