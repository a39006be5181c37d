"""What can be wrong with a request, one thing each, in the order in which the server looks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias
from uuid import uuid4

from . import pictures
from .calls import Call
from .picture_host import PictureHost
from .tables import Operation, Place
from .values import bad_values


class Stage(IntEnum):
    """The server's checks, first to last."""

    CREDENTIALS = 1
    PARAMETERS = 2
    GROUP = 3
    FACE_ID = 4
    SOURCE = 5
    SOURCE_OF_TARGET = 6
    PIXELS = 7
    PIXELS_OF_TARGET = 8
    FACES = 9


_SPOILABLE = {"int", "bool", "string", "choice"}


@dataclass(frozen=True)
class Fault:
    """One thing wrong. Faults of different slots can be in one request together."""

    name: str
    stage: Stage
    slot: str
    apply: Callable[[Call, PictureHost], Call]
    body: Place | None = None
    """The kind of body it needs."""
    picture: int = 0
    """Which of the pictures it is about, if it is about one: 1 is the target of a comparison."""

    def fits(self, operation: Operation) -> bool:
        if self.body is not None and self.body not in operation.bodies:
            return False
        match self.slot:
            case "picture" | "target":
                return len(operation.images) > self.picture
            case "parameter":
                return any(each.type in _SPOILABLE and each.place != "path" for each in operation.parameters)
            case "header":
                return True
            case name:
                return operation.takes(name)


def _bad_parameter(call: Call, _: PictureHost) -> Call:
    """Spoil a parameter that is neither an id in the path nor a picture."""
    place: Place = "query" if call.query else call.body_place
    spoilt = next(each for each in call.operation.at(place) if each.type in _SPOILABLE)
    return call.put(place, spoilt.name, next(iter(bad_values(spoilt).values())))


_Spoil: TypeAlias = Callable[[Call, PictureHost, int], Call]
"""Puts something wrong in the place of one of the pictures."""


def _path(name: str, value: str) -> Callable[[Call, PictureHost], Call]:
    return lambda call, _: call.put("path", name, value)


def _broken_base64(call: Call, _: PictureHost, which: int) -> Call:
    return call.with_image({"bytes": "%%%%"}, which)


def _url(path: str) -> _Spoil:
    return lambda call, host, which: call.with_image({"url": host.url(path)}, which)


def _picture(picture: Callable[[], bytes]) -> _Spoil:
    return lambda call, _, which: call.with_picture(picture(), which)


def _too_large(call: Call, _: PictureHost, which: int) -> Call:
    return call.with_picture(pictures.padded(call.operation.dialect.max_image_bytes + 1), which)


def _gif() -> bytes:
    return pictures.blank(kind="GIF")


def _wrong_credentials(call: Call, _: PictureHost) -> Call:
    header = next(iter(call.operation.dialect.headers), None)
    return call.with_header(header, "0" * 64) if header else call.put("path", "appKey", "0" * 32)


def _of_source(name: str, stage: Stage, spoil: _Spoil, body: Place = "json") -> Fault:
    return Fault(name, stage, "picture", lambda call, host: spoil(call, host, 0), body)


def _of_target(name: str, stage: Stage, spoil: _Spoil) -> Fault:
    return Fault(
        f"{name} as the target", stage, "target", lambda call, host: spoil(call, host, 1), "json", picture=1
    )


_SOURCES: dict[str, _Spoil] = {
    "broken Base64": _broken_base64,
    "URL without a picture": _url("status/404"),
    "URL that never answers": _url("silence"),
    "bytes too large": _too_large,
}

ALL = (
    Fault("wrong credentials", Stage.CREDENTIALS, "header", _wrong_credentials),
    Fault("bad parameter", Stage.PARAMETERS, "parameter", _bad_parameter),
    Fault("bad group id", Stage.PARAMETERS, "group-id", _path("group-id", "NOT_A_GROUP_ID")),
    Fault(
        "bad new group id",
        Stage.PARAMETERS,
        "groupId",
        lambda call, _: call.put("json", "groupId", "NOT_A_GROUP_ID"),
    ),
    Fault("damaged token", Stage.PARAMETERS, "next-token", lambda call, _: call.put("query", "next-token", "x")),
    Fault("unknown group", Stage.GROUP, "group-id", _path("group-id", "a-group-that-never-was")),
    Fault("unknown face", Stage.FACE_ID, "face-id", _path("face-id", str(uuid4()))),
    *(_of_source(name, Stage.SOURCE, spoil) for name, spoil in _SOURCES.items()),
    _of_source("file too large", Stage.SOURCE, _too_large, "form"),
    *(_of_target(name, Stage.SOURCE_OF_TARGET, spoil) for name, spoil in _SOURCES.items()),
    _of_source("GIF", Stage.PIXELS, _picture(_gif)),
    _of_source("words as a file", Stage.PIXELS, _picture(pictures.text), "form"),
    _of_target("GIF", Stage.PIXELS_OF_TARGET, _picture(_gif)),
    _of_source("no face", Stage.FACES, _picture(pictures.blank)),
)
"""First to last in the order of the checks."""

BY_NAME = {fault.name: fault for fault in ALL}
