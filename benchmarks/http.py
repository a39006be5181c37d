"""What the server adds to the work: requests over real connections to a real server process."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
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


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`alone`: one request at a time; `per_second`: what `CLIENTS` at a time get through."""

    name: str
    alone: Timing
    per_second: float


def run(*, quick: bool) -> Report:
    """Pings, lists, searches and detections; beside them an ASGI application that does nothing at all."""
    requests, seconds = (25, 0.5) if quick else (2000, 8.0)
    with TemporaryDirectory() as folder, running_server(Path(folder)) as server, _empty_server() as empty_port:
        written = _requests(server)
        endpoints = asyncio.run(_measure(written, server.port, empty_port, requests, seconds))
    return _report(endpoints)


def _requests(server: Server) -> dict[str, bytes]:
    """A group with the sixteen faces of a sheet, and the requests that are measured."""
    keys = server.create_app("bench")
    sheet, selfie = original("P001", "emotions_sheet", "sheet"), resized("P001", "amateur_selfie", 640, "selfie")

    async def prepare() -> str:
        connection = await Connection.open(server.port)
        await connection.ask(post_json("/groups", keys, {"groupId": "bench"}))
        await connection.ask(post_form("/groups/bench/faces", keys, sheet, {"limit": "20"}))
        listed = await connection.ask(get("/groups/bench/faces?limit=1", keys))
        connection.close()
        return listed.body.split(b'"faceId":"')[1].split(b'"')[0].decode()

    face_id = asyncio.run(prepare())
    return {
        "ping": get("/livez"),
        "list groups": get("/groups?limit=20", keys),
        "list faces": get("/groups/bench/faces?limit=20", keys),
        "search by face id": get(f"/groups/bench/faces/{face_id}/search?limit=10&threshold=50", keys),
        "detect, form": post_form("/faces/detect", keys, selfie),
        "detect, Base64": post_base64("/faces/detect", keys, selfie),
    }


async def _measure(
    written: Mapping[str, bytes], port: int, empty_port: int, requests: int, seconds: float
) -> list[Endpoint]:
    targets = {"nothing at all": (get("/"), empty_port), **{name: (one, port) for name, one in written.items()}}
    endpoints = []
    for name, (request, at) in targets.items():
        count = requests // 10 if name.startswith("detect") else requests
        alone = await _alone(request, at, max(count, 20))
        endpoints.append(Endpoint(name, alone, await _per_second(request, at, seconds)))
    return endpoints


async def _alone(request: bytes, port: int, count: int) -> Timing:
    connection = await Connection.open(port)
    seconds = []
    with collector_off():
        for number in range(count + 5):
            start = time.perf_counter()
            answer = await connection.ask(request)
            if number >= 5:
                seconds.append(time.perf_counter() - start)
            assert answer.status == 200, answer
    connection.close()
    return Timing(seconds)


async def _per_second(request: bytes, port: int, seconds: float) -> float:
    end = time.perf_counter() + seconds

    async def client() -> int:
        connection, done = await Connection.open(port), 0
        while time.perf_counter() < end:
            await connection.ask(request)
            done += 1
        connection.close()
        return done

    start = time.perf_counter()
    done = await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return sum(done) / (time.perf_counter() - start)


async def nothing(_scope: object, _receive: object, send: object) -> None:
    """The ASGI application that does nothing but answer: what HTTP itself costs."""
    assert callable(send)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"15")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b'{"status":"ok"}'})


@contextmanager
def _empty_server() -> Iterator[int]:
    port = free_port()
    options = ["--port", str(port), "--lifespan", "off", "--no-access-log", "--log-level", "warning"]
    process = subprocess.Popen([sys.executable, "-m", "uvicorn", "benchmarks.http:nothing", *options])  # noqa: S603
    try:
        asyncio.run(_until_alive(port))
        yield port
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
            f"{one.per_second:,.0f}",
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
                "per_second": one.per_second,
            }
            for one in endpoints
        ],
    }
    columns = ["request", "median ms", "p99 ms", f"requests/s, {CLIENTS} clients"]
    return Report(
        figures, [Table("Requests over HTTP, one at a time", columns, rows)], versions=versions_of(PACKAGES)
    )
