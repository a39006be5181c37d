"""Gives all engines the same faces and, in turns, the same probes; holds their answers to the truth."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from benchmarks.console import progress
from benchmarks.faces import Crowd, crowd
from benchmarks.floor import Reader
from benchmarks.machine import usable_cores
from benchmarks.memory import resident_bytes
from benchmarks.report import Figure
from benchmarks.search import engines
from benchmarks.search.engines import Engine, NotHereError
from benchmarks.search.postgres import pgvector, pgvector_hnsw, running_postgres
from benchmarks.search.recall import Truth
from benchmarks.search.registrations import busy_and_quiet
from benchmarks.timing import Timing, interleaved
from visavis.index.vector_index import VectorIndex

K = 10

FLOOR = "reading the int8 bytes"
KERNEL = "the products of codes alone"

IN_A_ROW = 10
"""Searches of one engine before it is the next one's turn: a group that is searched is mostly searched again, and
what its engine has left in the caches is part of what it is. The first of each ten pays for the others' turns."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured; the graphs of HNSW, which are slow to build, may hold fewer faces."""

    faces: int
    graph_faces: int
    pgvector_graph_faces: int
    rounds: int
    """As many probes, one a round."""
    seconds_of_registrations: float
    usearch_efforts: Sequence[int] = (64, 256, 512, 1024)
    pgvector_efforts: Sequence[int] = (40, 200, 1000)


FULL = Plan(
    faces=100_000, graph_faces=100_000, pgvector_graph_faces=20_000, rounds=100, seconds_of_registrations=20
)
QUICK = Plan(faces=100_000, graph_faces=1_000, pgvector_graph_faces=1_000, rounds=20, seconds_of_registrations=2)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came out for one crowd. `timings` and `recalls` are by the name of the engine."""

    cosines: Mapping[str, Figure]
    engines: Sequence[Engine]
    recalls: Mapping[str, tuple[float, float]]
    """Of the best K faces, and of the best one."""
    timings: Mapping[str, Timing]
    """All in turns of `IN_A_ROW` searches, the floor and, if there are codes, `KERNEL` among them."""
    cold: Mapping[str, Timing]
    """Ours, its products, NumPy and the floor, one search a turn: the caches are full of the others' data."""
    quiet: Timing
    busy: Timing
    """Our searches one after the other, without and with registrations meanwhile."""
    bytes_a_face: float
    resident_bytes_a_face: float | None
    missing: Sequence[str]
    """What could not be measured, and why."""


def compare_all(dimensions: int, plan: Plan) -> Comparison:
    """Every engine that this machine has."""
    progress.print(f"{plan.faces:,} faces of {dimensions} dimensions")
    people = crowd(plan.faces, dimensions, plan.rounds)
    with ExitStack() as stack:
        missing: list[str] = []
        found = list(_others(people, plan, stack, missing))
        return compare(people, found, plan, missing)


def compare(people: Crowd, others: Sequence[Engine], plan: Plan, missing: Sequence[str] = ()) -> Comparison:
    """Our index against `others`."""
    before = resident_bytes()
    index = engines.loaded_index(people.gallery)
    after = resident_bytes()
    candidates = [engines.visavis(index, len(people.gallery)), *others]
    ours = candidates[0]
    progress.print("  timings")
    floor = Reader(people.gallery.size)
    found: dict[str, list[Sequence[int]]] = {engine.name: [()] * plan.rounds for engine in candidates}
    calls = {
        FLOOR: lambda _: floor.read(),
        **_products(index, people),
        **{engine.name: _call(engine, people, found) for engine in candidates},
    }
    timings = interleaved(calls, plan.rounds, in_a_row=IN_A_ROW)
    progress.print("  recall")
    recalls = _recalls(candidates, found, people)
    alone = {name: calls[name] for name in (FLOOR, KERNEL, ours.name, engines.NUMPY) if name in calls}
    cold = interleaved(alone, plan.rounds)
    progress.print("  searches while faces are registered")
    bytes_a_face = index.nbytes / len(people.gallery)
    quiet, busy = busy_and_quiet(index, people, K, plan.seconds_of_registrations)
    return Comparison(
        cosines=people.described(),
        engines=candidates,
        recalls=recalls,
        timings=timings,
        cold=cold,
        quiet=quiet,
        busy=busy,
        bytes_a_face=bytes_a_face,
        resident_bytes_a_face=(after - before) / len(people.gallery) if before and after else None,
        missing=missing,
    )


def _others(people: Crowd, plan: Plan, stack: ExitStack, missing: list[str]) -> Sequence[Engine]:
    """Every other engine; of those that do not run here, `missing` says why."""
    gallery, graph = people.gallery, people.gallery[: plan.graph_faces]
    pgvector_graph = people.gallery[: plan.pgvector_graph_faces]
    threads = usable_cores()
    conninfo = _postgres(stack, missing)
    makers: dict[str, Callable[[], Sequence[Engine]]] = {
        "NumPy": lambda: [engines.numpy_float32(gallery)],
        "FAISS": lambda: [engines.faiss_flat(gallery), engines.faiss_sq8(gallery)],
        "sqlite-vec": lambda: [engines.sqlite_vec(gallery, stack)],
        "usearch HNSW": lambda: engines.usearch_hnsw(graph, plan.usearch_efforts, threads),
    }
    if conninfo is not None:
        makers["pgvector"] = lambda: [pgvector(conninfo, gallery, stack)]
        makers["pgvector HNSW"] = lambda: pgvector_hnsw(
            conninfo, pgvector_graph, plan.pgvector_efforts, threads, stack
        )
    found: list[Engine] = []
    for name, make in makers.items():
        progress.print(f"  filling {name}")
        try:
            found.extend(make())
        except NotHereError as error:
            missing.append(f"{name} was not measured: {error}.")
    return found


def _postgres(stack: ExitStack, missing: list[str]) -> str | None:
    try:
        return stack.enter_context(running_postgres())
    except NotHereError as error:
        missing.append(f"pgvector was not measured: {error}.")
        return None


def _recalls(
    candidates: Sequence[Engine], found: Mapping[str, Sequence[Sequence[int]]], people: Crowd
) -> dict[str, tuple[float, float]]:
    truths: dict[int, tuple[Truth, Truth]] = {}
    recalls = {}
    for engine in candidates:
        if engine.faces not in truths:
            held = people.gallery[: engine.faces]
            truths[engine.faces] = Truth(held, people.probes, K), Truth(held, people.probes, 1)
        of_k, of_one = truths[engine.faces]
        recalls[engine.name] = of_k.recall(found[engine.name]), of_one.recall(found[engine.name])
    return recalls


def _products(index: VectorIndex, people: Crowd) -> dict[str, Callable[[int], object]]:
    multiply = engines.products_alone(index)
    return {} if multiply is None else {KERNEL: lambda number: multiply(people.probes[number])}


def _call(engine: Engine, people: Crowd, found: dict[str, list[Sequence[int]]]) -> Callable[[int], None]:
    def find(number: int) -> None:
        found[engine.name][number] = engine.find(people.probes[number], K)

    return find
