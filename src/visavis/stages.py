"""The stages of a request, for whoever wants to know where its time goes; the rooms that do the work mark them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from enum import StrEnum, auto
from typing import TypeAlias


class Stage(StrEnum):
    """What a request does or waits for. A stage may contain others: a search reads the database."""

    QUEUE = auto()
    """Waits for its turn among the requests of all apps."""
    FETCH = auto()
    """Downloads a picture by its URL."""
    PLACE = auto()
    """Waits for one of the places for CPU work."""
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
    """A transaction that writes, the wait for its turn included."""


Observer: TypeAlias = Callable[[Stage], AbstractContextManager[None]]
"""Makes the block that a stage runs in; it passes on what is raised there."""


def unobserved(_: Stage) -> AbstractContextManager[None]:
    """For when nobody wants to know."""
    return nullcontext()


def both(outer: Observer, inner: Observer) -> Observer:
    """Two observers as one."""

    @contextmanager
    def observe(stage: Stage) -> Iterator[None]:
        with outer(stage), inner(stage):
            yield

    return observe
