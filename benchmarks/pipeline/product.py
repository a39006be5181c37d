"""The server without its sockets: its ASGI application, called directly."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeAlias
from unittest.mock import patch

import pybase64
from fastapi import FastAPI
from pydantic_core import to_json

from benchmarks.pictures import Picture
from visavis.app import create_app, open_apps
from visavis.identities import KeyKind
from visavis.settings import AuditSettings, Settings, WorkSettings
from visavis.vision.analyzer import Analyzer
from visavis.vision.catalogue import Catalogue
from visavis.vision.models import DEFAULT_RECOGNITION
from visavis.vision.pool.channel import Bytes
from visavis.vision.pool.messages import Do
from visavis.vision.pool.workers import Lease
from visavis.vision.recognition import Recognizers
from visavis.vision.store import ModelStore
from visavis.vision.worker.serving import Answer, Desk, Networks

Answering: TypeAlias = Callable[[dict[str, Any], bytearray], Answer]
"""Answers a message to a worker, as `Desk.answer` does."""

OPERATIONS = ("detect", "register", "search")
_PATHS = {"detect": "faces/detect", "register": "groups/bench/faces", "search": "groups/bench/faces/search"}
_EXTRAS: dict[str, dict[str, object]] = {
    "detect": {},
    "register": {"limit": 1},
    "search": {"limit": 10, "threshold": 80},
}


@dataclass(frozen=True)
class Product:
    """A server with one app and one group. Its pictures are worked on in processes of their own."""

    app: FastAPI
    keys: dict[KeyKind, str]
    settings: Settings
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    def request(self, operation: str, picture: Picture) -> Callable[[], bytes]:
        """One request, its picture as Base64 in JSON, to the body of its answer."""
        path, body = self.written(operation, picture)
        return lambda: self.loop.run_until_complete(self.ask(path, body))

    @cached_property
    def desk(self) -> Desk:
        """What a worker does, in this process: the same class with the same networks."""
        store, model = ModelStore(self.settings.models_dir), self.settings.recognition_model
        recognizers = Recognizers(store, Catalogue.read(store.directory))
        recognizers.load(model)
        return Desk(Networks(Analyzer.load(store, 1, recognizers), recognizers, {model}))

    def request_here(
        self, operation: str, picture: Picture, answering: Answering | None = None
    ) -> Callable[[], bytes]:
        """What `request` gives, but this process does the work on pictures in place of a worker.

        The server asks as always, and the class that answers in a worker answers here. Decodes, pixel work and
        network runs are therefore those of `request`. Only one step is left out: the picture is not overwritten at
        the end, since recordings hold its pixels. `answering` replaces `desk.answer`.
        """
        request, answer = self.request(operation, picture), answering or self.desk.answer

        def ask(_: Lease, content: Mapping[str, object], data: Bytes = b"") -> tuple[dict[str, object], bytearray]:
            if content["do"] == Do.CLEAR:
                return {}, bytearray()
            told, sent = answer(dict(content), bytearray(data))
            assert "trouble" not in told, told
            return told, bytearray(sent)

        def call() -> bytes:
            with patch.object(Lease, "ask", ask):
                return request()

        return call

    def written(self, operation: str, picture: Picture) -> tuple[str, bytes]:
        """Path and body of the request."""
        path = f"/v2.0/appkeys/{self.keys[KeyKind.APP_KEY]}/{_PATHS[operation]}"
        return path, to_json({"image": {"bytes": pybase64.b64encode(picture.data).decode()}, **_EXTRAS[operation]})

    async def ask(self, path: str, body: bytes) -> bytes:
        """The body of the answer. Raises AssertionError if it is no success."""
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
        return answer

    async def stop(self) -> None:
        """End the workers and close the records, as a server does at its end."""
        async with self.app.router.lifespan_context(self.app):
            pass

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


@contextmanager
def open_product(
    folder: str,
    cpu_places: int,
    model: str = DEFAULT_RECOGNITION.name,
    record: Literal["changes", "uses"] = "uses",
) -> Iterator[Product]:
    """A server until the end of the block, and no warnings of it. `record`: what its audit log records."""
    muted = logging.root.manager.disable
    logging.disable(logging.WARNING)
    work = WorkSettings(cpu_places=cpu_places)
    audit = AuditSettings(record=record)
    settings = Settings(data_dir=Path(folder) / "data", work=work, recognition_model=model, audit=audit)
    app = create_app(settings)
    with open_apps(settings) as apps:
        keys = apps.create("bench")
    product = Product(app, keys, settings)
    path = f"/v2.0/appkeys/{keys[KeyKind.APP_KEY]}/groups"
    product.loop.run_until_complete(product.ask(path, to_json({"groupId": "bench"})))
    try:
        yield product
    finally:
        product.loop.run_until_complete(product.stop())
        product.loop.close()
        logging.disable(muted)
