"""Requests as values: built once, varied by copying, sent as they are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any
from urllib.parse import quote

import httpx

from . import pictures
from .answers import Answer
from .tables import Operation, Place


class Absent(Enum):
    """As a parameter's value: leave the parameter out."""

    ABSENT = "absent"

    def __str__(self) -> str:
        return self.value


ABSENT = Absent.ABSENT


@dataclass(frozen=True)
class Call:
    """A request to an operation. A value of type `bytes` in a form is a file, a string is a field."""

    operation: Operation
    headers: Mapping[str, str]
    path: Mapping[str, str]
    query: Mapping[str, Any] = field(default_factory=dict)
    json: Mapping[str, Any] | None = None
    form: Mapping[str, str | bytes] | None = None
    raw: bytes | None = None
    """The body, byte for byte, in place of the JSON or the form."""

    @property
    def body_place(self) -> Place:
        return "json" if self.json is not None else "form"

    def put(self, place: Place, name: str, value: object) -> Call:
        """The same request with one parameter set, or left out if the value is ABSENT."""
        values = {key: old for key, old in (getattr(self, place) or {}).items() if key != name}
        if value is not ABSENT:
            values[name] = value
        changes: dict[str, Any] = {place: values}
        return replace(self, **changes)

    def having(self, name: str, value: bool | int | str) -> Call:
        """The same request with one parameter set, where and as the operation takes it."""
        places: tuple[Place, ...] = ("query", self.body_place)
        place = next(place for place in places if any(each.name == name for each in self.operation.at(place)))
        return self.put(place, name, value if place == "json" else str(value).lower())

    def with_header(self, name: str, value: object) -> Call:
        kept = {key: old for key, old in self.headers.items() if key.lower() != name.lower()}
        return replace(self, headers=kept if value is ABSENT else {**kept, name: str(value)})

    def with_raw(self, body: bytes, content_type: str) -> Call:
        return replace(self.with_header("Content-Type", content_type), raw=body)

    def with_picture(self, picture: bytes, which: int = 0) -> Call:
        """The same request with another picture, in whichever kind of body it has."""
        if self.json is None:
            return self.put("form", self.operation.files[which].name, picture)
        return self.with_image(pictures.as_object(picture), which)

    def with_image(self, image: Mapping[str, Any], which: int = 0) -> Call:
        """The same request, which has a JSON body, with another image object."""
        return self.put("json", self.operation.images[which].name, image)

    @property
    def url_path(self) -> str:
        url = self.operation.path
        for name, value in self.path.items():
            url = url.replace("{" + name + "}", quote(value, safe=""))
        return url

    def send(self, client: httpx.Client) -> Answer:
        headers = {name.lower().encode(): value.encode() for name, value in self.headers.items()}
        if self.raw is None and self.json is not None:
            headers.setdefault(b"content-type", b"application/json")
        if self.raw is None and self.form == {}:
            headers.setdefault(b"content-type", b"multipart/form-data; boundary=empty")
        request = client.build_request(
            self.operation.method, self.url_path, params=self.query, headers=headers, **self._body()
        )
        return Answer(client.send(request), self.operation)

    def _body(self) -> dict[str, Any]:
        if self.raw is not None:
            return {"content": self.raw}
        if self.form == {}:
            return {"content": b"--empty--\r\n"}
        if self.form is not None:
            # Everything as parts: httpx would otherwise choose another encoding for a form without files.
            return {"files": [(name, _part(name, value)) for name, value in self.form.items()]}
        if self.json is not None:
            return {"content": json.dumps(self.json).encode()}
        return {}


def _part(name: str, value: str | bytes) -> tuple[str | None, str | bytes]:
    return (f"{name}.png", value) if isinstance(value, bytes) else (None, value)
