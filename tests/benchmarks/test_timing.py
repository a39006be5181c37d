"""Candidates take turns, and what is reported of them is what was timed."""

from __future__ import annotations

import gc
from collections.abc import Callable
from itertools import pairwise, permutations

import pytest

from benchmarks.timing import Timing, interleaved, ratio, ratio_of_minima


def test_every_candidate_is_called_once_a_round_and_comes_after_every_other() -> None:
    calls: list[tuple[str, int]] = []
    candidates = {name: lambda number, name=name: calls.append((name, number)) for name in "abcd"}
    timings = interleaved(candidates, rounds=40, warm_up=0)
    turns = [calls[start : start + 4] for start in range(0, 160, 4)]
    assert [sorted(turn) for turn in turns] == [[(name, number) for name in "abcd"] for number in range(40)]
    neighbours = {(one, other) for turn in turns for (one, _), (other, _) in pairwise(turn)}
    assert neighbours == set(permutations("abcd", 2))
    assert {name: len(timing.seconds) for name, timing in timings.items()} == dict.fromkeys("abcd", 40)


def test_a_turn_may_be_several_rounds_long() -> None:
    calls: list[tuple[str, int]] = []
    candidates = {name: lambda number, name=name: calls.append((name, number)) for name in "ab"}
    interleaved(candidates, rounds=3, warm_up=0, in_a_row=2)
    assert [number for _, number in calls] == [0, 1, 0, 1, 2, 2]
    assert [name for name, _ in calls[:4]] in ([*"aabb"], [*"bbaa"])


def test_the_warm_up_does_not_count() -> None:
    calls: list[int] = []
    timings = interleaved({"a": calls.append}, rounds=2, warm_up=5)
    assert len(calls) == 7
    assert len(timings["a"].seconds) == 2


def test_no_collection_of_garbage_falls_into_a_timing() -> None:
    states: list[bool] = []
    interleaved({"a": lambda _: states.append(gc.isenabled())}, rounds=2)
    assert states == [False] * 3
    assert gc.isenabled()


def test_what_a_call_takes_may_be_told_by_another_clock() -> None:
    calls: list[int] = []

    def told(call: Callable[[], object]) -> float:
        call()
        return 7.0

    assert interleaved({"a": calls.append}, rounds=2, seconds_of=told)["a"].seconds == [7.0, 7.0]
    assert calls == [0, 0, 1]


def test_a_ratio_is_that_of_a_typical_round() -> None:
    """One round in which the machine was slow for both does not move it."""
    slower, faster = Timing([2.0, 30.0, 4.0]), Timing([1.0, 10.0, 2.0])
    assert ratio(slower, faster) == 2.0
    assert ratio_of_minima(slower, faster) == 2.0


@pytest.mark.parametrize(("percent", "seconds"), [(0, 1), (50, 51), (99, 100), (100, 100)])
def test_a_percentile_is_a_time_that_was_measured(percent: float, seconds: float) -> None:
    assert Timing([float(second) for second in range(100, 0, -1)]).percentile(percent) == seconds
