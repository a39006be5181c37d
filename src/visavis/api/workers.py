"""Threads for everything that computes or waits, so that the event loop never does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

from visavis.errors import ErrorCode, FaceError

Result = TypeVar("Result")


class Workers:
    """Two pools: quick calls (records, search by id) never wait behind those that handle pictures."""

    def __init__(self, image_requests: int, image_queue: int) -> None:
        self._quick = CapacityLimiter(32)
        self._images = CapacityLimiter(image_requests)
        self._image_queue = image_queue

    async def quick(self, call: Callable[[], Result]) -> Result:
        return await to_thread.run_sync(call, limiter=self._quick)

    async def image(self, call: Callable[[], Result]) -> Result:
        """Raises OVERLOADED at once when no place is free and too many pictures are waiting already."""
        if not self._images.available_tokens and self._images.statistics().tasks_waiting >= self._image_queue:
            raise FaceError(ErrorCode.OVERLOADED, "Too many images are being processed; try again shortly.")
        return await to_thread.run_sync(call, limiter=self._images)
