"""The floors of a request: nothing but decoder and networks, on the very inputs that the request gives them.

Calls are recorded in this process, so the request must do its work here (`Product.request_here`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any
from unittest.mock import patch

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from benchmarks.pictures import Picture
from visavis.vision.session import Network

_PIXEL_WORK = ("resize", "warpAffine", "copyMakeBorder", "rotate", "flip")


@dataclass
class Recording:
    """The calls of one request, with what they were given."""

    networks: list[Callable[[], object]] = field(default_factory=list)
    decodes: list[Callable[[], object]] = field(default_factory=list)
    pixels: list[Callable[[], object]] = field(default_factory=list)
    """What brings pictures to the sizes that networks want, turns them, and cuts out faces."""
    inputs: list[NDArray[Any]] = field(default_factory=list)
    """What each run of a network was given, in the order of `networks`."""

    def replay(self) -> None:
        """Make the same calls again."""
        for call in (*self.decodes, *self.networks):
            call()

    def replay_with_pixels(self) -> None:
        for call in self.pixels:
            call()
        self.replay()

    def replay_networks(self) -> None:
        for call in self.networks:
            call()


def recorded(request: Callable[[], object]) -> Recording:
    """Let a request run, and note what it calls in this process.

    Raises RuntimeError if it decodes nothing, runs no network or works on no pixels: a floor of nothing would
    make every ratio to it meaningless.
    """
    recording = Recording()
    with ExitStack() as stack:
        stack.enter_context(_watched_networks(recording))
        stack.enter_context(_watched(simplejpeg, "decode_jpeg", recording.decodes))
        for name in _PIXEL_WORK:
            stack.enter_context(_watched(cv2, name, recording.pixels))
        request()
    calls = {"decode": recording.decodes, "run of a network": recording.networks, "pixel work": recording.pixels}
    if missing := [name for name, made in calls.items() if not made]:
        raise RuntimeError(f"Nothing to compare with, since this process saw no {', no '.join(missing)}.")
    return recording


def full_decode(picture: Picture) -> Callable[[], object]:
    """Every pixel of the picture, by OpenCV."""
    data = np.frombuffer(picture.data, np.uint8)
    return lambda: cv2.imdecode(data, cv2.IMREAD_COLOR)


@contextmanager
def _watched_networks(recording: Recording) -> Iterator[None]:
    original = Network.run

    def run(network: Network, batch: Any) -> Any:
        recording.networks.append(lambda: original(network, batch))
        recording.inputs.append(batch)
        return original(network, batch)

    with patch.object(Network, "run", run):
        yield


@contextmanager
def _watched(module: ModuleType, name: str, calls: list[Callable[[], object]]) -> Iterator[None]:
    original = getattr(module, name)

    def call(*arguments: Any, **options: Any) -> Any:
        calls.append(lambda: original(*arguments, **options))
        return original(*arguments, **options)

    with patch.object(module, name, call):
        yield
