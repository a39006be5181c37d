"""Visavis beside others: the command in small, and the arithmetic of its accuracy."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from subprocess import PIPE

import numpy as np
import psutil
import pytest

from benchmarks.peers.accuracy import SETS, Accuracy, Vectors, accuracy, by_distance
from benchmarks.peers.measure import Measured, Plan, measure
from benchmarks.peers.pictures import person_in, write
from benchmarks.peers.present import NOTHING, report
from benchmarks.peers.process import Running
from benchmarks.peers.roster import ROSTER, VISAVIS
from benchmarks.results import as_text

SMALL = Plan((10, 200), 5, 2)
HERE = [peer for peer in ROSTER if peer.name in {VISAVIS, "opencv"}]


@pytest.mark.slow
def test_visavis_and_opencv_enrol_search_and_search_again_in_a_filled_gallery(tmp_path: Path) -> None:
    measured = measure(ROSTER[-1:] + tuple(HERE), SMALL, tmp_path)
    for peer in HERE:
        mine = measured[peer.name]
        assert mine.failed is None
        assert mine.enrolled == 10
        assert [mine.searched[size].right for size in SMALL.sizes] == [2, 2]
        assert mine.searched[200].cpu_seconds > 0
        assert mine.searched[200].memory_bytes > 10_000_000
    told = json.loads(as_text(report([*HERE, ROSTER[-1]], SMALL, measured, {}).as_json()))
    assert told["peers"][VISAVIS]["searched"]["200"]["ratio_to_visavis"] == 1
    assert "container images" in told["peers"]["compreface"]["failed"]


def test_nobody_is_dropped_who_could_not_be_run() -> None:
    nobody = {peer.name: Measured(failed="it would not start") for peer in ROSTER}
    told = report(ROSTER, SMALL, nobody, {})
    for table in told.tables:
        assert [row[0] for row in table.rows] == [peer.title for peer in ROSTER]
        assert all(cell == NOTHING for row in table.rows for cell in row[1:])
    assert all("Not measured: it would not start." in note for note in told.notes[: len(ROSTER)])


def test_an_engine_that_ends_is_out_and_says_why_while_others_go_on(tmp_path: Path) -> None:
    broken = replace(ROSTER[-1], unreachable=None)  # there is no module of this name
    measured = measure([broken, *(peer for peer in HERE if peer.name == "opencv")], SMALL, tmp_path)
    assert "No module named" in str(measured[broken.name].failed)
    assert measured["opencv"].failed is None


def test_what_lacks_its_packages_names_the_command_that_brings_them() -> None:
    absent = replace(ROSTER[-1], unreachable=None, environment="nowhere")
    assert "make peers" in str(absent.missing())


def test_pictures_differ_and_are_named_by_their_person(tmp_path: Path) -> None:
    files = write("studio_portrait", 12, tmp_path / "made")
    assert len({Path(file).read_bytes() for file in files}) == 12
    assert [person_in(Path(file).stem) for file in files[9:11]] == ["P010", "P001"]


def test_products_stand_for_euclidean_distances() -> None:
    vectors = np.random.default_rng(1).normal(size=(20, 8)) * 0.3
    asked, stored = by_distance(vectors)
    distances = np.linalg.norm(vectors[:, None] - vectors[None], axis=2)
    assert asked @ stored.T == pytest.approx(1 - distances**2 / 2, abs=1e-5)


def test_products_of_unit_vectors_are_their_cosines() -> None:
    vectors = np.random.default_rng(1).normal(size=(20, 8))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    asked, stored = by_distance(vectors)
    assert asked @ stored.T == pytest.approx(vectors @ vectors.T, abs=1e-5)


def people_apart(missed: list[int]) -> Accuracy:
    """Two pictures of each of 200 people, equal ones, on axes of their own."""
    vectors = np.repeat(np.eye(200), 2, axis=0)
    people = np.repeat(np.arange(200), 2)
    nobody = np.isin(np.arange(400), missed)
    return accuracy(Vectors(*by_distance(vectors), nobody), people, resamples=20)


def test_people_who_are_never_confused_are_all_accepted() -> None:
    found = people_apart([])
    assert found.tar == 1
    assert (found.genuine, found.impostor) == (200, 400 * 399 // 2 - 200)


def test_a_face_that_was_not_found_is_a_genuine_pair_lost() -> None:
    found = people_apart([0, 1, 7])
    assert found.tar == pytest.approx(198 / 200)
    assert found.missed == 3


def test_the_threshold_lets_one_in_ten_thousand_strangers_through() -> None:
    rng = np.random.default_rng(0)
    people = np.repeat(np.arange(300), 2)
    vectors = rng.normal(size=(300, 16))[people] + rng.normal(size=(600, 16)) * 0.5
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = vectors @ vectors.T
    upper = np.triu(np.ones_like(cosines, bool), 1)
    same = people[:, None] == people[None]
    impostors = np.sort(cosines[upper & ~same])[::-1]
    threshold = impostors[int(len(impostors) * 1e-4)]
    expected = float((cosines[upper & same] > threshold).mean())
    found = accuracy(Vectors(*by_distance(vectors), np.zeros(600, bool)), people, resamples=20)
    assert 0 < expected < 1
    assert found.tar == pytest.approx(expected, abs=0.005)


def test_accuracy_stands_in_the_table_with_interval_and_misses() -> None:
    nobody = {peer.name: Measured() for peer in ROSTER}
    one = Accuracy(0.925, (0.9, 0.95), 1_000, 3, 400, 90_000)
    told = report(ROSTER, SMALL, nobody, {VISAVIS: dict.fromkeys(SETS, one)})
    assert told.tables[1].rows[0][1:] == ["92.5 % (90.0-95.0), 3 of 1,000 missed"] * 2


def test_the_processor_time_of_workers_that_have_ended_counts(tmp_path: Path) -> None:
    engine = tmp_path / "engine.py"
    engine.write_text(
        "import json, os, subprocess, sys\n"
        "subprocess.run([sys.executable, '-c', 'sum(range(10_000_000))'], check=True)\n"
        "input()\n"
        "print(json.dumps({'value': os.getpid(), 'seconds': 0}), flush=True)\n"
        "sys.stdin.read()\n"
    )
    command = [sys.executable, str(engine)]
    with subprocess.Popen(command, stdin=PIPE, stdout=PIPE, text=True) as started:  # noqa: S603 - our own
        running = Running(started, tmp_path / "log")
        times = psutil.Process(started.pid).cpu_times()
        assert running.cpu_seconds() >= times.user + times.system + times.children_user
        assert times.children_user > 0
        started.communicate()
