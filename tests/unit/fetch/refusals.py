"""How a fetch that must fail fails."""

from __future__ import annotations

import pytest

from visavis.errors import ErrorCode, ServiceError
from visavis.fetch import GuardedFetcher


def refusal(fetcher: GuardedFetcher, url: str, max_bytes: int = 100_000) -> tuple[ErrorCode, str]:
    with pytest.raises(ServiceError) as caught:
        fetcher.fetch(url, max_bytes)
    return caught.value.code, caught.value.detail


def invalid(detail: str) -> tuple[ErrorCode, str]:
    return ErrorCode.INVALID_IMAGE_URL, detail
