"""Workers: leased for one picture each, ended when they take too long, replaced when they die."""

from __future__ import annotations

import logging
import os
import select
import signal
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Lock

from visavis.errors import ErrorCode, ServiceError, SetupError
from visavis.usage import VisionUse
from visavis.vision.pool.channel import Bytes, Channel, ClosedError, FrameError
from visavis.vision.pool.fork_server import ForkServer
from visavis.vision.pool.messages import (
    MAX_ANSWER_BYTES,
    MAX_CONTENT,
    AnswerError,
    Do,
    Trouble,
    read_picture_error,
)
from visavis.vision.pool.slots import FairSlots

logger = logging.getLogger(__name__)

_CLEARING_SECONDS = 2.0
"""Longest wait for a worker to overwrite a picture, whatever is left of the picture's time."""


class Replaced(StrEnum):
    """Why a worker was replaced."""

    TIME = "time"
    """Its picture took too long."""
    MEMORY = "memory"
    """Its picture took more memory than it may."""
    CRASH = "crash"
    """It died while it worked on a picture."""
    ANSWER = "answer"
    """It gave an invalid answer."""
    IDLE = "idle"
    """It died with no picture."""
    AGE = "age"
    """It had handled the maximum number of pictures."""
    MODEL = "model"
    """It did not have the recognition model that was needed."""


_REFUSED = "A process for pictures ended as it started."
_REASONS = {
    Replaced.MEMORY: "The image takes more memory than is allowed.",
    Replaced.CRASH: "The image crashed its decoder.",
    Replaced.ANSWER: "The image crashed its decoder.",
}


@dataclass(slots=True)
class Worker:
    """A worker process, which handles one picture at a time."""

    channel: Channel
    process: int
    layers: Mapping[str, str]
    """The layers of its sandbox by name: `on`, or why not."""
    pictures: int = 0


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """The number of workers, and their limits."""

    workers: int
    seconds: float
    """Longest time for a picture, from its first byte to its end."""
    pictures: int
    """A worker is replaced after this many pictures."""


@dataclass(slots=True)
class WorkerPool:
    """A pool with one worker for each slot. Thread-safe."""

    server: ForkServer
    limits: PoolLimits
    replaced: Counter[Replaced] = field(default_factory=Counter)
    slots: FairSlots = field(init=False)
    layers: Mapping[str, str] = field(init=False)
    """The layers of the workers' sandbox by name: `on`, or why not."""
    _idle: list[Worker] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        """Raises SetupError if no worker can be started."""
        self.slots = FairSlots(self.limits.workers)
        self._idle += [self._started() for _ in range(self.limits.workers)]
        self.layers = self._idle[0].layers

    def lease(self, owner: str) -> Lease:
        """Wait for a worker, which the caller has until the lease ends. Slots are shared fairly between owners."""
        self.slots.acquire(owner)
        try:
            return Lease(self, owner, self._taken())
        except BaseException:
            self.slots.release(owner)
            raise

    @property
    def use(self) -> VisionUse:
        """The state of the workers, and how many were replaced."""
        replaced = {why.value: self.replaced[why] for why in Replaced}
        return VisionUse(self.limits.workers, self.slots.busy, self.slots.waiting, replaced, self.layers)

    def close(self) -> None:
        """End all workers."""
        with self._lock:
            for worker in self._idle:
                worker.channel.close()
            self._idle.clear()
        self.server.close()

    def give_back(self, worker: Worker | None, owner: str) -> None:
        """Take back the worker of a lease that has ended."""
        if worker is not None and worker.pictures >= self.limits.pictures:
            self.replace(worker, Replaced.AGE)
            worker = None
        if worker is None:
            worker = self._started_or_none()
        with self._lock:
            if worker is not None:
                self._idle.append(worker)
        self.slots.release(owner)

    def replace(self, worker: Worker, why: Replaced) -> None:
        """End a worker, for another one to be started."""
        worker.channel.close()
        status = self.server.end(worker.process)
        self.replaced[why] += 1
        level = logging.INFO if why in {Replaced.AGE, Replaced.MODEL} else logging.WARNING
        logger.log(level, "A worker was replaced (%s)%s.", why, _said_of(status, why))

    def fresh(self) -> Worker:
        """A worker that was started just now. Raises INTERNAL."""
        try:
            return self._started()
        except SetupError as error:
            logger.error("%s", error)  # noqa: TRY400 - it says it all
            raise ServiceError(ErrorCode.INTERNAL, "The server cannot process images at the moment.") from error

    def _taken(self) -> Worker:
        """An idle worker that is alive, or a new one."""
        while True:
            with self._lock:
                worker = self._idle.pop() if self._idle else None
            if worker is None:
                return self.fresh()
            if not _has_said_something(worker):
                return worker
            self.replace(worker, Replaced.IDLE)

    def _started_or_none(self) -> Worker | None:
        try:
            return self._started()
        except SetupError as error:
            logger.error("%s", error)  # noqa: TRY400 - it says it all; the next lease tries again
            return None

    def _started(self) -> Worker:
        end, process = self.server.fork()
        channel = Channel(end, most_content=MAX_CONTENT, most_bytes=MAX_ANSWER_BYTES)
        hello = None
        try:
            hello, _ = channel.receive(time.monotonic() + 60)
            layers = {str(name): str(state) for name, state in hello["layers"].items()}
        except (ClosedError, FrameError, TimeoutError, KeyError, AttributeError) as error:
            channel.close()
            self.server.end(process)
            raise SetupError(_REFUSED if hello is None else str(hello.get("refused", _REFUSED))) from error
        return Worker(channel, process, layers)


