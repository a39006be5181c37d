"""Candidates take turns, and what is reported of them is what was timed."""

from __future__ import annotations

import gc
from collections.abc import Callable

import pytest

from benchmarks.timing import Timing, interleaved, ratio, ratio_of_minima


def test_every_candidate_is_called_once_a_round_and_the_first_place_goes_round() -> None:
    calls: list[tuple[str, int]] = []
    candidates = {name: lambda number, name=name: calls.append((name, number)) for name in "abc"}
    timings = interleaved(candidates, rounds=3, warm_up=0)
    assert calls == [("a", 0), ("b", 0), ("c", 0), ("b", 1), ("c", 1), ("a", 1), ("c", 2), ("a", 2), ("b", 2)]
    assert {name: len(timing.seconds) for name, timing in timings.items()} == {"a": 3, "b": 3, "c": 3}


def test_a_turn_may_be_several_rounds_long() -> None:
    calls: list[tuple[str, int]] = []
    candidates = {name: lambda number, name=name: calls.append((name, number)) for name in "ab"}
    interleaved(candidates, rounds=3, warm_up=0, in_a_row=2)
    assert calls == [("a", 0), ("a", 1), ("b", 0), ("b", 1), ("b", 2), ("a", 2)]


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
