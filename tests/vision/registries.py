"""A package registry of a test's own on this machine, which serves one archive, and npm pointed at it."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tarfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from visavis.vision.models import NpmMember


@dataclass
class Registry:
    """What it serves, and what it was asked for."""

    url: str
    archive: bytes
    asked: list[str] = field(default_factory=list)


def archive_of(members: Mapping[str, bytes]) -> bytes:
    """An archive as npm downloads it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


@contextmanager
def registry(source: NpmMember, archive: bytes) -> Iterator[Registry]:
    """Serves `archive` as the package of `source`, with the hash that is right for it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.asked.append(self.path)
            body = archive if self.path.endswith(".tgz") else _described(source, archive, served.url)
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served = Registry(f"http://127.0.0.1:{server.server_port}", archive)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()


def _described(source: NpmMember, archive: bytes, url: str) -> bytes:
    integrity = base64.b64encode(hashlib.sha512(archive).digest()).decode()
    dist = {"tarball": f"{url}/archive.tgz", "integrity": f"sha512-{integrity}"}
    version = {"name": source.package, "version": source.version, "dist": dist}
    described = {
        "name": source.package,
        "dist-tags": {"latest": source.version},
        "versions": {source.version: version},
    }
    return json.dumps(described).encode()
