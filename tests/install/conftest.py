"""The wheel of this checkout, and a server that was installed from it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from harness.servers import free_port
from visavis.vision.store import ModelStore

ROOT = Path(__file__).parents[2]
REQUIREMENTS = ROOT / "requirements"
TOOLS = ROOT / ".venv" / "install" / "bin"
"""uv and pipx, where `make test-install` has put them."""


def elsewhere(folder: Path, store: ModelStore, **more: str) -> dict[str, str]:
    """The environment of a user in an empty home, who knows nothing of this checkout but its models."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("VISAVIS_", "PYTHON"))}
    return kept | {"HOME": str(folder), "VISAVIS_MODELS_DIR": str(store.directory), "COLUMNS": "200"} | more


def run(command: Sequence[str | Path], folder: Path, environment: dict[str, str]) -> str:
    """What the command prints."""
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@dataclass(frozen=True)
class Installed:
    """A server that runs in an empty folder."""

    client: httpx.Client
    command: Sequence[str | Path]
    folder: Path
    environment: dict[str, str]

    def visavis(self, *arguments: str) -> str:
        """What a command beside the server prints."""
        return run([*self.command, *arguments], self.folder, self.environment)


@contextmanager
def serving(command: Sequence[str | Path], folder: Path, environment: dict[str, str]) -> Iterator[Installed]:
    """`visavis serve`, begun with this command in this folder."""
    port = free_port()
    log = folder.parent / "server.log"
    with log.open("w") as output:
        process = subprocess.Popen(  # noqa: S603 - ours
            [*command, "serve", "--port", str(port)], cwd=folder, env=environment, stdout=output, stderr=output
        )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as client:
            while True:
                assert process.poll() is None, log.read_text()
                try:
                    if client.get("/readyz").status_code == httpx.codes.OK:
                        break
                except httpx.TransportError:
                    time.sleep(0.1)
            yield Installed(client, command, folder, environment)
    finally:
        process.terminate()
        process.wait(timeout=60)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the server, built as a release builds it."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(folder)]
    run([*build, str(ROOT)], folder, dict(os.environ))
    [built] = folder.glob("visavis-*.whl")
    return built
