"""A furnished app, and for every operation a request that succeeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from harness.servers import Keys, Server

from . import pictures
from .answers import Answer, assert_success
from .calls import Call
from .tables import Dialect, Operation, Parameter, Place

_TOKENS: dict[Keys, str] = {}
"""Issued when a test first needs one."""


@dataclass(frozen=True)
class Session:
    """An app on a server. The ids are empty until `furnished` fills them."""

    server: Server
    dialect: Dialect
    keys: Keys
    group: str = "no-group"
    """A group that tests only read. Newest first: portrait of 2, selfie of 1, portrait of 1."""
    face: str = "no-face"
    """The portrait of person 1 in that group."""
    scratch: str = "no-group"
    """A group for registrations that nobody looks at."""

    def speaking(self, dialect: Dialect) -> Session:
        """The same app and the same furniture, through another dialect."""
        return replace(self, dialect=dialect)

    @property
    def token(self) -> str:
        """An access token that has a right to this app alone."""
        if self.keys not in _TOKENS:
            _TOKENS[self.keys] = self.server.token_of(self.keys)
        return _TOKENS[self.keys]

    def credential(self, kind: str) -> str:
        """What a header carries: a key of the app, or its token as `bearer`."""
        return f"Bearer {self.token}" if kind == "bearer" else str(getattr(self.keys, kind))

    def furnished(self) -> Session:
        group, scratch = self.new_group(), self.new_group()
        faces = [
            self.registered(group, picture, externalImageId=label)[0]
            for picture, label in (
                (pictures.portrait(1), "portrait-1"),
                (pictures.selfie(1), "selfie-1"),
                (pictures.portrait(2), "portrait-2"),
            )
        ]
        return replace(self, group=group, face=faces[0], scratch=scratch)

    def new_group(self, name: str = "") -> str:
        name = name or unique()
        answer = self.send(self.call("create_group").put("json", "groupId", name))
        assert_success(answer)
        return name

    def registered(self, group: str, picture: bytes, limit: int = 1, **more: object) -> list[str]:
        """Register faces of a picture; their ids, largest face first."""
        call = self.call("register").put("path", "group-id", group).put("json", "limit", limit)
        for name, value in more.items():
            call = call.put("json", name, value)
        answer = self.send(call.with_picture(picture))
        assert_success(answer)
        return [str(face["faceId"]) for face in answer.data["addedFaces"]]

    def face_ids(self, group: str) -> list[str]:
        """All faces of a small group, newest first."""
        answer = self.send(self.call("list_faces").put("path", "group-id", group).put("query", "limit", 200))
        assert_success(answer)
        return [str(face["faceId"]) for face in answer.data["faces"]]

    def send(self, call: Call) -> Answer:
        return call.send(self.server.client)

    def call(self, operation: Operation | str, body: Place | None = None) -> Call:
        """A request that succeeds in a furnished scene, with the required parameters only.

        `body` chooses the kind of body of operations that take several; JSON unless told.
        """
        if isinstance(operation, str):
            operation = self.dialect.operations[operation]
        if body is None and operation.bodies:
            body = operation.bodies[0]
        return Call(
            operation,
            headers={name: self.credential(kind) for name, kind in operation.dialect.headers.items()},
            path={"appKey": self.keys.appKey, **self._path(operation)},
            query=_required(operation.at("query")),
            json=_required(operation.at("json")) if body == "json" else None,
            form=_required(operation.at("form")) if body == "form" else None,
        )

    def _path(self, operation: Operation) -> Mapping[str, str]:
        group = {"register": self.scratch}.get(operation.name, self.group)
        ids = {"group-id": group, "face-id": self.face}
        return {parameter.name: ids[parameter.name] for parameter in operation.at("path")}


def unique() -> str:
    """A group id that was never used before."""
    return f"group-{uuid4().hex}"


def _required(parameters: tuple[Parameter, ...]) -> dict[str, Any]:
    return {parameter.name: valid_value(parameter) for parameter in parameters if parameter.required}


def valid_value(parameter: Parameter) -> Any:
    """A value that every operation accepts, spelt as its place demands."""
    match parameter.type:
        case "image":
            return pictures.as_object(pictures.portrait())
        case "file":
            return pictures.portrait()
        case "int":
            return parameter.example if parameter.place == "json" else str(parameter.example)
        case "bool":
            return False if parameter.place == "json" else "false"
        case "choice":
            return parameter.choices[0]
        case _:
            return unique()
