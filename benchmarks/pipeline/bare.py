"""The floor of a request: nothing but decoder and networks, on the very inputs that the request gives them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from benchmarks.pictures import Picture
from visavis.vision.session import Network


@dataclass
class Recording:
    """The calls of one request, with what they were given."""

    networks: list[Callable[[], object]] = field(default_factory=list)
    decodes: list[Callable[[], object]] = field(default_factory=list)
    inputs: list[NDArray[Any]] = field(default_factory=list)
    """What each run of a network was given, in the order of `networks`."""

    def replay(self) -> None:
        """Make the same calls again."""
        for call in (*self.decodes, *self.networks):
            call()

    def replay_networks(self) -> None:
        for call in self.networks:
            call()


def recorded(request: Callable[[], object]) -> Recording:
    """Let a request run, and note what it calls."""
    recording = Recording()
    with _watched_networks(recording), _watched_decoder(recording):
        request()
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
def _watched_decoder(recording: Recording) -> Iterator[None]:
    original = simplejpeg.decode_jpeg

    def decode_jpeg(*arguments: Any, **options: Any) -> Any:
        recording.decodes.append(lambda: original(*arguments, **options))
        return original(*arguments, **options)

    with patch.object(simplejpeg, "decode_jpeg", decode_jpeg):
        yield
