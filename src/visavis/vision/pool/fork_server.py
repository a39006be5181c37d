"""The server's side of the fork server: the process that loads networks and forks workers."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Self
from weakref import finalize

from visavis.errors import SetupError
from visavis.vision.pool.channel import Channel, ClosedError, FrameError
from visavis.vision.pool.messages import MAX_ANSWER_BYTES, MAX_CONTENT

COMMAND = (sys.executable, "-m", "visavis.vision.worker")
CONTROL_DESCRIPTOR = "VISAVIS_WORKER_CONTROL"
_INHERITED = ("PATH", "LD_LIBRARY_PATH", "PYTHONHOME", "PYTHONPATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")
"""Environment variables that a Python process may need. Keys, tokens and addresses are not included."""
_PATIENCE_SECONDS = 300.0
"""Longest wait for an answer; loading a large network from a slow disk takes a while."""
_ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@dataclass(frozen=True, slots=True)
class WorkerPlan:
    """What workers load, and their limits."""

    models_dir: Path
    model: str
    """The recognition model that is loaded from the start."""
    provider: str = "cpu"
    """ONNX Runtime's execution provider."""
    memory_bytes: int = 1_200_000_000
    """Memory that a worker may use beyond that at its start."""
    cpu_seconds: int = 100_000
    """CPU time that a worker may use in its life, in seconds."""

    def content(self) -> dict[str, object]:
        """The plan as the content of a frame."""
        return asdict(self) | {"models_dir": str(self.models_dir)}

    @classmethod
    def read(cls, content: Mapping[str, Any]) -> Self:
        """The plan that `content` was made of."""
        return cls(**{**content, "models_dir": Path(content["models_dir"])})


class ForkServer:
    """Starts workers from a process that it starts anew whenever that has died. Thread-safe.

    That process is started by exec with a clean environment and one descriptor, so nothing of this one is in it.
    """

    def __init__(self, plan: WorkerPlan, command: Sequence[str] = COMMAND) -> None:
        """Raises SetupError if the models are not in order."""
        self._plan = plan
        self._command = command
        self._models = [plan.model]
        self._lock = Lock()
        self._closed = False
        self.warnings: list[str] = []
        """Warnings about the models that were loaded."""
        self._start()

    def fork(self) -> tuple[socket.socket, int]:
        """A new worker: the end of a socket to it, and its process. Raises SetupError."""
        ours, theirs = socket.socketpair()
        with theirs, self._lock:
            try:
                answer = self._asked({"do": "fork"}, theirs)
                process = int(answer["process"])
            except (ClosedError, FrameError, KeyError, TypeError, ValueError, SetupError):
                ours.close()
                raise SetupError("No process for pictures can be started.") from None
        return ours, process

    def end(self, process: int) -> int | None:
        """End a worker, if it lives; its wait status, or None where that is not known."""
        with self._lock:
            try:
                status = self._asked({"do": "end", "process": process}).get("status")
            except (ClosedError, FrameError, SetupError):
                return None
        return status if isinstance(status, int) else None

    def load(self, model: str) -> None:
        """Let workers from now on have this recognition model too. Raises SetupError if it is not in order."""
        with self._lock:
            if model not in self._models:
                self._load(model)
                self._models.append(model)

    def close(self) -> None:
        """End all workers, and start no more."""
        with self._lock:
            self._closed = True
            self._finalizer()

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        self._channel = Channel(ours, most_content=MAX_CONTENT, most_bytes=MAX_ANSWER_BYTES)
        with theirs:
            process = subprocess.Popen(  # noqa: S603 - our own command line
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                close_fds=True,
                pass_fds=(theirs.fileno(),),
                env=_environment(theirs.fileno()),
                cwd="/",
            )
        self._finalizer = finalize(self, _finish, self._channel, process)
        try:
            self._channel.send(self._plan.content())
            answer, _ = self._channel.receive(time.monotonic() + _PATIENCE_SECONDS)
        except (ClosedError, FrameError, TimeoutError) as error:
            self._finalizer()
            raise SetupError("The process for pictures ended as it started.") from error
        if "refused" in answer:
            self._finalizer()
            raise SetupError(str(answer["refused"]))
        self.warnings = [str(warning) for warning in answer.get("warnings", ())]
        for model in self._models[1:]:
            self._load(model)

    def _load(self, model: str) -> None:
        try:
            answer = self._asked({"do": "load", "model": model})
        except (ClosedError, FrameError) as error:
            raise SetupError("The process for pictures has died.") from error
        if "refused" in answer:
            raise SetupError(str(answer["refused"]))

    def _asked(self, content: Mapping[str, Any], descriptor: socket.socket | None = None) -> dict[str, Any]:
        """The answer of the process, which is started again first if it has died."""
        if self._closed:
            raise SetupError("The server is stopping.")
        try:
            return self._exchanged(content, descriptor)
        except ClosedError:
            self._finalizer()
            self._start()
            return self._exchanged(content, descriptor)

    def _exchanged(self, content: Mapping[str, object], descriptor: socket.socket | None) -> dict[str, object]:
        until = time.monotonic() + _PATIENCE_SECONDS
        self._channel.send(content, until=until)
        if descriptor is not None:
            try:
                socket.send_fds(self._channel.socket, [b"+"], [descriptor.fileno()])
            except OSError as error:
                raise ClosedError from error
        try:
            answer, _ = self._channel.receive(until)
        except TimeoutError as error:
            raise ClosedError from error
        return answer


def _environment(descriptor: int) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return kept | _ONE_THREAD | {CONTROL_DESCRIPTOR: str(descriptor)}


def _finish(channel: Channel, process: subprocess.Popen[bytes]) -> None:
    """The process ends all workers and itself when the channel closes."""
    channel.close()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
