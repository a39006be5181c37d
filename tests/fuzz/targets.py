"""The front of every decoder as a function of bytes, which fails if the answer is not a documented one.

A target returns what became of the input: `None` if it was taken, or the code of its refusal.
"""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Callable, Collection, Coroutine
from http import HTTPStatus
from typing import Any, Final, TypeAlias

from fastapi import HTTPException, Request

from visavis.api.dialect import MAX_DETAIL, plain
from visavis.api.nhn.plus import PLUS
from visavis.api.nhn.requests import DetectForm
from visavis.api.nhn.v1 import V1
from visavis.api.nhn.v2 import V2
from visavis.api.searchface.dialect import SEARCHFACE
from visavis.core.images import decode_base64
from visavis.errors import ErrorCode, ServiceError
from visavis.fetch.target import parse
from visavis.types import Box, DetectedFace, ImageSize, Landmarks, Traits
from visavis.vision.container import MIN_SIDE, open_container
from visavis.vision.decode import decode
from visavis.vision.pool.channel import Channel, ClosedError, FrameError
from visavis.vision.pool.messages import (
    MAX_ANSWER_BYTES,
    MAX_CONTENT,
    AnswerError,
    faces_bytes,
    read_embeddings,
    read_found,
    read_liveness,
    read_picture_error,
    read_size,
    read_traits,
)
from visavis.web import body
from visavis.web.page_tokens import PageTokens
from visavis.web.parameters import Parameters

Target: TypeAlias = Callable[[bytes], ErrorCode | None]

DECODED_PIXELS: Final = 40_000
"""Larger pictures are judged by their structure alone, so that more inputs are tried in a second."""

OPERATIONS = [operation for dialect in (V1, PLUS, V2, SEARCHFACE) for operation in dialect.operations]
SCHEMAS: Final = sorted({operation.schema for operation in OPERATIONS}, key=lambda schema: schema.__qualname__)
FORMS: Final = sorted(
    {operation.form for operation in OPERATIONS if operation.form}, key=lambda schema: schema.__qualname__
)
TOKENS: Final = PageTokens(b"k" * 32, 3600)
BOUNDARY: Final = "b"
SIZE: Final = ImageSize(100, 80)
FACE: Final = DetectedFace(Box(1, 2, 60, 70), Landmarks((9, 9), (50, 9), (30, 30), (9, 60), (50, 60)), 0.9)
ASKED: Final = Traits(pose=True, mask=True, quality=True, comparability=True)


def picture(data: bytes) -> ErrorCode | None:
    """A picture's file: its structure, and its pixels if they are few."""

    def read() -> None:
        container = open_container(data)
        size = container.size
        assert min(size.width, size.height) >= MIN_SIDE
        assert 1 <= container.orientation <= 8
        assert len(container.stripped) <= len(data) + 2
        if size.width * size.height <= DECODED_PIXELS:
            decoded = decode(data)
            assert decoded.pixels.shape == (decoded.size.height, decoded.size.width, 3)

    return outcome(
        read,
        ErrorCode.NOT_AN_IMAGE,
        ErrorCode.UNSUPPORTED_IMAGE_FORMAT,
        ErrorCode.BROKEN_IMAGE,
        ErrorCode.IMAGE_TOO_LARGE,
        ErrorCode.IMAGE_TOO_SMALL,
    )


def base64(data: bytes) -> ErrorCode | None:
    """The `bytes` of a picture in JSON."""
    return outcome(lambda: decode_base64(as_text(data)), ErrorCode.INVALID_IMAGE_BASE64)


def token(data: bytes) -> ErrorCode | None:
    """A next-token. None but those that were issued is good."""
    return outcome(lambda: TOKENS.read("groups", as_text(data)), ErrorCode.INVALID_TOKEN)


def url(data: bytes) -> ErrorCode | None:
    """The `url` of a picture in JSON."""

    def read() -> None:
        target = parse(as_text(data))
        assert target.scheme in {"http", "https"}
        assert target.port in {80, 443} or 10_000 <= target.port <= 12_000
        line = target.host + target.path
        assert line.isascii()
        assert line.isprintable()
        assert " " not in line
        assert not set(target.host) & set("/?#@\\%")

    return outcome(read, ErrorCode.INVALID_IMAGE_URL)


def json_body(data: bytes) -> ErrorCode | None:
    """The first byte chooses an operation, the rest is the body."""
    schema = SCHEMAS[data[0] % len(SCHEMAS)] if data else SCHEMAS[0]
    return outcome(lambda: read_body(data[1:], "application/json", schema, None), ErrorCode.INVALID_PARAMETER)


def multipart(data: bytes) -> ErrorCode | None:
    """The first byte chooses an operation with a form, the rest is the body."""
    form = FORMS[data[0] % len(FORMS)] if data else FORMS[0]
    content_type = f"multipart/form-data; boundary={BOUNDARY}"
    return outcome(lambda: read_body(data[1:], content_type, form, form), ErrorCode.INVALID_PARAMETER)


def head(data: bytes) -> ErrorCode | None:
    """The value of Content-Type, before a form's body."""
    content_type = data.decode("latin-1")
    form = b'--b\r\nContent-Disposition: form-data; name="imageFile"; filename="a"\r\n\r\n1\r\n--b--\r\n'
    return outcome(lambda: read_body(form, content_type, DetectForm, DetectForm), ErrorCode.INVALID_PARAMETER)


