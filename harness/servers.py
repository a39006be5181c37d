"""The product as its users run it: the installed command line, in processes of their own."""

from __future__ import annotations

import json
import os
import pty
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import httpx

START_SECONDS = 120
PREFIX = "/v2.0/appkeys"

_PATIENT = {"EDGE__WRONG_KEYS_PER_MINUTE": "1000000"}
"""All tests come from one address, and many bring wrong keys; those on guessing set a limit of their own."""


@dataclass(frozen=True)
class Keys:
    """What `visavis app create --json` prints, by the names that it prints."""

    name: str
    appKey: str  # noqa: N815 - as printed
    secretKey: str  # noqa: N815 - as printed
    apiKey: str  # noqa: N815 - as printed


@dataclass(frozen=True)
class AccessKey:
    """What `visavis access-key create --json` prints."""

    id: str
    secret: str


@dataclass(frozen=True)
class Server:
    """A running server and a plain HTTP client of it."""

    client: httpx.Client
    data_dir: Path
    log: Path
    process: subprocess.Popen[bytes]
    settings: Mapping[str, str]

    @property
    def url(self) -> str:
        return str(self.client.base_url).rstrip("/")

    @property
    def port(self) -> int:
        assert self.client.base_url.port is not None
        return self.client.base_url.port

    def create_app(self, name: str) -> Keys:
        """A new app, made by the command an operator would type beside the running server."""
        return create_app(self.data_dir, name, self.settings)

    def create_access_key(self, name: str, *options: str) -> AccessKey:
        """A new user access key, made by the command beside the running server."""
        where = ("--data-dir", str(self.data_dir), "--json")
        made = visavis("access-key", "create", name, *options, *where, settings=self.settings)
        return AccessKey(**json.loads(made.stdout))

    def new_token(self, key: AccessKey) -> str:
        """An access token for this key."""
        answer = self.client.post(
            "/oauth2/token/create", auth=(key.id, key.secret), data={"grant_type": "client_credentials"}
        )
        token: str = answer.raise_for_status().json()["access_token"]
        return token

    def token_of(self, keys: Keys) -> str:
        """An access token that has a right to this app alone."""
        return self.new_token(self.create_access_key(f"for {keys.name}", "--app", keys.name))

    def v2(self, keys: Keys) -> httpx.Client:
        """A client of the v2.0 API as this app, rooted where its paths begin."""
        return httpx.Client(
            base_url=f"{self.url}{PREFIX}/{keys.appKey}",
            headers={"Authorization": keys.secretKey},
            timeout=60,
            trust_env=False,
        )


def visavis(
    *arguments: str, check: bool = True, settings: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the command line to its end; `settings` are environment variables without their prefix."""
    command = [sys.executable, "-m", "visavis", *arguments]
    variables = environment(settings or {})
    return subprocess.run(command, check=check, capture_output=True, text=True, env=variables)  # noqa: S603 - our own


def create_app(data_dir: Path, name: str, settings: Mapping[str, str] | None = None) -> Keys:
    made = visavis("app", "create", name, "--data-dir", str(data_dir), "--json", settings=settings)
    return Keys(**json.loads(made.stdout))


@contextmanager
def running_server(
    folder: Path,
    settings: Mapping[str, str] | None = None,
    log: str = "server.log",
    port: int | None = None,
    *,
    terminal: bool = False,
) -> Iterator[Server]:
    """Serve the data directory `folder/data`; `settings` are environment variables without their prefix.

    What the server prints goes into the log; `terminal`: by way of a terminal, on which it shows keys and links.
    """
    data_dir, log_file = folder / "data", folder / log
    port = port or free_port()
    command = ["serve", "--host", "127.0.0.1", "--port", str(port), "--data-dir", str(data_dir)]
    with log_file.open("ab") as output, _screen(output) if terminal else nullcontext(output) as screen:
        process = subprocess.Popen(  # noqa: S603 - our own command line
            [sys.executable, "-m", "visavis", *command],
            stdout=screen,
            stderr=output,
            env=environment(settings or {}) | ({"TERM": "dumb"} if terminal else {}),
        )
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as client:
                wait_until_alive(client, process, log_file)
                yield Server(client, data_dir, log_file, process, settings or {})
        finally:
            process.terminate()
            process.wait(timeout=60)


@contextmanager
def _screen(output: IO[bytes]) -> Iterator[IO[bytes]]:
    """A terminal; what is printed on it goes into the file."""
    ours, theirs = pty.openpty()

    def copy() -> None:
        with suppress(OSError):  # what reading says when nobody has the terminal any more
            while printed := os.read(ours, 65_536):
                output.write(printed.replace(b"\r\n", b"\n"))
                output.flush()

    copying = threading.Thread(target=copy)
    copying.start()
    with os.fdopen(theirs, "wb") as screen:
        yield screen
    copying.join()
    os.close(ours)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    given = _PATIENT | dict(settings)
    return inherited | {f"VISAVIS_{name}": value for name, value in given.items()}


def wait_until_alive(client: httpx.Client, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended at its start:\n{log.read_text()}")
        try:
            client.get("/livez")
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"the server did not answer in {START_SECONDS} s:\n{log.read_text()}")
