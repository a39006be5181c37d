"""The asynchronous client behind the interface of the synchronous one, so that both pass the same tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Self

from visavis_client import AsyncClient


class BlockingClient:
    """Carries each operation out before it returns. What an iterator yields comes as a list."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._runner = asyncio.Runner()
        self._client = AsyncClient(*arguments, **options)

    def __enter__(self) -> Self:
        self._runner.run(_result(self._client.__aenter__()))
        return self

    def __exit__(self, *raised: Any) -> None:
        with self._runner:
            self._runner.run(self._client.__aexit__(*raised))

    def __getattr__(self, name: str) -> Callable[..., Any]:
        operation = getattr(self._client, name)
        return lambda *arguments, **options: self._runner.run(_result(operation(*arguments, **options)))


async def _result(begun: Awaitable[Any] | AsyncIterator[Any]) -> Any:
    if isinstance(begun, AsyncIterator):
        return [item async for item in begun]
    return await begun
