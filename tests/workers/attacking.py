"""A process that shuts itself in as workers do, and then tries what somebody would who has taken a worker over.

Run by test_sandbox.py: `python -m tests.workers.attacking ATTACK ARGUMENT [LAYER]...`; prints what became of it.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from visavis.vision.pool.fork_server import WorkerPlan
from visavis.vision.worker.sandbox import LAYERS, shut_in

LIBC = ctypes.CDLL(None, use_errno=True)
_SIXTY_FOUR_MEGABYTES = 1 << 26


def checked(result: int) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def read(path: str) -> None:
    os.read(os.open(path, os.O_RDONLY), 10)


def write(path: str) -> None:
    os.open(path, os.O_WRONLY | os.O_CREAT)


def memory_of(process: str) -> None:
    os.open(f"/proc/{process}/mem", os.O_RDONLY)


def read_memory_of(process: str) -> None:
    """By the call that needs no file."""
    buffer = ctypes.create_string_buffer(8)

    class Piece(ctypes.Structure):
        _fields_ = (("start", ctypes.c_void_p), ("length", ctypes.c_size_t))

    ours = Piece(ctypes.addressof(buffer), 8)
    theirs = Piece(id(None), 8)
    checked(LIBC.process_vm_readv(int(process), ctypes.byref(ours), 1, ctypes.byref(theirs), 1, 0))


def trace(process: str) -> None:
    checked(LIBC.ptrace(16, int(process), 0, 0))


def kill(process: str) -> None:
    os.kill(int(process), signal.SIGKILL)


def connect(port: str) -> None:
    with socket.socket() as client:
        client.connect(("127.0.0.1", int(port)))


def listen(_: str) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))


def talk_to(path: str) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)


def fork(_: str) -> None:
    if os.fork() == 0:
        os._exit(0)


def execute(_: str) -> None:
    os.execv("/bin/true", ["true"])  # noqa: S606 - that is the attack


def make_code(_: str) -> None:
    mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)


def take_memory(_: str) -> None:
    taken = [bytearray(_SIXTY_FOUR_MEGABYTES) for _ in range(40)]
    assert len(taken) == 40


def compute(_: str) -> None:
    while True:
        pass


def lift_limits(_: str) -> None:
    try:
        resource.setrlimit(resource.RLIMIT_DATA, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    except ValueError as error:  # which Python makes of it
        raise PermissionError from error


ATTACKS: dict[str, Callable[[str], None]] = {
    each.__name__: each
    for each in (
        read,
        write,
        memory_of,
        read_memory_of,
        trace,
        kill,
        connect,
        listen,
        talk_to,
        fork,
        execute,
        make_code,
        take_memory,
        compute,
        lift_limits,
    )
}


def main() -> None:
    name, argument, *layers = sys.argv[1:]
    plan = WorkerPlan(Path(), "", memory_bytes=500_000_000, cpu_seconds=2)
    if layers:
        for layer in layers:
            LAYERS[layer](plan)
    else:
        off = [state for state in shut_in(plan).values() if state != "on"]
        if off:
            os.write(1, f"not shut in: {off}".encode())
            return
    try:
        ATTACKS[name](argument)
    except (OSError, MemoryError) as error:
        os.write(1, f"refused: {type(error).__name__}".encode())
    else:
        os.write(1, b"done")


if __name__ == "__main__":
    main()
