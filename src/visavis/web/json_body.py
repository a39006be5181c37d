"""Reads JSON bodies of untrusted clients: with a limit before parsing, and without ambiguities."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from pydantic_core import from_json

from visavis.errors import ErrorCode, ServiceError

MAX_MARKS: Final = 10_000
"""Limit for `"`, `,`, `:`, `[` and `{` together: no operation takes more than some dozens of values."""

_MARKS: Final = b'",:[{'
_NO_MARKS: Final = bytes(set(range(256)) - set(_MARKS))
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_LONG: Final = 1_024
"""A longer string, in bytes, cannot be the name of a parameter."""
_STRUCTURE: Final = (b"\\", b",", b":", b"[", b"]", b"{", b"}")


def json_object(body: bytes) -> Mapping[str, object]:
    """Parse a body that must be a JSON object. Takes milliseconds of CPU time, so call it in a worker thread.

    Raises INVALID_PARAMETER, also for a name that an object has twice: parsers disagree which value counts.
    """
    body = body.removeprefix(_BYTE_ORDER_MARK)
    if len(body.translate(None, delete=_NO_MARKS)) > MAX_MARKS:
        raise ServiceError(ErrorCode.INVALID_PARAMETER, "The JSON has more values than any operation takes.")
    try:
        content = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise ServiceError(ErrorCode.INVALID_PARAMETER, f"The body is not valid JSON: {error}.") from None
    if not isinstance(content, dict):
        raise ServiceError(ErrorCode.INVALID_PARAMETER, "The body is not a JSON object.")
    json.loads(_shortened(body), object_pairs_hook=_refuse_twins, parse_int=str, parse_float=str)
    return content


def _shortened(body: bytes) -> bytes:
    """The JSON without its long strings, such as pictures, which the standard library reads slowly."""
    parts = body.split(b'"')
    for number, part in enumerate(parts):
        if len(part) > _LONG and not any(mark in part for mark in _STRUCTURE):
            parts[number] = b"%d" % number  # a different text for each, so that names stay different
    return b'"'.join(parts)


def _refuse_twins(pairs: list[tuple[str, object]]) -> None:
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            detail = f"Parameter '{name}' is given more than once."
            raise ServiceError(ErrorCode.INVALID_PARAMETER, detail, subject=name)
