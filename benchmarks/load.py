"""An open-loop load test: requests arrive by a schedule, whether or not those before them have been answered.

A test that waits for answers before it sends more slows down with the server, and hides what users would see.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.machine import versions_of
from benchmarks.pictures import resized
from benchmarks.report import Figure, Plot, Report, Series, Table
from benchmarks.timing import Timing
from benchmarks.wire import Connection, get, post_form
from harness.servers import running_server

PACKAGES = ("fastapi", "uvicorn", "onnxruntime")
QUICK = (0.5, 1.0, 3.0)
FULL = (0.2, 0.4, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 3.0)
"""Offered load, in parts of what the server gets through when clients wait for answers."""
SMALL_PER_SECOND = 20.0
"""Pings and lists beside the pictures, in turn."""
MODEST = 0.2
"""The load of the app that shares the server with a flood, in parts of what the server gets through."""


@dataclass
class Stream:
    """Requests that arrive at random, `rate` a second on average, and what became of them."""

    request: bytes
    rate: float
    answered: list[float] = field(default_factory=list)
    """Seconds from the moment that the schedule says."""
    refused: list[float] = field(default_factory=list)

    @property
    def sent(self) -> int:
        return len(self.answered) + len(self.refused)


@dataclass(frozen=True, slots=True)
class Step:
    """One level of load. `seconds`: until the last answer."""

    offered: float
    seconds: float
    pictures: Stream
    pings: Stream
    lists: Stream


@dataclass(frozen=True, slots=True)
class Shared:
    """A modest app beside one that floods the server."""

    alone: Stream
    modest: Stream
    flood: Stream


def run(*, quick: bool) -> Report:
    """Detections of a small picture at ever higher rates, up to and past what the server can do."""
    seconds, levels = (2.0, QUICK) if quick else (20.0, FULL)
    picture = resized("P001", "amateur_selfie", 480, "selfie")
    with TemporaryDirectory() as folder, running_server(Path(folder)) as server:
        keys, others = server.create_app("bench"), server.create_app("modest")
        detect, modest = post_form("/faces/detect", keys, picture), post_form("/faces/detect", others, picture)
        small = (get("/livez"), get("/groups?limit=20", keys))
        port = server.port
        capacity = asyncio.run(_capacity(port, detect, seconds))
        steps = [asyncio.run(_step(port, detect, small, level * capacity, seconds)) for level in levels]
        shared = asyncio.run(_shared(port, detect, modest, capacity, seconds))
    return _report(capacity, steps, shared, picture.described)


class _Pool:
    """Connections that are open and idle; more are opened when there are none."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[Connection] = []

    async def ask(self, request: bytes) -> int:
        while self._idle:
            connection = self._idle.pop()
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                return await self._ask(connection, request)
            connection.close()
        return await self._ask(await Connection.open(self._port), request)

    async def _ask(self, connection: Connection, request: bytes) -> int:
        """Raises IncompleteReadError or ConnectionError if the server has closed the connection meanwhile."""
        answer = await connection.ask(request)
        if connection.ended:
            connection.close()
        else:
            self._idle.append(connection)
        return answer.status

    def close(self) -> None:
        for connection in self._idle:
            connection.close()


async def _capacity(port: int, request: bytes, seconds: float) -> float:
    """Requests a second when eight clients always wait for their answers."""
    pool, done = _Pool(port), 0
    for _ in range(3):
        await pool.ask(request)
    start = time.perf_counter()

    async def client() -> None:
        nonlocal done
        while time.perf_counter() < start + seconds:
            assert await pool.ask(request) == 200
            done += 1

    await asyncio.gather(*(client() for _ in range(8)))
    rate = done / (time.perf_counter() - start)
    pool.close()
    return rate


async def _step(port: int, detect: bytes, small: tuple[bytes, bytes], rate: float, seconds: float) -> Step:
    pings, lists = (Stream(request, SMALL_PER_SECOND / 2) for request in small)
    pictures = Stream(detect, rate)
    elapsed = await _play(port, [pictures, pings, lists], seconds)
    return Step(rate, elapsed, pictures, pings, lists)


async def _shared(port: int, flood: bytes, modest: bytes, capacity: float, seconds: float) -> Shared:
    shared = Shared(
        Stream(modest, MODEST * capacity), Stream(modest, MODEST * capacity), Stream(flood, 3 * capacity)
    )
    await _play(port, [shared.alone], seconds)
    await _play(port, [shared.flood, shared.modest], seconds)
    return shared


