"""What the server adds to the work: requests over real connections to a real server process."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.machine import versions_of
from benchmarks.pictures import original, resized
from benchmarks.report import Figure, Report, Table
from benchmarks.timing import Timing, collector_off
from benchmarks.wire import Connection, get, post_base64, post_form, post_json
from harness.servers import Server, free_port, running_server

PACKAGES = ("fastapi", "starlette", "uvicorn", "uvloop", "h11", "pydantic", "pybase64")
CLIENTS = 8
"""Connections that send one request after the other, for requests a second."""


_ROUNDS = 10
"""How often the endpoints take turns, so that a slow moment of the machine hits all of them."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked, and of whom. `process`: its id, whose CPU time counts."""

    name: str
    request: bytes
    port: int
    process: int


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`alone`: one request at a time; `one` and `many`: requests a second of one client and of `CLIENTS`.

    `cpu_s`: of the server's own process a request, by rounds; what its workers do with pictures is not in it.
    """

    name: str
    alone: Timing
    cpu_s: list[float]
    one: float
    many: float

    def pings(self, ping: Endpoint) -> float:
        """Its CPU time in multiples of a ping's: the median over the rounds."""
        return median(own / its for own, its in zip(self.cpu_s, ping.cpu_s, strict=True))


def run(*, quick: bool) -> Report:
    """Pings, lists, searches and detections; beside them an ASGI application that does nothing at all."""
    requests, seconds = (50, 0.5) if quick else (2000, 4.0)
    with TemporaryDirectory() as folder, running_server(Path(folder)) as server, _empty_server() as empty:
        written = _requests(server)
        targets = [empty, *(Target(name, one, server.port, server.process.pid) for name, one in written.items())]
        endpoints = asyncio.run(_measure(targets, requests, seconds))
    return _report(endpoints)


def _requests(server: Server) -> dict[str, bytes]:
    """A group of sixty faces, by a sheet of sixteen, and the requests that are measured."""
    keys = server.create_app("bench")
    sheet, selfie = original("P001", "emotions_sheet", "sheet"), resized("P001", "amateur_selfie", 640, "selfie")

    async def prepare() -> str:
        connection = await Connection.open(server.port)
        await connection.ask(post_json("/groups", keys, {"groupId": "bench"}))
        for limit in (16, 16, 16, 12):
            answer = await connection.ask(post_form("/groups/bench/faces", keys, sheet, {"limit": str(limit)}))
            assert b'"isSuccessful":true' in answer.body, answer
        listed = await connection.ask(get("/groups/bench/faces?limit=1", keys))
        connection.close()
        return listed.body.split(b'"faceId":"')[1].split(b'"')[0].decode()

    face_id = asyncio.run(prepare())
    return {
        "ping": get("/livez"),
        "list groups": get("/groups?limit=20", keys),
        "list 10 faces": get("/groups/bench/faces?limit=10", keys),
        "search by face id": get(f"/groups/bench/faces/{face_id}/search?limit=10&threshold=50", keys),
        "detect, form": post_form("/faces/detect", keys, selfie),
        "detect, Base64": post_base64("/faces/detect", keys, selfie),
    }


async def _measure(targets: list[Target], requests: int, seconds: float) -> list[Endpoint]:
    waits: dict[str, list[float]] = {target.name: [] for target in targets}
    cpu_s: dict[str, list[float]] = {target.name: [] for target in targets}
    for _ in range(_ROUNDS):
        for target in targets:
            count = max(requests // (10 if target.name.startswith("detect") else 1) // _ROUNDS, 5)
            before = cpu_seconds(target.process)
            waits[target.name] += await _alone(target, count)
            cpu_s[target.name].append((cpu_seconds(target.process) - before) / count)
    return [
        Endpoint(
            target.name,
            Timing(waits[target.name]),
            cpu_s[target.name],
            await _per_second(target, 1, seconds),
            await _per_second(target, CLIENTS, seconds),
        )
        for target in targets
    ]


def cpu_seconds(process: int) -> float:
    """The CPU time of a process on Linux, all its threads together, in steps of a nanosecond."""
    return time.clock_gettime(~process << 3 | 2)  # the clock of a process, as clock_getcpuclockid(3) names it


async def _alone(target: Target, count: int) -> list[float]:
    connection = await Connection.open(target.port)
    seconds = []
    with collector_off():
        for _ in range(count):
            start = time.perf_counter()
            answer = await connection.ask(target.request)
            seconds.append(time.perf_counter() - start)
            assert answer.status == 200, answer
    connection.close()
    return seconds


async def _per_second(target: Target, clients: int, seconds: float) -> float:
    end = time.perf_counter() + seconds

    async def client() -> int:
        connection, done = await Connection.open(target.port), 0
        while time.perf_counter() < end:
            await connection.ask(target.request)
            done += 1
        connection.close()
        return done

    start = time.perf_counter()
    done = await asyncio.gather(*(client() for _ in range(clients)))
    return sum(done) / (time.perf_counter() - start)


async def nothing(_scope: object, _receive: object, send: object) -> None:
    """The ASGI application that does nothing but answer: what HTTP itself costs."""
    assert callable(send)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"15")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b'{"status":"ok"}'})


@contextmanager
def _empty_server() -> Iterator[Target]:
    port = free_port()
    options = ["--port", str(port), "--lifespan", "off", "--no-access-log", "--log-level", "warning"]
    process = subprocess.Popen([sys.executable, "-m", "uvicorn", "benchmarks.http:nothing", *options])  # noqa: S603
    try:
        asyncio.run(_until_alive(port))
        yield Target("nothing at all", get("/"), port, process.pid)
    finally:
        process.terminate()
        process.wait(timeout=30)


async def _until_alive(port: int) -> None:
    for _ in range(300):
        try:
            (await Connection.open(port)).close()
        except OSError:
            await asyncio.sleep(0.1)
        else:
            return
    raise RuntimeError("the empty server did not start")


def _report(endpoints: list[Endpoint]) -> Report:
    empty, ping = endpoints[0], endpoints[1]
    rows = [
        [
            one.name,
            f"{one.alone.median * 1e3:.2f}",
            f"{one.alone.percentile(99) * 1e3:.2f}",
            f"{median(one.cpu_s) * 1e3:.2f}",
            f"{one.pings(ping):.1f}",
            f"{one.one:,.0f}",
            f"{one.many:,.0f}",
        ]
        for one in endpoints
    ]
    figures: dict[str, Figure] = {
        "framework_ms": (ping.alone.median - empty.alone.median) * 1e3,
        "clients": CLIENTS,
        "endpoints": [
            {
                "name": one.name,
                **one.alone.as_json(),
                "p99_s": one.alone.percentile(99),
                "cpu_s": median(one.cpu_s),
                "pings": one.pings(ping),
                "one_per_second": one.one,
                "per_second": one.many,
            }
            for one in endpoints
        ],
    }
    columns = ["request", "median ms", "p99 ms", "CPU ms", "pings", "requests/s, one client", f"{CLIENTS} clients"]
    return Report(
        figures, [Table("Requests over HTTP, one at a time", columns, rows)], versions=versions_of(PACKAGES)
    )
