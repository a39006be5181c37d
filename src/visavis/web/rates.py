"""Rate limits of apps. Requests are counted in this process, so a limit holds for each node."""

from __future__ import annotations

import math
import time
from threading import Lock

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from visavis.errors import ErrorCode, ServiceError
from visavis.identities import App


class Rates:
    """Counts the requests of apps that have a limit, in sliding windows. Safe to share between threads."""

    def __init__(self) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._mutex = Lock()

    def count(self, app: App) -> None:
        """Count a request of the app. Raises RATE_LIMITED."""
        if not app.rate_limit:
            return
        limit = parse(app.rate_limit)
        with self._mutex:
            if self._limiter.hit(limit, str(app.id)):
                return
            wait = self._limiter.get_window_stats(limit, str(app.id)).reset_time - time.time()
        detail = f"The app has used up its limit of {app.rate_limit.replace('/', ' requests a ')}."
        raise ServiceError(ErrorCode.RATE_LIMITED, detail, retry_after=max(1, math.ceil(wait)))
