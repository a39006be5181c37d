"""Whoever takes a worker over gets nothing by it: no file, no network, no process, nobody's memory."""

from __future__ import annotations

import os
import platform
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from visavis.vision.pool.analyzer import PooledAnalyzer
from visavis.vision.worker.landlock import _ASK_VERSION, _CREATE, _call
from visavis.vision.worker.sandbox import LAYERS

LANDLOCK, SECCOMP = "file system and network (Landlock)", "system calls (seccomp)"
PRIVILEGES = "no new privileges"

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in {"x86_64", "aarch64"},
    reason="other kernels have no layers",
)


def landlock_version() -> int:
    try:
        return _call(_CREATE, None, 0, _ASK_VERSION)
    except OSError:
        return 0


@pytest.fixture
def arguments(tmp_path: Path) -> Iterator[dict[str, str]]:
    """What each attack is made on: a key file, this process, ports and sockets that are open."""
    key = tmp_path / "master.key"
    key.write_bytes(b"secret")
    with socket.socket() as server, socket.socket(socket.AF_UNIX) as local:
        server.bind(("127.0.0.1", 0))
        server.listen()
        local.bind(str(tmp_path / "socket"))
        local.listen()
        process = str(os.getpid())
        yield {
            "read": str(key),
            "write": str(key),
            "connect": str(server.getsockname()[1]),
            "talk_to": str(tmp_path / "socket"),
        } | dict.fromkeys(("memory_of", "read_memory_of", "trace"), process)


def attacked(attack: str, argument: str, *layers: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.workers.attacking", attack, argument, *layers]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603 - our own


REFUSED = [
    "read",
    "write",
    "memory_of",
    "read_memory_of",
    "trace",
    "connect",
    "listen",
    "talk_to",
    "fork",
    "execute",
    "make_code",
    "take_memory",
    "lift_limits",
]


@pytest.mark.skipif(landlock_version() == 0, reason="this kernel has no Landlock")
@pytest.mark.parametrize("attack", REFUSED)
def test_all_layers_together_refuse_it(attack: str, arguments: dict[str, str]) -> None:
    done = attacked(attack, arguments.get(attack, ""))
    assert done.stdout.startswith("refused"), done


@pytest.mark.skipif(landlock_version() < 6, reason="this kernel's Landlock knows no signals")
@pytest.mark.parametrize(
    "layers", [(), (PRIVILEGES, LANDLOCK), (PRIVILEGES, SECCOMP)], ids=["all", "landlock", "seccomp"]
)
def test_nobody_is_killed(layers: tuple[str, ...]) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as victim:
        done = attacked("kill", str(victim.pid), *layers)
        assert done.stdout.startswith("refused"), done
        assert victim.poll() is None


@pytest.mark.skipif(landlock_version() < 4, reason="this kernel's Landlock knows no network")
@pytest.mark.parametrize("attack", ["read", "write", "memory_of", "trace", "connect", "listen", "execute"])
def test_landlock_alone_refuses_it(attack: str, arguments: dict[str, str]) -> None:
    done = attacked(attack, arguments.get(attack, ""), PRIVILEGES, LANDLOCK)
    assert done.stdout.startswith("refused"), done


@pytest.mark.parametrize("attack", [each for each in REFUSED if each != "take_memory"])
def test_the_filter_of_system_calls_alone_refuses_it(attack: str, arguments: dict[str, str]) -> None:
    done = attacked(attack, arguments.get(attack, ""), PRIVILEGES, SECCOMP)
    assert done.stdout == "refused: PermissionError", done


def test_computing_for_ever_ends() -> None:
    assert attacked("compute", "", "processor time bound").returncode in {-signal.SIGXCPU, -signal.SIGKILL}


@pytest.mark.parametrize("attack", ["read", "connect", "fork", "execute", "make_code", "take_memory"])
def test_without_any_layer_the_attacks_succeed(attack: str, arguments: dict[str, str]) -> None:
    """Else they would show nothing."""
    done = attacked(attack, arguments.get(attack, ""), "no new privileges")
    assert done.stdout == "done" or (attack == "execute" and done.returncode == 0)


def test_workers_have_all_layers_on(pooled: PooledAnalyzer) -> None:
    off = {name: state for name, state in pooled.pool.layers.items() if state != "on"}
    assert list(pooled.pool.layers) == list(LAYERS)
    assert off.keys() <= ({LANDLOCK} if landlock_version() == 0 else set())


def test_nothing_of_the_main_process_is_in_a_worker(
    pooled: PooledAnalyzer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither its environment nor its open files."""
    [worker, *_] = pooled.pool._idle
    process = Path(f"/proc/{worker.process}")
    try:
        environment = (process / "environ").read_bytes()
        descriptors = {str(each.readlink()) for each in (process / "fd").iterdir()}
    except PermissionError:
        pytest.skip("workers hide themselves from whoever is not root")
    names = {name.split(b"=")[0].decode() for name in environment.split(b"\0") if name}
    assert not any(name.startswith("VISAVIS_") and name != "VISAVIS_WORKER_CONTROL" for name in names)
    assert "HOME" not in names
    others = {each for each in descriptors if each != "/dev/null"}
    assert len(others) == 1
    assert others.pop().startswith("socket:")
