"""Enrolment and searches, in turns: a slow moment of the machine hits everybody."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple

from benchmarks.console import progress
from benchmarks.peers import pictures
from benchmarks.peers.process import EngineError, Running, running
from benchmarks.peers.roster import Peer
from benchmarks.timing import Timing

_WARM_UP = 2


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured. The first of `sizes` is enrolled, what is more is made up."""

    sizes: Sequence[int]
    a_turn: int
    """Pictures that an engine enrols before it is the next one's turn."""
    rounds: int


FULL = Plan((1_000, 100_000), 100, 40)
QUICK = Plan((10, 1_000), 10, 3)


class Search(NamedTuple):
    """One search: how long it took, and whether it named the person in the picture first."""

    seconds: float
    right: bool


@dataclass(frozen=True, slots=True)
class Searched:
    """Searches in a gallery of one size."""

    seconds: Timing
    cpu_seconds: float
    """Processor time of one search, on average."""
    right: int
    """Searches that named the person in the picture first."""
    memory_bytes: int


@dataclass(slots=True)
class Measured:
    """What a peer came to; where it failed, what came before that."""

    enrol_seconds: float = 0.0
    enrol_cpu_seconds: float = 0.0
    enrolled: int = 0
    searched: dict[int, Searched] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    failed: str | None = None


class Contest:
    """Engines that run beside each other. One that fails is out, and keeps the figures it has."""

    def __init__(self, peers: Sequence[Peer], folder: Path, stack: ExitStack) -> None:
        self.measured = {peer.name: Measured(failed=peer.missing()) for peer in peers}
        self._running: dict[str, Running] = {}

        def start(peer: Peer) -> None:
            weights = peer.lay_weights(folder)
            engine = stack.enter_context(running(peer.name, peer.python, weights))
            self.measured[peer.name].versions = engine.ask("versions")[0]
            self._running[peer.name] = engine

        for peer in peers:
            if self.measured[peer.name].failed is None:
                self._try(peer.name, partial(start, peer))

    def enrol(self, files: Sequence[str], a_turn: int) -> None:
        """Everybody enrols the same pictures, so many a turn."""
        for turn, start in enumerate(range(0, len(files), a_turn)):
            progress.print(f"  enrolling from picture {start:,} on")
            self._in_turn(partial(self._enrol, files[start : start + a_turn]), turn)

    def fill(self, faces: int) -> None:
        """Everybody's gallery gets so many faces."""
        progress.print(f"  filling galleries up to {faces:,}")
        self._in_turn(lambda name: self._running[name].ask("fill", faces=faces))

    def search(self, faces: int, files: Sequence[str]) -> None:
        """Everybody searches for the same pictures, one a turn, in a gallery of so many faces."""
        progress.print(f"  searching {faces:,}")
        for file in files[:_WARM_UP]:
            self._in_turn(partial(self._search, {}, file))
        before = {name: each.cpu_seconds() for name, each in self._running.items()}
        searches: dict[str, list[Search]] = {}
        for turn, file in enumerate(files):
            self._in_turn(partial(self._search, searches, file), turn)

        def conclude(name: str) -> None:
            engine, mine = self._running[name], searches[name]
            self.measured[name].searched[faces] = Searched(
                Timing([each.seconds for each in mine]),
                (engine.cpu_seconds() - before[name]) / len(mine),
                sum(each.right for each in mine),
                engine.memory_bytes(),
            )

        self._in_turn(conclude)

    def _enrol(self, files: Sequence[str], name: str) -> None:
        engine, measured = self._running[name], self.measured[name]
        before = engine.cpu_seconds()
        taken, seconds = engine.ask("enrol", files=files)
        measured.enrolled += taken
        measured.enrol_seconds += seconds
        measured.enrol_cpu_seconds += engine.cpu_seconds() - before

    def _search(self, searches: dict[str, list[Search]], file: str, name: str) -> None:
        found, seconds = self._running[name].ask("search", file=file)
        right = pictures.person_in(found) == pictures.person_in(Path(file).stem)
        searches.setdefault(name, []).append(Search(seconds, right))

    def _in_turn(self, do: Callable[[str], object], turn: int = 0) -> None:
        """Let everybody do something, one after the other, another one first each turn."""
        names = list(self._running)
        first = turn % max(len(names), 1)
        for name in names[first:] + names[:first]:
            self._try(name, partial(do, name))

    def _try(self, name: str, do: Callable[[], object]) -> None:
        try:
            do()
        except EngineError as error:
            progress.print(f"  {name}: {error}", markup=False)
            self.measured[name].failed = str(error)
            self._running.pop(name, None)


def measure(peers: Sequence[Peer], plan: Plan, folder: Path) -> dict[str, Measured]:
    """Enrol, search, fill, search. `folder` is an empty one to work in."""
    enrolled = pictures.write("studio_portrait", plan.sizes[0], folder / "enrolled")
    asked = pictures.write("amateur_selfie", plan.rounds, folder / "asked")
    with ExitStack() as stack:
        contest = Contest(peers, folder, stack)
        contest.enrol(enrolled, plan.a_turn)
        for faces in plan.sizes:
            if faces != plan.sizes[0]:
                contest.fill(faces)
            contest.search(faces, asked)
        return contest.measured
