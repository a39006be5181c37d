"""The sandbox of a worker: several independent layers, each reported."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from visavis.vision.pool.fork_server import WorkerPlan
from visavis.vision.worker.landlock import shut_out
from visavis.vision.worker.seccomp import filter_calls

ON: Final = "on"
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38
_DESCRIPTORS = 8
"""Limit of open files: the channel, and three without use."""

Layers = Mapping[str, Callable[[WorkerPlan], object]]


def shut_in(plan: WorkerPlan) -> dict[str, str]:
    """Put on all layers; the state of each by its name: `on`, or why it is not.

    A layer that the machine does not support is left out, and the worker runs without it.
    """
    layers = LAYERS if plan.provider == "cpu" else {name: LAYERS[name] for name in LAYERS.keys() - _FOR_CPU_ALONE}
    states = {name: _state(layers[name], plan) if name in layers else _NOT_FOR_DEVICES for name in LAYERS}
    return {name: states[name] for name in LAYERS}


def _state(put_on: Callable[[WorkerPlan], object], plan: WorkerPlan) -> str:
    try:
        put_on(plan)
    except (OSError, ValueError, AttributeError) as error:
        return f"off: {error.strerror if isinstance(error, OSError) and error.strerror else error}"
    return ON


def end_with_parent(_: WorkerPlan) -> None:
    """End this process when the process that forked it ends."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def hide_memory(_: WorkerPlan) -> None:
    """No other process of the user may read this one's memory; none is written to disk where it dies."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _prctl(_PR_SET_DUMPABLE, 0)


def gain_nothing(_: WorkerPlan) -> None:
    """Prevent new privileges: no started program gets more rights than this process."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def bound_memory(plan: WorkerPlan) -> None:
    """Limit the memory beyond that of the loaded networks."""
    most = _memory_taken() + plan.memory_bytes
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def bound_time(plan: WorkerPlan) -> None:
    """Limit the CPU time of the whole life of the process, in seconds."""
    resource.setrlimit(resource.RLIMIT_CPU, (plan.cpu_seconds, plan.cpu_seconds))


def bound_rest(_: WorkerPlan) -> None:
    """Write no files, open hardly any, start no process."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_DESCRIPTORS, _DESCRIPTORS))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))


def forbid_files(_: WorkerPlan) -> None:
    """Landlock, without one exception."""
    _on_linux()
    shut_out()


def forbid_calls(_: WorkerPlan) -> None:
    """A filter of system calls."""
    _on_linux()
    filter_calls()


LAYERS: Final[Layers] = {
    "ends with the server": end_with_parent,
    "memory hidden": hide_memory,
    "no new privileges": gain_nothing,
    "memory bound": bound_memory,
    "processor time bound": bound_time,
    "files and processes bound": bound_rest,
    "file system and network (Landlock)": forbid_files,
    "system calls (seccomp)": forbid_calls,
}
"""In the order in which they are put on: the last ones take away what the others need."""

_FOR_CPU_ALONE: Final = frozenset(
    {"memory bound", "files and processes bound", "file system and network (Landlock)", "system calls (seccomp)"}
)
_NOT_FOR_DEVICES: Final = "off: devices and their drivers need files, threads and memory"


def _on_linux() -> None:
    if sys.platform != "linux":
        raise OSError(f"there is none on {sys.platform}")


def _prctl(option: int, value: int) -> None:
    _on_linux()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _memory_taken() -> int:
    """Bytes of what RLIMIT_DATA counts."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmData:"):
            return int(line.split()[1]) * 1024
    raise OSError("the kernel does not tell how much memory is taken")
