"""Writes a request as a curl command, with APP_KEY, SECRET_KEY, API_KEY and TOKEN as shell variables for keys."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from urllib.parse import urlencode

from visavis.api.dialect import Dialect
from visavis.api.operation import AnyOperation
from visavis.core.api_preview import PreviewRequest, SentPicture

_VARIABLES = {
    "Authorization": "$SECRET_KEY",
    "x-nhn-apikey": "$API_KEY",
    "x-nhn-authorization": "Bearer $TOKEN",
}
"""The value of each header that carries a key, with a shell variable."""


def curl(dialect: Dialect, operation: AnyOperation, request: PreviewRequest, *, as_form: bool) -> str:
    """The command, over several lines. It needs curl, base64, printf and tr."""
    query, body = split_options(operation, request, as_form=as_form)
    path = operation.path.replace("{app_key}", "$APP_KEY")
    search = f"?{urlencode(query)}" if query else ""
    lines = [f'curl -X {operation.method} "{request.origin}{dialect.prefix}{path}{search}"', *_keys(dialect)]
    if as_form:
        lines += [f"-F {shlex.quote(f'{sent.role}File=@{sent.file}')}" for sent in request.pictures]
        lines += [f"-F {name}={_spelt(value)}" for name, value in body.items()]
        return _joined(lines)
    lines.append("-H 'Content-Type: application/json'")
    if all(sent.url for sent in request.pictures):
        content = {sent.role: {"url": sent.url} for sent in request.pictures}
        return _joined([*lines, f"-d {shlex.quote(_compact({**content, **body}))}"])
    # A picture is too long for an argument of a program, but not for printf, which the shell runs itself.
    template = _compact({**{sent.role: _reference(sent) for sent in request.pictures}, **body})
    template = template.replace("\\", "\\\\")  # printf reads escapes too
    files = [
        f"\"$(base64 < {shlex.quote(sent.file)} | tr -d '\\n')\"" for sent in request.pictures if not sent.url
    ]
    return f"printf {shlex.quote(template)} {' '.join(files)} |\n  {_joined([*lines, '-d @-'])}"


def split_options(
    operation: AnyOperation, request: PreviewRequest, *, as_form: bool
) -> tuple[dict[str, bool | int], dict[str, bool | int]]:
    """The options that the operation knows: (in the query, in the body)."""
    schema = operation.form if as_form and operation.form else operation.schema
    query: dict[str, bool | int] = {}
    body: dict[str, bool | int] = {}
    for name, _, in_query in schema.wire_fields():
        if name in request.options:
            (query if in_query else body)[name] = request.options[name]
    return query, body


def _keys(dialect: Dialect) -> list[str]:
    headers = [header.name for header in dialect.key_headers if header.required]
    return [f'-H "{name}: {_VARIABLES[name]}"' for name in headers]


def _reference(sent: SentPicture) -> Mapping[str, str]:
    """The picture inside the JSON template of `printf`: `%s` is replaced by its bytes, `%%` stands for `%`."""
    return {"url": sent.url.replace("%", "%%")} if sent.url else {"bytes": "%s"}


def _compact(content: Mapping[str, object]) -> str:
    return json.dumps(content, separators=(",", ":"))


def _spelt(value: bool | int) -> str:  # noqa: FBT001 - a value, not a flag
    return str(value).lower()


def _joined(lines: list[str]) -> str:
    return " \\\n  ".join(lines)
