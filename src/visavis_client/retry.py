"""Retries: a call is repeated only if that cannot have an effect twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
from tenacity import RetryCallState, retry_base, stop_after_attempt, wait_exponential_jitter
from tenacity.wait import wait_base

from visavis_client.errors import ApiError, ConnectionFailed, Overloaded

LONGEST_WAIT_S = 60.0
"""If the server asks for a longer wait, the error is raised and the caller decides."""

_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


def policy(attempts: int, *, repeatable: bool) -> Mapping[str, Any]:
    """Arguments of `tenacity.Retrying` and `AsyncRetrying`, which agree."""
    return {
        "retry": _Safe(repeatable=repeatable),
        "stop": stop_after_attempt(attempts),
        "wait": _AsAsked(),
        "reraise": True,
    }


class _Safe(retry_base):
    """Retry if the server did not begin the call, or the call is idempotent."""

    def __init__(self, *, repeatable: bool) -> None:
        self._repeatable = repeatable

    def __call__(self, retry_state: RetryCallState) -> bool:
        error = retry_state.outcome.exception() if retry_state.outcome else None
        if isinstance(error, ConnectionFailed):
            return self._repeatable or isinstance(error.__cause__, _NEVER_SENT)
        if not isinstance(error, ApiError) or (error.retry_after or 0.0) > LONGEST_WAIT_S:
            return False
        # A proxy's 502 does not tell whether the server began.
        lost = error.status == 502 and error.retry_after is not None
        return isinstance(error, Overloaded) or (lost and self._repeatable)


class _AsAsked(wait_base):
    """Wait as long as the server asks for, or twice as long after each attempt."""

    _otherwise = wait_exponential_jitter(multiplier=0.2, max=10, jitter=0.2)

    def __call__(self, retry_state: RetryCallState) -> float:
        error = retry_state.outcome.exception() if retry_state.outcome else None
        if isinstance(error, ApiError) and error.retry_after is not None:
            return error.retry_after
        return self._otherwise(retry_state)
