"""Slots are shared between apps: whoever has many pictures does not keep the others waiting for more than one."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visavis.vision.pool.slots import FairSlots


class Crowd:
    """Threads that each want one slot and keep it until they are told."""

    def __init__(self, slots: FairSlots) -> None:
        self._slots = slots
        self._changed = threading.Condition()
        self.served: list[str] = []

    def come(self, owner: str) -> None:
        """Somebody who wants a slot; returns when they wait or have one."""
        before = len(self.served) + self._slots.waiting
        threading.Thread(target=self._want, args=(owner,), daemon=True).start()
        self._until(lambda: len(self.served) + self._slots.waiting > before)

    def _want(self, owner: str) -> None:
        self._slots.acquire(owner)
        with self._changed:
            self.served.append(owner)
            self._changed.notify_all()

    def leave(self, owner: str) -> None:
        """One who has a slot of this owner gives it back; returns when whoever is next has it."""
        expected = len(self.served) + bool(self._slots.waiting)
        self._slots.release(owner)
        self._until(lambda: len(self.served) >= expected)

    def _until(self, condition: Callable[[], bool]) -> None:
        with self._changed:
            while not condition():
                self._changed.wait(0.001)


@pytest.mark.parametrize("count", [1, 2, 4])
def test_whoever_comes_into_a_flood_is_next(count: int) -> None:
    crowd = Crowd(FairSlots(count))
    for _ in range(count + 10):
        crowd.come("flood")
    crowd.come("late")
    crowd.leave("flood")
    assert crowd.served[-1] == "late"


def test_owners_take_turns() -> None:
    crowd = Crowd(FairSlots(1))
    crowd.come("a")
    for owner in ("a", "a", "a", "b", "b", "c"):
        crowd.come(owner)
    for _ in range(6):
        crowd.leave(crowd.served[-1])
    assert crowd.served == ["a", "b", "c", "a", "b", "a", "a"]


def test_an_owner_alone_has_all_slots() -> None:
    crowd = Crowd(FairSlots(3))
    for _ in range(3):
        crowd.come("a")
    assert crowd.served == ["a"] * 3


def test_while_others_wait_an_owner_has_all_slots_but_one() -> None:
    slots = FairSlots(2)
    crowd = Crowd(slots)
    for owner in ("a", "a", "a", "b"):
        crowd.come(owner)
    crowd.leave("a")  # b is served
    crowd.come("b")
    crowd.leave("b")
    assert crowd.served == ["a", "a", "b", "b"]
    crowd.leave("b")
    assert crowd.served[-1] == "a"


@given(st.integers(1, 4), st.lists(st.sampled_from("abc"), min_size=1, max_size=25), st.randoms())
def test_everybody_is_served_and_no_slot_is_lost(count: int, owners: list[str], chance: st.DataObject) -> None:
    slots = FairSlots(count)
    crowd = Crowd(slots)
    for owner in owners:
        crowd.come(owner)
    holding = list(crowd.served)
    for _ in owners:
        owner = holding.pop()
        before = len(crowd.served)
        crowd.leave(owner)
        holding += crowd.served[before:]
        assert slots.busy == len(holding) <= count
    assert sorted(crowd.served) == sorted(owners)
    assert (slots.busy, slots.waiting) == (0, 0)
