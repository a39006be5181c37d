"""Describes a dialect as an OpenAPI 3.1 document."""

from __future__ import annotations

import re
from collections.abc import Iterable
from http import HTTPStatus
from itertools import groupby
from typing import Any

from visavis import __version__
from visavis.api.dialect import HTTP_ERRORS, MAX_DETAIL, RETRY_STATUSES, Dialect, KeyHeader, WireError
from visavis.api.openapi.errors import errors
from visavis.api.openapi.examples import FACE_ID, GROUP_ID, QUERY, request_examples, success_example
from visavis.api.openapi.schemas import JsonSchema, definitions, reference, request
from visavis.api.operation import AnyOperation
from visavis.types import Refusal
from visavis.web.body import MAX_BODY_BYTES, MAX_PLAIN_BODY_BYTES

_DETAIL_HEADER = "X-Error-Detail"
_REFUSED_HEADER = "X-Not-Added"
_SMALL_HEADER = "X-Small-Faces"
_REASONS = "|".join(Refusal)

_IN_PATH: dict[str, dict[str, object]] = {
    "app_key": {"name": "appKey", "description": "The app's `appKey`.", "schema": {"type": "string"}},
    "group_id": {
        "name": "group-id",
        "description": "The group.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9_.-]{1,255}$"},
        "example": GROUP_ID,
    },
    "face_id": {
        "name": "face-id",
        "description": "The registered face.",
        "schema": {"type": "string"},
        "example": FACE_ID,
    },
}

_HEADERS = {
    _DETAIL_HEADER: {
        "description": "What was wrong, in one plain sentence; absent if nothing was.",
        "schema": {"type": "string", "maxLength": MAX_DETAIL},
        "example": "Parameter 'limit': Input should be less than or equal to 200.",
    },
    _REFUSED_HEADER: {
        "description": (
            "Why faces were not added, in the order of the body, commas between: `pose` turned away, `poor` too "
            "poor to be compared, `quality` less than the group asks for, `quota` the group is full, `limit` "
            "there were larger ones. Absent if all were added."
        ),
        "schema": {"type": "string", "pattern": f"^({_REASONS})(, ({_REASONS}))*$"},
        "example": "pose, limit",
    },
    _SMALL_HEADER: {
        "description": "How many faces were left out for being smaller than 60 x 60 pixels. Absent if none.",
        "schema": {"type": "string", "pattern": "^[1-9][0-9]*$"},
        "example": "3",
    },
    "Retry-After": {
        "description": "Seconds after which to try again.",
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
    },
}

_ABOUT_STATUS = {
    200: "How it went.",
    404: "There is no such path.",
    405: "The path does not support this method.",
    408: "The body came too slowly.",
    413: f"The body has more than {MAX_BODY_BYTES:,} bytes, or {MAX_PLAIN_BODY_BYTES:,} without a picture.",
    415: "The body has a Content-Encoding.",
    431: "The request line and headers have more than 32,768 bytes.",
    429: "The app sends more requests than it may, or too many wrong keys came from this address.",
    503: "Too many requests are waiting, or the database cannot be reached or written to just now.",
}


def document(dialect: Dialect) -> dict[str, Any]:
    """The whole document, ready to be written as JSON."""
    paths: dict[str, dict[str, object]] = {}
    for operation in dialect.operations:
        item = paths.setdefault(_wire_path(operation), {})
        item[operation.method.lower()] = _operation(dialect, operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": dialect.title,
            "version": __version__,
            "description": f"Every error has the header `{_DETAIL_HEADER}`: a sentence that says what was wrong.",
        },
        "servers": [{"url": dialect.prefix}],
        "security": _security(dialect.key_headers),
        "paths": paths,
        "components": {
            "schemas": _schemas(dialect),
            "headers": _HEADERS,
            "responses": {
                HTTPStatus(status).name: _http_error(dialect, error) for status, error in HTTP_ERRORS.items()
            },
            "securitySchemes": {
                header.name: {
                    "type": "apiKey",
                    "in": "header",
                    "name": header.name,
                    "description": header.describes,
                }
                for header in dialect.key_headers
            },
        },
    }


def _security(headers: Iterable[KeyHeader]) -> list[dict[str, list[str]]]:
    """The combinations of keys that are accepted: the required ones, then all."""
    required: dict[str, list[str]] = {header.name: [] for header in headers if header.required}
    every: dict[str, list[str]] = {header.name: [] for header in headers}
    return [way for way in ([required] if required == every else [required, every]) if way]


