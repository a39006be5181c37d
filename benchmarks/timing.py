"""Timings that may be compared: candidates take turns in one run, so a slow moment of the machine hits all."""

from __future__ import annotations

import gc
import random
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from benchmarks.report import Figure


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of each repetition, in order."""

    seconds: Sequence[float]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def minimum(self) -> float:
        return min(self.seconds)

    def percentile(self, percent: float) -> float:
        """The time that `percent` of the repetitions did not exceed, by the nearest rank."""
        ordered = sorted(self.seconds)
        return ordered[min(int(len(ordered) * percent / 100), len(ordered) - 1)]

    def as_json(self) -> dict[str, Figure]:
        return {"median_s": self.median, "min_s": self.minimum, "repetitions": len(self.seconds)}


def ratio(slower: Timing, faster: Timing) -> float:
    """Median of the repetitions' ratios: both were timed one shortly after the other, in the same conditions."""
    return statistics.median(a / b for a, b in zip(slower.seconds, faster.seconds, strict=True))


def ratio_of_minima(slower: Timing, faster: Timing) -> float:
    return slower.minimum / faster.minimum


def interleaved(
    candidates: Mapping[str, Callable[[int], object]],
    rounds: int,
    warm_up: int = 1,
    max_seconds: float = 1e9,
    in_a_row: int = 1,
    seconds_of: Callable[[Callable[[], object]], float] | None = None,
) -> dict[str, Timing]:
    """Time every candidate once a round; each is called with the number of the round.

    A turn of a candidate is `in_a_row` rounds long: with 1, each finds the caches as the others left them. The
    order is another one each turn, so that nobody always comes after the same neighbour. `warm_up` rounds
    come first and do not count. After `max_seconds` no further turn begins, but five rounds are done in any case.
    `seconds_of` makes a call and says what it took: on the wall's clock, if nothing else is given.
    """
    names, clocked = list(candidates), seconds_of or timed
    shuffled = random.Random(0)  # noqa: S311 - no secret
    seconds: dict[str, list[float]] = {name: [] for name in names}
    with collector_off():
        for number in range(warm_up):
            for name in names:
                candidates[name](number)
        end = time.perf_counter() + max_seconds
        for first in range(0, rounds, in_a_row):
            if first >= min(5, rounds) and time.perf_counter() > end:
                break
            shuffled.shuffle(names)
            for name in names:
                for number in range(first, min(first + in_a_row, rounds)):
                    seconds[name].append(clocked(partial(candidates[name], number)))
    return {name: Timing(values) for name, values in seconds.items()}


@contextmanager
def collector_off() -> Iterator[None]:
    """No pause for Python's garbage collector falls into a timing."""
    was_on = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def timed(call: Callable[[], object]) -> float:
    """The seconds of one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
