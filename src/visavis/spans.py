"""The spans of a request, for whoever wants to know where its time goes; the rooms that do the work mark them."""

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
    """Pose, mask, quality, liveness, as far as they are asked for."""
    EMBED = auto()
    SEARCH = auto()
    """Compares a probe with a group, after bringing the group's index up to date."""
    DATABASE_READ = auto()
    """A transaction that only reads, the wait for a connection included."""
    DATABASE_WRITE = auto()
    """A transaction that writes, the wait for the writer's lock included."""


Instrumentation: TypeAlias = Callable[[Span], AbstractContextManager[None]]
"""Makes the block that a span runs in; it passes on what is raised there."""


def uninstrumented(_: Span) -> AbstractContextManager[None]:
    """The instrumentation of a server that nobody watches."""
    return nullcontext()


def both(outer: Instrumentation, inner: Instrumentation) -> Instrumentation:
    """Two instrumentations as one."""

    @contextmanager
    def instrument(span: Span) -> Iterator[None]:
        with outer(span), inner(span):
            yield

    return instrument
