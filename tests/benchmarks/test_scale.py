"""The scale benchmark in small."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.results import as_text
from benchmarks.scale.budget import Beside, Turns
from benchmarks.scale.galleries import DIMENSIONS, Galleries
from benchmarks.scale.measure import measure
from benchmarks.scale.present import report
from benchmarks.scale.tight_loop import TightLoop
from benchmarks.timing import Timing


@pytest.fixture
def galleries(tmp_path: Path) -> Galleries:
    return Galleries(tmp_path / "data")


def test_a_group_holds_the_faces_that_were_asked_for_and_finds_the_people_of_the_probes(
    galleries: Galleries,
) -> None:
    probes, _ = galleries.fill("group", 60)
    with galleries.opened() as storage:
        group = galleries.group(storage, "group")
        assert group.face_count == 60
        best = [storage.gallery.search(group, probe, 1, -1.0)[0][1] for probe in probes]
    assert min(best) > 0.2


def test_the_tight_loop_decrypts_every_template(tmp_path: Path) -> None:
    assert TightLoop(tmp_path / "floor.db", templates=30, template_bytes=2048).run() == 30 * 2048


def test_sizes_come_out_as_figures_a_table_and_valid_json(galleries: Galleries) -> None:
    sizes = [measure(galleries, faces) for faces in (20, 40)]
    some = Timing([0.001, 0.002])
    reported = report(sizes, Turns(some, some, None), Beside(some, some, cold_faces=40))
    figures = json.loads(as_text(reported.as_json()))
    assert figures["faces"] == 40
    assert figures["dimensions"] == DIMENSIONS
    assert figures["load_ratio_to_tight_loop"] > 0
    assert list(figures["search_ns_a_face"]) == ["20", "40"]
    assert [row[0] for row in reported.tables[0].rows] == ["20", "40"]
