"""HTTP/1.1 as lightly as it can be spoken, so that the driver takes little of the machine it measures."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pybase64
from pydantic_core import to_json

from benchmarks.pictures import Picture
from harness.servers import PREFIX, Keys


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes


class Connection:
    """A connection that is kept open; one request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, port: int) -> Connection:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def ask(self, request: bytes) -> Answer:
        """Send a whole request; its answer must say its length."""
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        length = next(int(line[15:]) for line in lines if line.startswith(b"content-length:"))
        return Answer(int(head[9:12]), await self._reader.readexactly(length))

    @property
    def ended(self) -> bool:
        """Whether the server has closed it, as it does when nothing came for a while."""
        return self._reader.at_eof()

    def close(self) -> None:
        self._writer.close()


def get(path: str, keys: Keys | None = None) -> bytes:
    """A GET request; with keys, of a path below the app of the v2.0 API."""
    return _written("GET", path, keys, {}, b"")


def post_json(path: str, keys: Keys, content: dict[str, object]) -> bytes:
    return _written("POST", path, keys, {"Content-Type": "application/json"}, to_json(content))


def post_base64(path: str, keys: Keys, picture: Picture) -> bytes:
    """A picture as Base64 in JSON."""
    return post_json(path, keys, {"image": {"bytes": pybase64.b64encode(picture.data).decode()}})


def post_form(path: str, keys: Keys, picture: Picture, fields: dict[str, str] | None = None) -> bytes:
    """A picture as a file in a form."""
    boundary = "visavis-benchmark"
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n'
        for n, v in (fields or {}).items()
    ]
    file = f'--{boundary}\r\nContent-Disposition: form-data; name="imageFile"; filename="face.jpg"\r\n\r\n'
    body = "".join(parts).encode() + file.encode() + picture.data + f"\r\n--{boundary}--\r\n".encode()
    return _written("POST", path, keys, {"Content-Type": f"multipart/form-data; boundary={boundary}"}, body)


def _written(method: str, path: str, keys: Keys | None, headers: dict[str, str], body: bytes) -> bytes:
    if keys is not None:
        path, headers = f"{PREFIX}/{keys.appKey}{path}", {"Authorization": keys.secretKey, **headers}
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: 127.0.0.1",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body
