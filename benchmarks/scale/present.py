"""The sizes as figures, tables and plots."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.machine import versions_of
from benchmarks.report import Figure, Plot, Report, Series, Table
from benchmarks.scale.budget import BUDGET_BYTES, FACES, GROUPS, Beside, Turns
from benchmarks.scale.galleries import DIMENSIONS
from benchmarks.scale.measure import K, Size
from benchmarks.timing import Timing, ratio

PACKAGES = ("numpy", "cryptography", "sqlalchemy")
THE_GOAL = 100_000


def report(sizes: Sequence[Size], turns: Turns, beside: Beside) -> Report:
    """The single figures are those of the group of 100,000, or else of the largest."""
    chosen = next((size for size in sizes if size.faces == THE_GOAL), sizes[-1])
    return Report(
        figures={
            "dimensions": DIMENSIONS,
            "faces": chosen.faces,
            "load_ratio_to_tight_loop": ratio(chosen.load, chosen.tight_loop),
            "load_seconds": chosen.load.median,
            "search_ratio_to_int8_read": ratio(chosen.search, chosen.floor),
            "bytes_a_face": _bytes_a_face(chosen),
            "search_ns_a_face": {str(size.faces): _nanoseconds(size.search, size) for size in sizes},
            "load_us_a_face": {str(size.faces): _nanoseconds(size.load, size) / 1e3 for size in sizes},
            "sizes": [_figures(size) for size in sizes],
            "eviction": {
                "groups": GROUPS,
                "faces_each": FACES,
                "budget_bytes": BUDGET_BYTES,
                "resident_bytes": turns.resident_bytes,
                "first_search": turns.first.as_json(),
                "next_search": turns.again.as_json(),
            },
            "beside_a_load": {
                "faces_loading": beside.cold_faces,
                "quiet_ms": _percentiles(beside.quiet),
                "loading_ms": _percentiles(beside.loading),
            },
        },
        tables=[_table(sizes), _table_of_turns(turns), _table_beside(beside)],
        plots=[_plot(sizes)],
        versions=versions_of(PACKAGES),
    )


def _figures(size: Size) -> dict[str, Figure]:
    return {
        "faces": size.faces,
        "fill_seconds": size.fill_seconds,
        "load": size.load.as_json(),
        "tight_loop": size.tight_loop.as_json(),
        "search": size.search.as_json(),
        "floor": size.floor.as_json(),
        "resident_bytes": size.resident_bytes,
    }


def _table(sizes: Sequence[Size]) -> Table:
    return Table(
        f"A group as it grows: {DIMENSIONS} dimensions, the {K} best faces with their records, one thread",
        (
            "faces",
            "stored a second",
            "search ms",
            "ns a face",
            "x int8 read",
            "load s",
            "us a face",
            "x tight loop",
            "memory MB",
            "bytes a face",
        ),
        [
            (
                f"{size.faces:,}",
                f"{size.faces / size.fill_seconds:,.0f}",
                f"{size.search.median * 1e3:.2f}",
                f"{_nanoseconds(size.search, size):.1f}",
                f"{ratio(size.search, size.floor):.2f}",
                f"{size.load.median:.3f}",
                f"{_nanoseconds(size.load, size) / 1e3:.2f}",
                f"{ratio(size.load, size.tight_loop):.2f}",
                "" if size.resident_bytes is None else f"{size.resident_bytes / 1e6:,.1f}",
                f"{_bytes_a_face(size) or 0:,.0f}",
            )
            for size in sizes
        ],
    )


def _table_of_turns(turns: Turns) -> Table:
    grown = "unknown" if turns.resident_bytes is None else f"{turns.resident_bytes / 1e6:.0f} MB"
    return Table(
        f"{GROUPS} groups of {FACES:,} faces in turns, with a budget of {BUDGET_BYTES / 1e6:.0f} MB",
        ("", "median ms", "slowest ms"),
        [
            ("search that has to load its group", *_milliseconds(turns.first)),
            ("the next search of that group", *_milliseconds(turns.again)),
            (f"memory: the process grew by at most {grown}", "", ""),
        ],
    )


def _table_beside(beside: Beside) -> Table:
    return Table(
        f"Searches of a loaded group of {FACES:,} faces, alone and while one of {beside.cold_faces:,} is loaded",
        ("", "p50 ms", "p99 ms", "slowest ms", "searches"),
        [
            (name, *(f"{value:.2f}" for value in _percentiles(timing).values()), f"{len(timing.seconds)}")
            for name, timing in (("alone", beside.quiet), ("while it is loaded", beside.loading))
        ],
    )


def _plot(sizes: Sequence[Size]) -> Plot:
    faces = [size.faces for size in sizes]
    return Plot(
        name="cost",
        title=f"Cost of a group, {DIMENSIONS} dimensions",
        x_label="faces in the group",
        y_label="milliseconds",
        x_scale="log",
        y_scale="log",
        series=[
            Series("search", faces, [size.search.median * 1e3 for size in sizes]),
            Series("reading the int8 bytes", faces, [size.floor.median * 1e3 for size in sizes]),
            Series("load", faces, [size.load.median * 1e3 for size in sizes]),
            Series("reading and decrypting", faces, [size.tight_loop.median * 1e3 for size in sizes]),
        ],
    )


def _nanoseconds(timing: Timing, size: Size) -> float:
    return timing.median * 1e9 / size.faces


def _bytes_a_face(size: Size) -> float | None:
    return None if size.resident_bytes is None else size.resident_bytes / size.faces


def _milliseconds(timing: Timing) -> tuple[str, str]:
    return f"{timing.median * 1e3:.2f}", f"{max(timing.seconds) * 1e3:.2f}"


def _percentiles(timing: Timing) -> dict[str, float]:
    return {
        "p50": timing.percentile(50) * 1e3,
        "p99": timing.percentile(99) * 1e3,
        "slowest": max(timing.seconds) * 1e3,
    }