async def _play(port: int, streams: Sequence[Stream], seconds: float) -> float:
    """Send each stream's requests when it is time; returns how long it took until all were answered."""
    pool, rng = _Pool(port), np.random.default_rng(8)
    start = time.perf_counter()

    async def one(stream: Stream, due: float) -> None:
        status = await pool.ask(stream.request)
        (stream.answered if status == 200 else stream.refused).append(time.perf_counter() - start - due)
        assert status in {200, 503}, status

    async def arrivals(stream: Stream) -> None:
        due = rng.exponential(1 / stream.rate)
        async with asyncio.TaskGroup() as requests:
            while due < seconds:
                await asyncio.sleep(start + due - time.perf_counter())
                requests.create_task(one(stream, due))
                due += rng.exponential(1 / stream.rate)

    await asyncio.gather(*(arrivals(stream) for stream in streams))
    elapsed = time.perf_counter() - start
    pool.close()
    return elapsed


def _report(capacity: float, steps: Sequence[Step], shared: Shared, picture: str) -> Report:
    modest = shared.modest
    return Report(
        figures={
            "picture": picture,
            "closed_loop_per_second": capacity,
            "answered_per_second_past_saturation": len(steps[-1].pictures.answered) / steps[-1].seconds,
            "small_p99_ms_idle": _small(steps[0]).percentile(99) * 1e3,
            "small_p99_ms_past_saturation": _small(steps[-1]).percentile(99) * 1e3,
            "modest_app_answered_share": len(modest.answered) / modest.sent,
            "modest_app_median_ms": {
                "alone": Timing(shared.alone.answered).median * 1e3,
                "beside_flood": Timing(modest.answered).median * 1e3,
            },
            "steps": [_figures(step) for step in steps],
        },
        tables=[_table(steps), _table_shared(shared)],
        plots=_plots(capacity, steps),
        versions=versions_of(PACKAGES),
    )


def _small(step: Step) -> Timing:
    return Timing([*step.pings.answered, *step.lists.answered])


def _figures(step: Step) -> dict[str, Figure]:
    answered, refused = Timing(step.pictures.answered), step.pictures.refused
    return {
        "offered_per_second": step.offered,
        "answered_per_second": len(answered.seconds) / step.seconds,
        "refused": len(refused),
        "latency_ms": {f"p{percent}": answered.percentile(percent) * 1e3 for percent in (50, 95, 99)},
        "refused_after_ms": Timing(refused).median * 1e3 if refused else None,
        "small_ms": {f"p{percent}": _small(step).percentile(percent) * 1e3 for percent in (50, 95, 99)},
    }


def _table(steps: Sequence[Step]) -> Table:
    columns = [
        "offered/s",
        "answered/s",
        "503",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "503 after ms",
        "small p50",
        "small p99",
    ]
    rows = []
    for step in steps:
        answered, refused, small = Timing(step.pictures.answered), step.pictures.refused, _small(step)
        latencies = (f"{answered.percentile(percent) * 1e3:.0f}" for percent in (50, 95, 99))
        rows.append(
            [
                f"{step.offered:.1f}",
                f"{len(answered.seconds) / step.seconds:.1f}",
                f"{len(refused)}",
                *latencies,
                f"{Timing(refused).median * 1e3:.0f}" if refused else "",
                f"{small.percentile(50) * 1e3:.1f}",
                f"{small.percentile(99) * 1e3:.1f}",
            ]
        )
    return Table("Detections arriving at random; beside them pings and lists (small)", columns, rows)


def _table_shared(shared: Shared) -> Table:
    named = {
        "modest app, alone": shared.alone,
        "modest app, beside the flood": shared.modest,
        "flood": shared.flood,
    }
    rows = [
        [
            name,
            f"{stream.rate:.1f}",
            f"{len(stream.answered)} of {stream.sent}",
            *(f"{Timing(stream.answered).percentile(percent) * 1e3:.0f}" for percent in (50, 99)),
        ]
        for name, stream in named.items()
    ]
    return Table("Two apps", ["app", "offered/s", "answered", "p50 ms", "p99 ms"], rows)


def _plots(capacity: float, steps: Sequence[Step]) -> list[Plot]:
    offered = [step.offered for step in steps]

    def latency(percent: float) -> list[float]:
        return [Timing(step.pictures.answered).percentile(percent) * 1e3 for step in steps]

    axis = f"Detections offered a second (closed loop: {capacity:.0f} answered)"
    small = [_small(step).percentile(99) * 1e3 for step in steps]
    return [
        Plot(
            "latency",
            "Latency against offered load",
            axis,
            "Milliseconds from when a request was due",
            [
                *(Series(f"detect, p{percent}", offered, latency(percent)) for percent in (50, 95, 99)),
                Series("pings and lists, p99", offered, small),
            ],
            y_scale="log",
        ),
        Plot(
            "throughput",
            "Detections answered and refused",
            axis,
            "A second",
            [
                Series("answered", offered, [len(step.pictures.answered) / step.seconds for step in steps]),
                Series("refused (503)", offered, [len(step.pictures.refused) / step.seconds for step in steps]),
            ],
        ),
    ]