class Lease:
    """A worker and its picture. For one thread."""

    def __init__(self, pool: WorkerPool, owner: str, worker: Worker) -> None:
        self._pool = pool
        self._owner = owner
        self._worker: Worker | None = worker
        self._until = time.monotonic() + pool.limits.seconds
        self._data: Bytes = b""

    def decode(self, data: Bytes) -> dict[str, object]:
        """Send the picture's file to the worker; return its answer."""
        self._data = data
        answer, _ = self.ask({"do": Do.DECODE}, data)
        return answer

    def ask(self, content: Mapping[str, object], data: Bytes = b"") -> tuple[dict[str, object], bytearray]:
        """The answer of the worker, not checked yet.

        Raises BROKEN_IMAGE with the reason if there is none, what the picture is refused for, and INTERNAL.
        """
        worker = self._worker
        if worker is None:
            raise ServiceError(ErrorCode.BROKEN_IMAGE, _REASONS[Replaced.CRASH])
        try:
            worker.channel.send(content, data, until=self._until)
            answer, received = worker.channel.receive(self._until)
        except TimeoutError:
            raise self._lost(Replaced.TIME) from None
        except ClosedError:
            raise self._lost(Replaced.CRASH) from None
        except FrameError:
            raise self._lost(Replaced.ANSWER) from None
        return self._without_trouble(answer), received

    def load(self, model: str) -> None:
        """Go on with a worker that has this recognition model too. Raises SetupError, and as `decode` does."""
        started = time.monotonic()
        self._pool.server.load(model)
        if self._worker is not None:
            self._pool.replace(self._worker, Replaced.MODEL)
            self._worker = None
        self._worker = self._pool.fresh()
        self._until += time.monotonic() - started  # loading is not the picture's fault
        self.decode(self._data)

    def wrong(self, error: AnswerError) -> ServiceError:
        """End the worker after an invalid answer; return the error to raise."""
        logger.warning("A worker answered with %s.", error)
        return self._lost(Replaced.ANSWER)

    def end(self) -> None:
        """Let the worker overwrite the picture, and give it back to the pool."""
        try:
            if self._worker is not None:
                self._until = time.monotonic() + _CLEARING_SECONDS
                self._worker.pictures += 1
                self.ask({"do": Do.CLEAR})
        except ServiceError:
            pass  # the worker has ended, and the picture with it
        finally:
            self._data = b""
            worker, self._worker = self._worker, None
            self._pool.give_back(worker, self._owner)

    def _without_trouble(self, answer: dict[str, object]) -> dict[str, object]:
        match answer.get("trouble"):
            case None | Trouble.NOT_LOADED:
                return answer
            case Trouble.PICTURE:
                try:
                    raise read_picture_error(answer)
                except AnswerError as error:
                    raise self.wrong(error) from None
            case Trouble.MEMORY:
                raise self._lost(Replaced.MEMORY)
            case _:
                logger.error("A bug in a worker: %.500r", answer.get("detail"))
                raise ServiceError(ErrorCode.INTERNAL, "The server failed to handle the request.")

    def _lost(self, why: Replaced) -> ServiceError:
        """End the worker; return the error of the picture."""
        worker, self._worker = self._worker, None
        if worker is not None:
            self._pool.replace(worker, why)
        taken = f"The image takes longer than {self._pool.limits.seconds:g} seconds to process."
        return ServiceError(ErrorCode.BROKEN_IMAGE, _REASONS.get(why, taken))


def _has_said_something(worker: Worker) -> bool:
    """Whether an idle worker has closed its end, or sent something unasked."""
    poll = select.poll()
    poll.register(worker.channel.socket, select.POLLIN)
    return bool(poll.poll(0))


def _said_of(status: int | None, why: Replaced) -> str:
    if status is None or why not in {Replaced.CRASH, Replaced.IDLE}:
        return ""
    if os.WIFSIGNALED(status):
        return f": {signal.strsignal(os.WTERMSIG(status))}"
    return f": exit status {os.waitstatus_to_exitcode(status)}"
