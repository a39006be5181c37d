"""The product as its users run it: `visavis serve` in a process of its own, on a loopback port."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from .calls import Keys

START_SECONDS = 120


@dataclass(frozen=True)
class Server:
    """A running server and a plain HTTP client of it."""

    client: httpx.Client
    data_dir: Path
    log: Path

    @property
    def url(self) -> str:
        return str(self.client.base_url)

    def create_app(self, name: str) -> Keys:
        """A new app, made by the command an operator would type beside the running server."""
        command = ["app", "create", name, "--data-dir", str(self.data_dir), "--json"]
        made = subprocess.run(  # noqa: S603 - our own command line
            [sys.executable, "-m", "visavis", *command], check=True, capture_output=True, text=True
        )
        printed = json.loads(made.stdout)
        return Keys(printed["appKey"], printed["secretKey"], printed["apiKey"])


@contextmanager
def running_server(folder: Path, settings: Mapping[str, str]) -> Iterator[Server]:
    """Serve a new data directory in `folder`; `settings` are those of the environment, without the prefix."""
    data_dir, log = folder / "data", folder / "server.log"
    port = _free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")},
        **{f"VISAVIS_{name}": value for name, value in settings.items()},
    }
    command = ["serve", "--host", "127.0.0.1", "--port", str(port), "--data-dir", str(data_dir)]
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own command line
            [sys.executable, "-m", "visavis", *command], stdout=output, stderr=output, env=environment
        )
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as client:
                _wait_until_ready(client, process, log)
                yield Server(client, data_dir, log)
        finally:
            process.terminate()
            process.wait(timeout=60)


def _wait_until_ready(client: httpx.Client, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended at its start:\n{log.read_text()}")
        try:
            client.get("/")
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"the server did not answer in {START_SECONDS} s:\n{log.read_text()}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
