"""The server without its sockets: its ASGI application, called directly."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pybase64
from fastapi import FastAPI
from pydantic_core import to_json

from benchmarks.pictures import Picture
from visavis.app import create_app, open_apps
from visavis.identities import KeyKind
from visavis.settings import AuditSettings, Settings, WorkSettings
from visavis.vision.analyzer import Analyzer
from visavis.vision.models import DEFAULT_RECOGNITION
from visavis.vision.store import ModelStore

OPERATIONS = ("detect", "register", "search")
_PATHS = {"detect": "faces/detect", "register": "groups/bench/faces", "search": "groups/bench/faces/search"}
_EXTRAS: dict[str, dict[str, object]] = {
    "detect": {},
    "register": {"limit": 1},
    "search": {"limit": 10, "threshold": 80},
}


@dataclass(frozen=True)
class Product:
    """A server with one app and one group. `analyzer` is one of its own, to time its parts."""

    app: FastAPI
    keys: dict[KeyKind, str]
    analyzer: Analyzer
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    def request(self, operation: str, picture: Picture) -> Callable[[], None]:
        """One request, its picture as Base64 in JSON, to its answer."""
        path, body = self.written(operation, picture)
        return lambda: self.loop.run_until_complete(self.ask(path, body))

    def written(self, operation: str, picture: Picture) -> tuple[str, bytes]:
        """Path and body of the request."""
        path = f"/v2.0/appkeys/{self.keys[KeyKind.APP_KEY]}/{_PATHS[operation]}"
        return path, to_json({"image": {"bytes": pybase64.b64encode(picture.data).decode()}, **_EXTRAS[operation]})

    async def ask(self, path: str, body: bytes) -> None:
        """Raises AssertionError if the answer is no success."""
        messages: list[MutableMapping[str, Any]] = [{"type": "http.request", "body": body, "more_body": False}]
        sent: list[bytes] = []

        async def receive() -> MutableMapping[str, Any]:
            if messages:
                return messages.pop()
            await asyncio.Event().wait()
            raise AssertionError

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message.get("body", b""))

        await self.app(self._scope(path, len(body)), receive, send)
        answer = b"".join(sent)
        assert b'"isSuccessful":true' in answer, answer

    def _scope(self, path: str, length: int) -> dict[str, object]:
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": b"",
            "headers": [
                (b"authorization", self.keys[KeyKind.SECRET_KEY].encode()),
                (b"content-type", b"application/json"),
                (b"content-length", str(length).encode()),
            ],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 8000),
        }


def open_product(
    folder: str,
    cpu_places: int,
    model: str = DEFAULT_RECOGNITION.name,
    record: Literal["changes", "uses"] = "uses",
) -> Product:
    """`record`: what its audit log records."""
    logging.disable(logging.WARNING)
    work = WorkSettings(cpu_places=cpu_places)
    audit = AuditSettings(record=record)
    settings = Settings(data_dir=Path(folder) / "data", work=work, recognition_model=model, audit=audit)
    app = create_app(settings)
    with open_apps(settings) as apps:
        keys = apps.create("bench")
    product = Product(app, keys, Analyzer.load(ModelStore(settings.models_dir), 1))
    path = f"/v2.0/appkeys/{keys[KeyKind.APP_KEY]}/groups"
    product.loop.run_until_complete(product.ask(path, to_json({"groupId": "bench"})))
    return product
