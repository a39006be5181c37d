"""The search benchmark in small, with what every installation has: our index and NumPy."""

from __future__ import annotations

import json

import pytest

from benchmarks.faces import crowd
from benchmarks.floor import Reader
from benchmarks.report import Report
from benchmarks.results import as_text
from benchmarks.search.compare import FLOOR, KERNEL, Comparison, Plan, compare
from benchmarks.search.engines import numpy_float32
from benchmarks.search.present import report
from benchmarks.timing import interleaved
from visavis.index.kernels import best_kernel

PLAN = Plan(faces=500, graph_faces=0, pgvector_graph_faces=0, rounds=5, seconds_of_registrations=0.1)
FLOORS = [FLOOR] if best_kernel() is None else [FLOOR, KERNEL]


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    people = crowd(PLAN.faces, 128, PLAN.rounds)
    return compare(people, [numpy_float32(people.gallery)], PLAN, missing=["FAISS: not installed"])


@pytest.fixture(scope="module")
def reported(comparison: Comparison) -> Report:
    return report(PLAN, {128: comparison})


def test_exact_engines_find_everything(comparison: Comparison) -> None:
    assert comparison.recalls == {"Visavis": (1, 1), "NumPy float32": (1, 1)}


def test_every_engine_and_the_floors_are_timed_in_the_same_rounds(comparison: Comparison) -> None:
    assert {name: len(timing.seconds) for name, timing in comparison.timings.items()} == {
        **dict.fromkeys(FLOORS, 5),
        "Visavis": 5,
        "NumPy float32": 5,
    }


def test_the_figures_that_others_quote_stand_at_the_top_and_are_valid_json(reported: Report) -> None:
    figures = json.loads(as_text(reported.as_json()))
    for name in ("ratio_to_int8_read", "speedup_numpy_f32", "p99_to_p50_while_registering", "bytes_a_face"):
        assert figures[name] > 0
        assert figures[name] == figures["dimensions_128"][name]
    assert figures["recall"] == 1
    assert "numpy" in figures["versions"]


def test_what_could_not_be_measured_is_null_and_said(reported: Report) -> None:
    assert reported.figures["speedup_pgvector_exact"] is None
    assert reported.figures["speedup_hnsw_at_recall_0.96"] is None
    assert list(reported.notes) == ["FAISS: not installed"]


def test_the_tables_have_a_row_for_each_floor_and_for_each_engine(reported: Report) -> None:
    assert [row[0] for row in reported.tables[0].rows] == [*FLOORS, "Visavis", "NumPy float32"]


def test_the_floor_reads_as_many_bytes_as_asked_for_and_takes_time() -> None:
    reader = Reader(64_001)
    assert reader.nbytes == 64_000
    assert interleaved({"read": lambda _: reader.read()}, rounds=3)["read"].minimum > 0
