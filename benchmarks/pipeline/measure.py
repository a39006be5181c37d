"""Timings of requests beside those of their floors, of the stages of a request, and of two threads."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.pictures import Picture
from benchmarks.pipeline.bare import full_decode, recorded
from benchmarks.pipeline.opencv import OpenCV, same_networks
from benchmarks.pipeline.processor import processor_seconds
from benchmarks.pipeline.product import OPERATIONS, Product
from benchmarks.timing import Timing, collector_off, interleaved
from visavis.vision.worker.serving import Answer

IN_FLIGHT = 4
"""Requests at the same time where threads are compared: more than either server can compute at once."""


@dataclass(frozen=True, slots=True)
class Request:
    """An operation on a picture; the timings are of one run, taken in turns, on the wall's clock.

    A request waits for its worker, so the worker's time is in that of the request.
    """

    operation: str
    picture: Picture
    processor: Mapping[str, Timing]
    """Processor time of `request`, its worker included, and of `bare`, in turns of their own."""
    timings: Mapping[str, Timing]
    """`request`; `unrecorded`: the same where the audit log records no uses; `bare`: its decodes and network
    runs alone; `pixels`: with them, resizing, turning and cutting out; `networks`: those alone; `full`: the whole
    picture decoded by OpenCV, and the networks; `sface`: the request, where the recognition model is SFace alone;
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
            [each.request_here(operation, picture) for each in (product, plain)],
            opencv,
            operation,
            picture,
            rounds,
        )
        for operation in OPERATIONS
    ]


def _measure(
    requests: Sequence[Callable[[], object]],
    here: Sequence[Callable[[], object]],
    opencv: OpenCV,
    operation: str,
    picture: Picture,
    rounds: int,
) -> Request:
    """`here`: the first and the last of `requests`, whose pictures this process works on."""
    request, unrecorded, sface = requests
    request(), unrecorded(), sface()  # so that a search finds the same when it is recorded as when it is timed
    recording, of_sface = (recorded(each) for each in here)
    decode = full_decode(picture)
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
    both = {name: candidates[name] for name in ("request", "bare")}
    processor = interleaved(both, rounds, seconds_of=processor_seconds)
    return Request(operation, picture, processor, interleaved(candidates, rounds))


def measure_stages(product: Product, picture: Picture, rounds: int) -> Stages:
    """Each stage is what a worker is asked for, timed where this process answers for it."""
    spent: dict[str, list[float]] = {}

    def answer(content: dict[str, Any], data: bytearray) -> Answer:
        start = time.perf_counter()
        answered = product.desk.answer(content, data)
        spent.setdefault(str(content["do"]), []).append(time.perf_counter() - start)
        return answered

    here = product.request_here("register", picture, answer)
    with collector_off():
        for _ in range(rounds + 2):
            here()
    timings = {name: Timing(values[2:]) for name, values in spent.items()}
    register = product.request("register", picture)
    request = interleaved({"request": lambda _: register()}, rounds, 2)
    return Stages(picture, {**timings, **request})


def measure_threads(one: Product, two: Product, picture: Picture, turns: int) -> Threads:
    """The servers take turns of a second, the first of which does not count. Both have registered the picture."""
    for product in (one, two):
        product.request("register", picture)()
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
