"""Spans: the parts of a request that metrics and traces time. The packages that do the work mark them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from enum import StrEnum, auto
from typing import TypeAlias


class Span(StrEnum):
    """What a request does or waits for. A span may contain others: a search reads the database."""

    QUEUE = auto()
    """Waits in the admission queue."""
    FETCH = auto()
    """Downloads a picture by its URL."""
    SLOT = "place"
    """Waits for one of the slots for CPU work. Metrics and traces call it `place`, as they always have."""
    DECODE = auto()
    DETECT = auto()
    DESCRIBE = auto()
    """Computes pose, mask, quality and liveness, as far as they are requested."""
    EMBED = auto()
    SEARCH = auto()
    """Compares a probe with a group, after bringing the group's index up to date."""
    DATABASE_READ = auto()
    """Runs a transaction that only reads, including the wait for a connection."""
    DATABASE_WRITE = auto()
    """Runs a transaction that writes, including the wait for the writer's lock."""


Instrumentation: TypeAlias = Callable[[Span], AbstractContextManager[None]]
"""Makes the context that a span runs in. The context must not swallow exceptions."""


def uninstrumented(_: Span) -> AbstractContextManager[None]:
    """An instrumentation that records nothing."""
    return nullcontext()


def both(outer: Instrumentation, inner: Instrumentation) -> Instrumentation:
    """Combine two instrumentations into one."""

    @contextmanager
    def instrument(span: Span) -> Iterator[None]:
        with outer(span), inner(span):
            yield

    return instrument
