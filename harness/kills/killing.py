"""Kills a writing process again and again, and holds what is kept against what had been acknowledged."""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import dataclass, field
from threading import Thread

from harness.kills.writing import APP, SHARED, Process, Told, Write
from harness.storage.faces import unit_rows
from harness.storage.place import Place
from visavis.errors import ServiceError
from visavis.storage.store import Storage
from visavis.transfer.checking import check_all
from visavis.types import FaceFilter, Group

_LONGEST_LIFE_S = 0.5


@dataclass
class Kills:
    """What was done and found; of each kind of fault there should be none."""

    kills: int = 0
    acknowledged: Counter[str] = field(default_factory=Counter)
    in_the_air: Counter[str] = field(default_factory=Counter)
    """Writes that had begun and were not acknowledged when the process died."""
    of_these_done: int = 0
    starts_s: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


class Ledger:
    """What must be there: all that was acknowledged, and what was in the air either whole or not at all."""

    def __init__(self, kills: Kills) -> None:
        self.groups: dict[str, set[str]] = {SHARED: set()}
        self._in_the_air: dict[int, Write] = {}
        self._kills = kills

    def note(self, told: Told) -> None:
        thread, write = told
        if isinstance(write, BaseException):
            self._kills.faults.append(f"A writer failed: {write!r}")
        elif write is not None:
            self._in_the_air[thread] = write
        else:
            done = self._in_the_air.pop(thread)
            self._kills.acknowledged[done.kind] += 1
            self._apply(done)

    def settle(self, there: dict[str, set[str]]) -> None:
        """Look at what is there to learn how the writes in the air ended."""
        for write in self._in_the_air.values():
            self._kills.in_the_air[write.kind] += 1
            if _was_done(write, there):
                self._kills.of_these_done += 1
                self._apply(write)
        self._in_the_air.clear()

    def differences(self, there: dict[str, set[str]]) -> list[str]:
        found = []
        for name in self.groups.keys() | there.keys():
            if name not in there:
                found.append(f"Group {name} is lost.")
            elif name not in self.groups:
                found.append(f"The deletion of group {name} is undone.")
            else:
                lost, back = self.groups[name] - there[name], there[name] - self.groups[name]
                found += [f"Group {name} has lost {len(lost)} faces."] if lost else []
                found += [f"In group {name}, {len(back)} faces are back or only part of a write."] if back else []
        return found

    def _apply(self, write: Write) -> None:
        match write.kind:
            case "create group":
                self.groups[write.group] = set()
            case "delete group":
                del self.groups[write.group]
            case "add":
                self.groups[write.group].update(write.faces)
            case "delete face":
                self.groups[write.group].difference_update(write.faces)


def _was_done(write: Write, there: dict[str, set[str]]) -> bool:
    match write.kind:
        case "create group":
            return write.group in there
        case "delete group":
            return write.group not in there
        case "add":
            return not there[write.group].isdisjoint(write.faces)
        case "delete face":
            return there[write.group].isdisjoint(write.faces)


def kill_again_and_again(place: Place, kills: int, seed: int) -> Kills:
    """Let a process write to this place, kill it at a random moment, check all that is kept; `kills` times."""
    rng, told = random.Random(seed), Kills()
    with_us = place.open()  # as another node does that lives on
    app = with_us.apps.create_app(APP, {})
    with_us.gallery.create_group(app, SHARED, "sface", quota=1000)
    ledger = Ledger(told)
    for number in range(kills):
        start = time.perf_counter()
        process = Process(place, seed + number, ledger.groups)
        told.starts_s.append(time.perf_counter() - start)
        listener = Thread(target=process.tell, args=(ledger.note,))
        listener.start()
        time.sleep(rng.uniform(0, _LONGEST_LIFE_S))
        process.kill()
        listener.join()
        told.kills += 1
        _check(place, with_us, ledger, told)
        if told.faults:
            break
    with_us.close()
    return told


def _check(place: Place, with_us: Storage, ledger: Ledger, told: Kills) -> None:
    storage = place.open()
    groups = _groups(storage)
    there = {name: _listed(storage, group) for name, group in groups.items()}
    ledger.settle(there)
    told.faults += ledger.differences(there)
    told.faults += check_all(storage.database, storage.keys, lambda _: None)
    for opened, whose in ((storage, "a new process"), (with_us, "a process that lived on")):
        for name, group in groups.items():
            if _indexed(opened, group) != there[name]:
                told.faults.append(f"The index of {whose} differs from the records of group {name}.")
    storage.close()


def _groups(storage: Storage) -> dict[str, Group]:
    app = storage.apps.find_app(APP)
    assert app is not None
    return {group.name: group for group in storage.gallery.list_groups(app, None, 10_000)}


def _listed(storage: Storage, group: Group) -> set[str]:
    return {face.face_id for face in storage.gallery.list_faces(group, FaceFilter(), None, 1_000_000)}


def _indexed(storage: Storage, group: Group) -> set[str]:
    try:
        found = storage.gallery.search(group, unit_rows(1, width=32)[0], 1_000_000, -1.5)
    except ServiceError as error:
        return {error.detail}
    return {record.face_id for record, _ in found}
