"""Deadlines for a whole download, however slowly each read makes progress."""

from __future__ import annotations

import time
from dataclasses import dataclass

import httpcore

from visavis.errors import ErrorCode, ServiceError


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment of `time.monotonic()`, and the sentence of the error after it."""

    at: float
    sentence: str

    @classmethod
    def after(cls, seconds: float, deed: str) -> Deadline:
        return cls(time.monotonic() + seconds, f"{deed} took longer than {seconds:g} seconds")

    def remaining(self) -> float:
        """Seconds left, more than 0. Raises IMAGE_TIMEOUT."""
        left = self.at - time.monotonic()
        if left <= 0:
            raise self.missed()
        return left

    def missed(self) -> ServiceError:
        return ServiceError(ErrorCode.IMAGE_TIMEOUT, self.sentence)


class DeadlineStream(httpcore.NetworkStream):
    """A connection with one deadline for all its reads and writes, which raise IMAGE_TIMEOUT."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - the interface's
        try:
            return self._stream.read(max_bytes, self._deadline.remaining())
        except httpcore.TimeoutException as error:
            raise self._deadline.missed() from error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - the interface's
        try:
            self._stream.write(buffer, self._deadline.remaining())
        except httpcore.TimeoutException as error:
            raise self._deadline.missed() from error

    def close(self) -> None:
        self._stream.close()
