"""`python -m benchmarks.cores`: HTTP cores under one small ASGI application, side by side (decision 0045).

Cores that are not installed are left out: hypercorn and granian are no dependencies of the product.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from typing import Any

from benchmarks.wire import Connection
from harness.servers import free_port

ROUNDS = 5
PINGS = 400
UPLOADS = 20
PING = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
BODY = b"x" * 3_000_000
UPLOAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY

CORES = {
    "uvicorn, httptools": ("httptools", ["-m", "uvicorn", "benchmarks.cores:echo", "--http", "httptools"]),
    "uvicorn, h11": ("uvicorn", ["-m", "uvicorn", "benchmarks.cores:echo", "--http", "h11"]),
    "ours (uvicorn, h11, strict)": ("visavis", ["-m", "benchmarks.cores", "ours"]),
    "hypercorn (h11)": ("hypercorn", ["-m", "hypercorn", "benchmarks.cores:echo", "--worker-class", "uvloop"]),
    "granian (hyper)": ("granian", ["-m", "granian", "--interface", "asgi", "benchmarks.cores:echo"]),
}
"""The package that has to be there, and the command without the place to listen."""


async def echo(scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Any]) -> None:
    """Take a body, and answer how long it was."""
    if scope["type"] != "http":
        raise RuntimeError("only http is spoken")
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    content = b"%07d" % size
    headers = [(b"content-length", b"%d" % len(content))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": content})


def serve_ours(port: int) -> None:
    """Serve the same application through the connections that Visavis uses."""
    import uvicorn  # noqa: PLC0415 - the others must not load it
    from fastapi import FastAPI  # noqa: PLC0415

    from visavis.cli.draining import DrainingServer  # noqa: PLC0415
    from visavis.cli.listening import bind  # noqa: PLC0415
    from visavis.web.edge.connection import Limits  # noqa: PLC0415

    config = uvicorn.Config(echo, log_level="warning", access_log=False, http="h11", ws="none", lifespan="off")
    DrainingServer(config, FastAPI(), Limits(900, 10, 30, 5), lambda _: b"{}", None, 0).run(
        bind("127.0.0.1", port)
    )


def start(name: str, port: int) -> subprocess.Popen[bytes]:
    package, command = CORES[name]
    del package
    place = {"hypercorn": ["--bind", f"127.0.0.1:{port}"], "granian": ["--host", "127.0.0.1", "--port", str(port)]}
    quiet = {"uvicorn": ["--lifespan", "off", "--no-access-log", "--log-level", "warning", "--port", str(port)]}
    options = (place | quiet).get(command[1], [str(port)])
    return subprocess.Popen([sys.executable, *command, *options], stderr=subprocess.DEVNULL)  # noqa: S603


async def seconds(port: int, request: bytes, count: int) -> float:
    """Of one request, the mean of so many over one connection."""
    connection = await Connection.open(port)
    await connection.ask(request)
    start = time.perf_counter()
    for _ in range(count):
        answer = await connection.ask(request)
        assert answer.status == 200
    connection.close()
    return (time.perf_counter() - start) / count


async def until_alive(port: int) -> None:
    while True:
        try:
            (await Connection.open(port)).close()
        except OSError:
            await asyncio.sleep(0.1)
        else:
            return


def main() -> None:
    """All servers run at once and are asked in turn, so that what else the machine does meets all of them."""
    ports = {name: free_port() for name, (package, _) in CORES.items() if find_spec(package)}
    running = [start(name, port) for name, port in ports.items()]
    found: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in ports}
    try:
        for port in ports.values():
            asyncio.run(asyncio.wait_for(until_alive(port), 120))
        for _ in range(ROUNDS):
            for name, port in ports.items():
                found[name][0].append(asyncio.run(seconds(port, PING, PINGS)))
                found[name][1].append(asyncio.run(seconds(port, UPLOAD, UPLOADS)))
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(timeout=30)
    print(f"{'core':<30} {'ping ms':>8} {'3 MB ms':>8}   best of {ROUNDS} rounds, and the median")
    for name, (pings, uploads) in found.items():
        best, median = min(pings) * 1e3, statistics.median(pings) * 1e3
        best_upload, median_upload = min(uploads) * 1e3, statistics.median(uploads) * 1e3
        print(f"{name:<30} {best:8.3f} {best_upload:8.2f}   {median:8.3f} {median_upload:8.2f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["ours"]:
        serve_ours(int(sys.argv[2]))
    else:
        main()
