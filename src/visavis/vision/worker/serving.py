"""The loop of a worker: one picture after the other, each overwritten at its end."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import cv2
import numpy as np

from visavis.errors import ServiceError
from visavis.types import DetectedFace, Embedding, Traits
from visavis.vision.analyzer import Analyzer
from visavis.vision.decode import DecodedPicture, decode
from visavis.vision.detect import first_scale
from visavis.vision.pool.channel import Bytes, Channel, ClosedError
from visavis.vision.pool.fork_server import WorkerPlan
from visavis.vision.pool.messages import (
    Do,
    Trouble,
    faces_bytes,
    picture_error,
    read_faces,
    traits_content,
)
from visavis.vision.pool.scrubbing import overwrite_freed_memory
from visavis.vision.recognition import Recognizers
from visavis.vision.worker.sandbox import shut_in

Answer: TypeAlias = tuple[dict[str, object], Bytes]
Embed: TypeAlias = Callable[[DecodedPicture, Sequence[DetectedFace], str], Embedding]


@dataclass(frozen=True, slots=True)
class Networks:
    """The networks that were loaded before workers were forked."""

    analyzer: Analyzer
    recognizers: Recognizers
    models: set[str]
    """The recognition models among them."""


def serve(channel: Channel, networks: Networks, plan: WorkerPlan) -> None:
    """Enter the sandbox, then answer requests until the main process closes the channel."""
    overwrite_freed_memory()
    channel.send({"layers": shut_in(plan)})
    desk = Desk(networks)
    try:
        while True:
            content, data = channel.receive()
            answer, sent = desk.answer(content, data)
            channel.send(answer, sent)
    except ClosedError:
        pass


class Desk:
    """The current picture, and the requests about it.

    It knows no channel and no sandbox: benchmarks have one in their own process, to see what it calls.
    """

    def __init__(self, networks: Networks) -> None:
        self._networks = networks
        self._data = bytearray()
        self._picture: DecodedPicture | None = None
        self._work: dict[Do, Callable[[dict[str, object], bytearray], Answer]] = {
            Do.DECODE: self._decode,
            Do.FIND: self._find,
            Do.DESCRIBE: self._describe,
            Do.ALIGNED_LIVENESS: self._aligned_liveness,
            Do.EMBED: partial(self._embed, networks.analyzer.embed),
            Do.EMBED_FIRST_VIEW: partial(self._embed, networks.analyzer.embed_first_view),
            Do.CLEAR: self._clear,
        }

    def answer(self, content: dict[str, Any], data: bytearray) -> Answer:
        """The content and the bytes of the answer; what goes wrong is in the content, under `trouble`."""
        try:
            return self._work[Do(content["do"])](content, data)
        except ServiceError as error:
            return picture_error(error), b""
        except Exception as error:  # noqa: BLE001 - whatever it is, the main process has to be detail
            return _trouble(error), b""

    def _decode(self, _: dict[str, object], data: bytearray) -> Answer:
        self._data = data
        self._picture = decode(bytes(data), first_scale)
        return {"size": [self._picture.size.width, self._picture.size.height]}, b""

    def _find(self, _: dict[str, object], __: bytearray) -> Answer:
        picture = self._there()
        faces = self._networks.analyzer.find(picture)
        return {"small": picture.small_faces}, faces_bytes(faces)

    def _describe(self, content: dict[str, Any], data: bytearray) -> Answer:
        traits = Traits(**content["traits"])
        faces = self._networks.analyzer.describe(self._there(), read_faces(data), traits)
        return {"traits": traits_content(faces)}, b""

    def _aligned_liveness(self, _: dict[str, object], __: bytearray) -> Answer:
        return {"liveness": self._networks.analyzer.aligned_liveness(self._there())}, b""

    def _embed(self, embed: Embed, content: dict[str, Any], data: bytearray) -> Answer:
        model = content["model"]
        if model not in self._networks.models:
            return {"trouble": Trouble.NOT_LOADED}, b""
        return {}, embed(self._there(), read_faces(data), model).tobytes()

    def _there(self) -> DecodedPicture:
        if self._picture is None:
            raise ValueError("no picture was decoded")
        return self._picture

    def _clear(self, _: dict[str, object], __: bytearray) -> Answer:
        if self._picture is not None:
            self._picture.overwrite()
        self._picture = None
        np.frombuffer(self._data, np.uint8).fill(0)
        self._data = bytearray()
        return {}, b""


def _trouble(error: Exception) -> dict[str, object]:
    if _is_of_memory(error):
        return {"trouble": Trouble.MEMORY}
    [*_, last] = traceback.extract_tb(error.__traceback__)
    detail = f"{type(error).__name__}: {error} (line {last.lineno} of {last.filename})"
    return {"trouble": Trouble.BUG, "detail": detail[:1000]}


def _is_of_memory(error: Exception) -> bool:
    """Whether there was not enough memory, as each library says it."""
    if isinstance(error, cv2.error):
        return error.code == cv2.Error.StsNoMem
    return isinstance(error, MemoryError) or "bad_alloc" in str(error) or "allocate memory" in str(error)
