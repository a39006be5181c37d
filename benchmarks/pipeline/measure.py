"""Timings of requests beside those of their floors, of the stages of a request, and of two threads."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.pictures import Picture
from benchmarks.pipeline.bare import full_decode, recorded
from benchmarks.pipeline.opencv import OpenCV, same_networks
from benchmarks.pipeline.product import OPERATIONS, Product
from benchmarks.timing import Timing, collector_off, interleaved
from visavis.types import Traits
from visavis.vision.models import DEFAULT_RECOGNITION

IN_FLIGHT = 4
"""Requests at the same time where threads are compared: more than either server can compute at once."""


@dataclass(frozen=True, slots=True)
class Request:
    """An operation on a picture; the timings are of one run, taken in turns."""

    operation: str
    picture: Picture
    timings: Mapping[str, Timing]
    """`request`; `unrecorded`: the same where the audit log records no uses; `bare`: its decodes and network
    runs alone; `pixels`: with them, resizing and cutting out; `networks`: those alone; `full`: the whole picture
    decoded by OpenCV, and the networks; `sface`: the request, where the recognition model is SFace alone;
    `sface_bare`: the decodes and network runs of that; `opencv`: what it asks for, by the same weights in
    OpenCV's runners, from one look at the whole picture; `looks`: the whole picture decoded, and every look and
    view of `sface`, by those runners; `same`: the runs of YuNet and SFace alone on these looks and views;
    `opencv_same`: the same by OpenCV's runners."""


@dataclass(frozen=True, slots=True)
class Stages:
    """What registering one face spends where."""

    picture: Picture
    timings: Mapping[str, Timing]


@dataclass(frozen=True, slots=True)
class Threads:
    """Requests a second of a server that computes one picture at a time, and of one that computes two."""

    picture: Picture
    one: Sequence[float]
    two: Sequence[float]

    @property
    def speedup(self) -> float:
        return median(two / one for one, two in zip(self.one, self.two, strict=True))


def measure_picture(
    product: Product, unrecorded: Product, plain: Product, picture: Picture, rounds: int
) -> list[Request]:
    """`unrecorded`: a product that records no uses; `plain`: one whose recognition model is SFace alone."""
    opencv = OpenCV()
    return [
        _measure(
            [each.request(operation, picture) for each in (product, unrecorded, plain)],
            opencv,
            operation,
            picture,
            rounds,
        )
        for operation in OPERATIONS
    ]


def _measure(
    requests: Sequence[Callable[[], None]], opencv: OpenCV, operation: str, picture: Picture, rounds: int
) -> Request:
    request, unrecorded, sface = requests
    request(), unrecorded(), sface()  # models are loaded when they are needed first
    recording, of_sface, decode = recorded(request), recorded(sface), full_decode(picture)
    same, opencv_same = same_networks(of_sface), opencv.same_work(of_sface)
    runner = opencv.detect(picture) if operation == "detect" else opencv.embed(picture)

    def full(_: int) -> None:
        decode()
        recording.replay_networks()

    def looks(_: int) -> None:
        decode()
        opencv_same()

    candidates = {
        "request": lambda _: request(),
        "unrecorded": lambda _: unrecorded(),
        "bare": lambda _: recording.replay(),
        "pixels": lambda _: recording.replay_with_pixels(),
        "networks": lambda _: recording.replay_networks(),
        "full": full,
        "sface": lambda _: sface(),
        "sface_bare": lambda _: of_sface.replay(),
        "opencv": lambda _: runner(),
        "looks": looks,
        "same": lambda _: same(),
        "opencv_same": lambda _: opencv_same(),
    }
    return Request(operation, picture, interleaved(candidates, rounds, warm_up=1))


def measure_stages(product: Product, picture: Picture, rounds: int) -> Stages:
    """Each stage on what the one before it left."""
    analyzer, model = product.analyzer, DEFAULT_RECOGNITION.name
    spent: dict[str, list[float]] = {}

    def stage(name: str, start: float) -> float:
        now = time.perf_counter()
        spent.setdefault(name, []).append(now - start)
        return now

    with collector_off():
        for _ in range(rounds + 2):
            now = time.perf_counter()
            with analyzer.decode(picture.data) as decoded:
                now = stage("decode", now)
                faces = analyzer.find(decoded)
                now = stage("find", now)
                analyzer.describe(decoded, faces, Traits(pose=True, mask=True))
                now = stage("describe", now)
                analyzer.embed(decoded, faces[:1], model)
                stage("embed", now)
    timings = {name: Timing(values[2:]) for name, values in spent.items()}
    register = product.request("register", picture)
    request = interleaved({"request": lambda _: register()}, rounds, 2)
    return Stages(picture, {**timings, **request})


def measure_threads(one: Product, two: Product, picture: Picture, turns: int) -> Threads:
    """The servers take turns of a second, the first of which does not count."""
    rates: dict[str, list[float]] = {"one": [], "two": []}
    for turn in range(turns + 1):
        for name, product in (("one", one), ("two", two)):
            rate = product.loop.run_until_complete(_rate(product, picture, 1.0))
            if turn:
                rates[name].append(rate)
    return Threads(picture, rates["one"], rates["two"])


async def _rate(product: Product, picture: Picture, seconds: float) -> float:
    """Searches by image a second, `IN_FLIGHT` at a time."""
    path, body = product.written("search", picture)
    start = time.perf_counter()
    ends: list[float] = []

    async def client() -> None:
        while time.perf_counter() < start + seconds:
            await product.ask(path, body)
            ends.append(time.perf_counter())

    await asyncio.gather(*(client() for _ in range(IN_FLIGHT)))
    return len(ends) / (ends[-1] - start)
