"""What can be wrong with a request, one thing each, in the order in which the server looks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
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
    PIXELS = 6
    FACES = 7


_SPOILABLE = {"int", "bool", "string"}


@dataclass(frozen=True)
class Fault:
    """One thing wrong. Faults of different slots can be in one request together."""

    name: str
    stage: Stage
    slot: str
    apply: Callable[[Call, PictureHost], Call]
    body: Place | None = None
    """The kind of body it needs."""

    def fits(self, operation: Operation) -> bool:
        if self.body is not None and self.body not in operation.bodies:
            return False
        match self.slot:
            case "picture":
                return bool(operation.images)
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


def _path(name: str, value: str) -> Callable[[Call, PictureHost], Call]:
    return lambda call, _: call.put("path", name, value)


def _image(picture: Callable[[], bytes]) -> Callable[[Call, PictureHost], Call]:
    return lambda call, _: call.with_picture(pictures.as_object(picture()))


def _url(path: str) -> Callable[[Call, PictureHost], Call]:
    return lambda call, host: call.with_picture({"url": host.url(path)})


def _file(picture: Callable[[], bytes]) -> Callable[[Call, PictureHost], Call]:
    return lambda call, _: call.with_picture(picture())


def _broken_base64(call: Call, _: PictureHost) -> Call:
    return call.with_picture({"bytes": "%%%%"})


def _gif() -> bytes:
    return pictures.blank(kind="GIF")


def _wrong_credentials(call: Call, _: PictureHost) -> Call:
    return call.with_header(next(iter(call.operation.dialect.headers)), "0" * 64)


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
    Fault("broken Base64", Stage.SOURCE, "picture", _broken_base64, "json"),
    Fault("URL without a picture", Stage.SOURCE, "picture", _url("status/404"), "json"),
    Fault("URL that never answers", Stage.SOURCE, "picture", _url("silence"), "json"),
    Fault("file too large", Stage.SOURCE, "picture", _file(pictures.too_large), "form"),
    Fault("GIF", Stage.PIXELS, "picture", _image(_gif), "json"),
    Fault("words as a file", Stage.PIXELS, "picture", _file(pictures.text), "form"),
    Fault("no face", Stage.FACES, "picture", _image(pictures.blank), "json"),
)

BY_NAME = {fault.name: fault for fault in ALL}
