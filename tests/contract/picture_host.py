"""A small web server for image URLs, on one of the ports that such URLs may name."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import unquote

from . import pictures
from .tables import DIALECTS

PORTS = range(10_000, 12_001)


@dataclass(frozen=True)
class PictureHost:
    """Where the pictures are."""

    port: int
    closed_port: int
    """An allowed port on which nobody listens."""

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}/{path}"


class _Handler(BaseHTTPRequestHandler):
    files: ClassVar[dict[str, bytes]] = {}
    over: ClassVar[threading.Event]

    def do_GET(self) -> None:
        name = self.path.lstrip("/")
        if name == "silence":
            self.over.wait()
        elif name.startswith("status/"):
            self._answer(int(name.removeprefix("status/")), b"")
        elif name.startswith("to/"):
            self._answer(302, b"", unquote(name.removeprefix("to/")))
        elif name == "loop":
            self._answer(302, b"", "/loop")
        elif name in self.files:
            self._answer(200, self.files[name])
        else:
            self._answer(404, b"")

    def _answer(self, status: int, body: bytes, location: str = "") -> None:
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that gives up half-way is what some tests are about."""


@contextmanager
def serving_pictures() -> Iterator[PictureHost]:
    """Serve pictures until the block ends.

    Paths: `portrait.jpg`, `selfie.jpg`, `stranger.jpg`, `text`, `gif`, `truncated`, `large`, `tiny`;
    `status/NNN` answers with that status, `to/URL` redirects, `loop` redirects to itself, `silence` never answers.
    """
    over = threading.Event()
    files = {
        "portrait.jpg": pictures.portrait(),
        "selfie.jpg": pictures.selfie(),
        "stranger.jpg": pictures.portrait(2),
        "text": pictures.text(),
        "gif": pictures.blank(kind="GIF"),
        "truncated": pictures.truncated(pictures.portrait()),
        "large": pictures.padded(1 + max(dialect.max_image_bytes for dialect in DIALECTS)),
        "tiny": pictures.blank(79, 200),
    }
    handler = type("Handler", (_Handler,), {"files": files, "over": over})
    server, unused = _bound(handler), _bound(handler)
    unused.server_close()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield PictureHost(server.server_address[1], unused.server_address[1])
    finally:
        over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _bound(handler: type[BaseHTTPRequestHandler]) -> _Server:
    for port in random.sample(PORTS, len(PORTS)):
        try:
            return _Server(("127.0.0.1", port), handler)
        except OSError:
            continue
    raise RuntimeError("no port between 10000 and 12000 is free")