def answer(data: bytes) -> ErrorCode | None:
    """The first byte says what was asked, the rest is what a worker sends that somebody took over."""

    def read() -> None:
        content, sent = received(data[1:])
        try:
            READERS[data[0] % len(READERS) if data else 0](content, sent)
        except AnswerError as error:
            raise ServiceError(ErrorCode.BROKEN_IMAGE, "The image crashed its decoder.") from error

    return outcome(read, ErrorCode.BROKEN_IMAGE)


def received(data: bytes) -> tuple[dict[str, Any], bytearray]:
    """The frame at the beginning of these bytes. Raises BROKEN_IMAGE if there is none."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(data[:60_000])
        theirs.shutdown(socket.SHUT_WR)
        try:
            return Channel(ours, most_content=MAX_CONTENT, most_bytes=MAX_ANSWER_BYTES).receive()
        except (FrameError, ClosedError) as error:
            raise ServiceError(ErrorCode.BROKEN_IMAGE, "The image crashed its decoder.") from error


READERS: Final[tuple[Callable[[dict[str, Any], bytearray], object], ...]] = (
    lambda content, _: read_size(content),
    lambda _, sent: read_found(sent, SIZE),
    lambda content, _: read_traits(
        content, [FACE], Traits(pose=True, mask=True, quality=True, comparability=True)
    ),
    lambda content, _: read_liveness(content),
    lambda content, _: read_picture_error(content),
    lambda _, sent: read_embeddings(sent, 1, 4),
)


def frame(content: object, sent: bytes = b"") -> bytes:
    text = json.dumps(content).encode()
    return struct.pack("!IQ", len(text), len(sent)) + text + sent


TARGETS: Final[dict[str, Target]] = {
    "picture": picture,
    "answer": answer,
    "base64": base64,
    "token": token,
    "url": url,
    "json": json_body,
    "multipart": multipart,
    "head": head,
}


def outcome(read: Callable[[], object], *expected: ErrorCode) -> ErrorCode | None:
    """What it came to. Anything raised but a refusal with one of the codes, in a plain sentence, is a finding."""
    try:
        read()
    except ServiceError as error:
        refusal = error
    except HTTPException as error:
        if error.status_code != HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            raise
        return None
    else:
        return None
    assert refusal.code in expected, refusal
    assert 1 < len(plain(refusal.detail)) <= MAX_DETAIL
    return refusal.code


def as_text(data: bytes) -> str:
    """Any text that JSON can carry, half of a surrogate pair included."""
    return data.decode("utf-8", errors="surrogateescape")


def read_body(data: bytes, content_type: str, schema: type[Parameters], form: type[Parameters] | None) -> None:
    """As a request brings it: the body in three pieces, read and then looked at."""
    third = len(data) // 3
    pieces = [data[:third], data[third : 2 * third], data[2 * third :]]

    async def receive() -> dict[str, Any]:
        piece = pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    scope = {
        "type": "http",
        "method": "POST",
        "headers": [(b"content-type", content_type.encode("latin-1"))],
        "query_string": b"",
    }
    request = Request(scope, receive)
    whole = finish(body.read_body(request, body.MAX_BODY_BYTES, form))
    body.read_parameters(request, whole, schema, form)


def finish(work: Coroutine[Any, Any, bytes]) -> bytes:
    """Run what never really waits, without an event loop."""
    try:
        work.send(None)
    except StopIteration as done:
        return bytes(done.value)
    raise AssertionError("something waited")


def seeds(name: str) -> Collection[bytes]:
    """Inputs that get a fuzzer past the first checks."""
    from tests.fuzz import pictures  # noqa: PLC0415 - needs numpy and Pillow, which take their time

    image = {"image": {"bytes": "iVBORw0KGgo="}, "limit": 5, "orientation": True, "externalImageId": "a"}
    part = b'--b\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\n%b\r\n'
    told = {
        "pose": [1.0, 2.0, 3.0],
        "mask": True,
        "quality": [1.0] * 7 + [None],
        "comparability": [99.0, "blurred"],
    }
    answers = [
        frame({"size": [100, 80]}),
        frame({}, faces_bytes([FACE])),
        frame({"traits": [told]}),
        frame({"liveness": 50.0}),
        frame({"trouble": "picture", "code": "broken_image", "detail": "It is cut short."}),
        frame({}, struct.pack("4f", 0.5, 0.5, 0.5, 0.5)),
    ]
    return {
        "answer": [bytes([number]) + each for number, each in enumerate(answers)],
        "picture": [*pictures.whole().values()],
        "base64": [b"iVBORw0KGgo=", b"AAAA", b"A A\nA=", b"/+//", b"data:image/png;base64,AAAA"],
        "token": [TOKENS.issue("groups", {"after": "a", "limit": 2}).encode(), b"a.b.c"],
        "url": [
            b"http://example.com/a.png?b=c#d",
            b"https://[2001:db8::1]:443/",
            b"http://user@\xed\x95\x9c\xea\xb8\x80.kr:10000/%2f",
            b"http://0x7f.1/",
        ],
        "json": [
            bytes([number]) + json.dumps(content).encode()
            for number in range(len(SCHEMAS))
            for content in (image, {"collectionId": "c", "requestName": "n", "faceImage": "AAAA", "groupId": "g"})
        ],
        "multipart": [
            bytes([number])
            + part % (b"imageFile", b'; filename="a.png"\r\nContent-Type: image/png', b"\x89PNG")
            + part % (b"limit", b"", b"5")
            + part % (b"threshold", b"", b"90")
            + b"--b--\r\n"
            for number in range(len(FORMS))
        ],
        "head": [b"multipart/form-data; boundary=b", b'multipart/form-data; boundary="b"; charset=utf-8'],
    }[name]
