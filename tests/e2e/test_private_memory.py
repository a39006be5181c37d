"""A server and every command keep their memory to themselves: no core files, no debugger of the same user."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.servers import Server, running_server
from tests.workers.test_sandbox import landlock_version
from visavis.vision.worker.sandbox import LAYERS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="asks the Linux kernel")

COMMAND = """
import ctypes, resource, sys
from visavis.cli import main
sys.argv = ["visavis", "--version"]
try:
    main()
except SystemExit:
    pass
print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), resource.getrlimit(resource.RLIMIT_CORE))
"""


def test_a_command_cannot_be_looked_into_nor_leaves_a_core_file() -> None:
    done = subprocess.run([sys.executable, "-c", COMMAND], check=True, capture_output=True, text=True)  # noqa: S603
    assert done.stdout.splitlines()[-1] == "0 (0, 0)"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with running_server(tmp_path) as server:
        yield server


def test_a_server_leaves_no_core_file(server: Server) -> None:
    limits = Path(f"/proc/{server.process.pid}/limits").read_text()
    [line] = [line for line in limits.splitlines() if line.startswith("Max core file size")]
    assert line.split()[4:6] == ["0", "0"]


def test_its_workers_are_shut_in_by_all_layers_of_their_sandbox(server: Server) -> None:
    """They look at /proc/self and lower limits of their own below a process that nobody may look into."""
    if not landlock_version():
        pytest.skip("this kernel lacks Landlock")
    log = server.log.read_text()
    assert f"sandboxed by: {', '.join(LAYERS)}" in log
    assert "lack a layer" not in log


def test_a_server_still_knows_its_own_figures(server: Server) -> None:
    """What it reads under /proc/self is its own: a process may look at itself."""
    assert server.client.get("/readyz").status_code == 200
