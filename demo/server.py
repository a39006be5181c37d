"""A real server in a process of its own, on a temporary data directory."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

START_SECONDS = 60


@contextmanager
def running_server() -> Iterator[httpx.Client]:
    """A client of the v2.0 API of a fresh app, rooted at `/v2.0/appkeys/{appKey}`."""
    with tempfile.TemporaryDirectory(prefix="visavis-demo-") as folder:
        keys = json.loads(_visavis("app", "create", "demo", "--json", "--data-dir", folder))
        port = _free_port()
        log_file = Path(folder) / "server.log"
        with log_file.open("wb") as log:
            command = [sys.executable, "-m", "visavis", "serve", "--port", str(port), "--data-dir", folder]
            process = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603 - our own program
        try:
            _wait_until_alive(process, f"http://127.0.0.1:{port}/livez", log_file)
            with httpx.Client(
                base_url=f"http://127.0.0.1:{port}/v2.0/appkeys/{keys['appKey']}",
                headers={"Authorization": keys["secretKey"]},
                timeout=60,
                trust_env=False,
            ) as client:
                yield client
        finally:
            process.terminate()
            process.wait(timeout=30)


def _visavis(*arguments: str) -> str:
    command = [sys.executable, "-m", "visavis", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout  # noqa: S603 - our own


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_alive(process: subprocess.Popen[bytes], url: str, log_file: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(url, trust_env=False).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise RuntimeError(f"the server did not start:{os.linesep}{log_file.read_text()}")
