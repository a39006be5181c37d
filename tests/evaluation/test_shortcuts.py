"""What `make shortcuts` measures: what one view of a face, and a coarse first look, decide otherwise."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TRAINING = Path(__file__).parents[2] / "training"
Rows = dict[tuple[str, ...], list[str]]


def rows(script: str, *arguments: str | Path, keys: int) -> Rows:
    """What a script prints in tables: the cells of each line, by those that come first."""
    command = [sys.executable, TRAINING / script, *arguments]
    finished = subprocess.run(command, check=True, capture_output=True, text=True, encoding="utf-8")  # noqa: S603
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in finished.stdout.splitlines()
        if line.startswith("|")
    ]
    return {tuple(each[:keys]): each[keys:] for each in cells}


@pytest.fixture(scope="module")
def views(people: Path) -> Rows:
    return rows("similarity/views.py", f"lfw={people}", "--masked", "lfw", "--model", "sface-fr-2", keys=2)


@pytest.mark.slow
def test_every_pair_is_decided_by_a_search_as_by_all_views(views: Rows) -> None:
    for part in ("all", "held out"):
        for at in ("77", "90", "99"):
            _, _, _, otherwise, *_ = views[f"lfw, {part}", at]
            assert otherwise == "0 / 0"


@pytest.mark.slow
def test_pairs_are_of_two_pictures_in_both_directions(views: Rows) -> None:
    pairs, true, *_ = views["lfw, all", "90"]
    assert pairs == "4 / 16"
    assert true == "100.00 / 100.00"


@pytest.mark.slow
def test_masks_are_drawn_over_the_faces_asked_about(views: Rows) -> None:
    assert views["lfw, masked, all", "99"][0] == "4 / 16"
    assert views["lfw, masked, all", "99"][1:] != views["lfw, all", "99"][1:]


@pytest.mark.slow
def test_large_pictures_are_looked_at_coarsely_first_and_the_same_faces_are_found(people: Path) -> None:
    found = rows("robustness/scans.py", people, "--heads", people, "--scenes", "1", keys=1)
    assert found[people.name,][:2] == ["6", "1"]  # a picture of 3 megapixels is scanned as it always was
    assert found[f"{people.name}, 800 px",] == ["6", "6", "5", "5", "0", "0"]
    crowd = found["crowds",]
    assert crowd[0] == crowd[1] == "1"
    assert int(crowd[2]) >= 4