def _schemas(dialect: Dialect) -> dict[str, JsonSchema]:
    answers = {data: dialect.answer(data) for data in (operation.data for operation in dialect.operations)}
    schemas = definitions([*answers.values(), dialect.error])
    for operation in dialect.operations:
        for taken in filter(None, (operation.schema, operation.form)):
            described = request(taken)
            if described.body:
                schemas |= described.definitions | {taken.__name__: described.body}
    return dict(sorted(schemas.items()))


def _operation(dialect: Dialect, operation: AnyOperation) -> dict[str, object]:
    described: dict[str, object] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": ["Groups" if "group" in operation.name else "Faces"],
        "parameters": [*_path_parameters(operation), *_query_parameters(operation)],
        "responses": _responses(dialect, operation),
    }
    content = _request_content(operation)
    return described | ({"requestBody": {"required": True, "content": content}} if content else {})


def _wire_path(operation: AnyOperation) -> str:
    return re.sub(r"{(\w+)}", lambda found: f"{{{_IN_PATH[found[1]]['name']}}}", operation.path)


def _path_parameters(operation: AnyOperation) -> list[dict[str, object]]:
    return [{"in": "path", "required": True, **_IN_PATH[name]} for name in re.findall(r"{(\w+)}", operation.path)]


def _query_parameters(operation: AnyOperation) -> list[dict[str, object]]:
    taken = request(operation.schema)
    parameters = []
    for name, schema in taken.query.items():
        about = {key: value for key, value in schema.items() if key != "description"}
        parameter = {"name": name, "in": "query", "required": name in taken.required, "schema": about}
        example = {"example": QUERY[name]} if name in QUERY else {}
        parameters.append({**parameter, "description": schema["description"], **example})
    return parameters


def _request_content(operation: AnyOperation) -> dict[str, object]:
    taken = request(operation.schema)
    content: dict[str, object] = {}
    if taken.body:
        content["application/json"] = {
            "schema": reference(operation.schema.__name__),
            "examples": request_examples(taken.body, taken.definitions),
        }
    if operation.form:
        content["multipart/form-data"] = {"schema": reference(operation.form.__name__)}
    return content


def _responses(dialect: Dialect, operation: AnyOperation) -> dict[str, Any]:
    by_status = {
        status: list(group) for status, group in groupby(errors(dialect, operation), lambda error: error.status)
    }
    refusals = {
        str(status): _refused(dialect, status, group, registers=operation.registers)
        for status, group in by_status.items()
        if status != 200
    }
    referred = [status for status in HTTP_ERRORS if status not in {408, 413, 415} or operation.method == "POST"]
    http_errors = {
        str(status): {"$ref": f"#/components/responses/{HTTPStatus(status).name}"} for status in referred
    }
    return {"200": _succeeded(dialect, operation, by_status.get(200, []))} | refusals | http_errors


def _succeeded(dialect: Dialect, operation: AnyOperation, failures: list[WireError]) -> dict[str, object]:
    """The answer with status 200, which may also be an error in some dialects."""
    body = reference(dialect.answer(operation.data).__name__)
    schema = {"oneOf": [body, reference(dialect.error.__name__)]} if failures else body
    example = {"success": {"value": success_example(dialect, operation)}}
    return {
        "description": _about(200, failures),
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in _answer_headers(operation)},
        "content": {
            "application/json": {"schema": schema, "examples": example | _error_examples(dialect, failures)}
        },
    }


def _answer_headers(operation: AnyOperation) -> list[str]:
    """The headers that a successful answer may have."""
    small = [_SMALL_HEADER] if operation.name in {"detect", "spoofing"} else []
    return [_DETAIL_HEADER, *([_REFUSED_HEADER] if operation.registers else []), *small]


def _refused(
    dialect: Dialect, status: int, failures: list[WireError], *, registers: bool = False
) -> dict[str, object]:
    names = [_DETAIL_HEADER, *(["Retry-After"] if status in RETRY_STATUSES else [])]
    return {
        "description": _about(status, failures),
        "headers": {name: _HEADERS[name] | {"required": True} for name in names}
        | ({_REFUSED_HEADER: _HEADERS[_REFUSED_HEADER]} if registers else {}),
        "content": {
            "application/json": {
                "schema": reference(dialect.error.__name__),
                "examples": _error_examples(dialect, failures),
            }
        },
    }


def _http_error(dialect: Dialect, error: WireError) -> dict[str, object]:
    return _refused(dialect, error.status, [error])


def _error_examples(dialect: Dialect, failures: list[WireError]) -> dict[str, object]:
    return {f"{error.code} {error.message}": {"value": dialect.failure(error)} for error in failures}


def _about(status: int, failures: list[WireError]) -> str:
    rows = [f"| {error.code} | `{error.message}` |" for error in failures]
    about = _ABOUT_STATUS.get(status, "An error.")
    return "\n".join([about, "", "| error | message |", "|---|---|", *rows]) if rows else about
