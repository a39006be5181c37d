"""`visavis evaluate verify --groups`, `--person file` and `--min-quality`, as their users run them."""

from __future__ import annotations

import base64
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from visavis.cli import cli
from visavis.errors import SetupError

pytestmark = pytest.mark.slow


def verify(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["evaluate", "verify", *map(str, arguments)])


def measured(*arguments: str | Path) -> dict[str, Any]:
    done = verify(*arguments, "--json", "--resamples", "20")
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture
def groups(tmp_path: Path) -> Path:
    file = tmp_path / "groups.csv"
    file.write_text("person,group\nP001,$a_1\nP002,나\nP009,나\n", "utf-8-sig")
    return file


@pytest.fixture(scope="module")
def flat(people: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three files, a person each."""
    folder = tmp_path_factory.mktemp("flat")
    for name in ("P001", "P002", "P003"):
        shutil.copy(people / name / "0.jpg", folder / f"{name}.jpg")
    return folder


def test_groups_of_a_list_stand_beside_the_figures_of_everybody(people: Path, groups: Path) -> None:
    done = verify(people, "--groups", groups, "--json", "--resamples", "20")
    found = json.loads(done.stdout)
    assert (found["people"], found["genuine"], found["impostor"]) == (3, 2, 8)
    within = found["groups"]["within"]
    assert list(within) == ["$a_1", "나"]
    for each in within.values():
        assert (each["people"], each["faces"], each["missed"], each["genuine"], each["impostor"]) == (
            1,
            2,
            0,
            1,
            0,
        )
        assert each["fnmr_at_similarity"]["90"] == 0
        assert each["fmr_at_similarity"] == {"80": None, "90": None, "99": None}
    [between] = found["groups"]["between"]
    assert (between["groups"], between["impostor"]) == (["$a_1", "나"], 4)
    assert between["fmr_at_similarity"]["90"] == 0
    assert found["groups"]["worst_to_best"]["fmr_at_similarity"]["90"] is None
    assert (found["groups"]["without_group"], found["groups"]["without_pictures"]) == (["P003"], ["P009"])
    assert "People without a group, in no group's figures: 1 (P003)." in done.stderr
    assert "People in the list of groups who have no pictures: 1 (P009)." in done.stderr


@pytest.mark.filterwarnings("error")
def test_tables_and_the_report_show_the_groups(people: Path, groups: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    done = verify(people, "--groups", groups, "--report", report, "--resamples", "20")
    assert done.exit_code == 0, done.output
    page = report.read_text("utf-8")
    for words in ("Groups", "Within groups at a similarity of 80", "FMR between two groups"):
        assert words in done.stdout
        assert words in page
    assert "<td>without a group</td><td>1</td>" in page
    sources = re.findall(r'svg\+xml;base64,([^"]+)', page)
    assert len(sources) == 5
    for source in sources[-2:]:
        drawing = base64.b64decode(source).decode()
        assert ">$a_1</text>" in drawing
        assert ">나</text>" in drawing


def test_folders_may_be_groups(people: Path, tmp_path: Path) -> None:
    shutil.copytree(people / "P001", tmp_path / "all" / "one" / "P001")
    shutil.copytree(people / "P002", tmp_path / "all" / "two" / "P001")
    found = measured(tmp_path / "all", "--groups", "folders")
    assert (found["people"], found["genuine"], found["impostor"]) == (2, 2, 4)
    assert list(found["groups"]["within"]) == ["one", "two"]


@pytest.mark.filterwarnings("error")
def test_people_with_a_picture_each_have_no_rate_of_refusals(flat: Path, tmp_path: Path) -> None:
    groups, report = tmp_path / "groups.csv", tmp_path / "report.html"
    groups.write_text("person,group\nP001.jpg,all\nP002.jpg,all\nP003.jpg,all\n")
    found = measured(flat, "--person", "file", "--groups", groups, "--report", report)
    assert (found["people"], found["genuine"], found["impostor"]) == (3, 0, 3)
    assert found["tar_at_similarity"] == {"80": None, "90": None, "99": None}
    within = found["groups"]["within"]["all"]
    assert within["fnmr_at_similarity"] == {"80": None, "90": None, "99": None}
    assert within["fmr_at_similarity"]["99"] == 0
    assert (
        "nobody has two pictures"
        in base64.b64decode(re.findall(r'svg\+xml;base64,([^"]+)', report.read_text("utf-8"))[-2]).decode()
    )


def test_faces_below_a_quality_are_refused_and_match_nobody(people: Path) -> None:
    found = measured(people, "--min-quality", "100")
    assert (found["refused"], found["faces"], found["min_quality"]) == (5, 5, 100)
    assert (found["genuine_refused"], found["impostor_refused"]) == (2, 8)
    assert found["tar_at_similarity"] == {"80": 0, "90": 0, "99": 0}
    assert found["fmr_at_similarity"] == {"80": 0, "90": 0, "99": 0}
    assert measured(people)["refused"] == 0


def test_faces_of_a_list_of_pairs_are_refused_too(people: Path, tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("P001/0.jpg,P001/1.jpg,same\nP001/0.jpg,P002/0.jpg,different\n")
    found = measured(people, "--pairs", pairs, "--min-quality", "100")
    assert (found["refused"], found["genuine_refused"], found["impostor_refused"]) == (3, 1, 1)
    assert found["tar_at_similarity"]["90"] == 0


def test_identify_counts_refused_faces_and_says_what_thresholds_mean(people: Path) -> None:
    arguments = ["evaluate", "identify", str(people), "--gallery-size", "2", "--splits", "3", "--resamples", "20"]
    spoken = CliRunner().invoke(cli, arguments)
    assert "At a similarity of 90, none of those searched for found somebody among these 2 people" in spoken.stdout
    assert "by the scale, 2 of 10,000 strangers would." in spoken.stdout
    assert "At most 1 stranger in 100 finds somebody from a similarity of" in spoken.stdout
    found = json.loads(CliRunner().invoke(cli, [*arguments, "--json", "--min-quality", "100"]).stdout)
    assert found["refused"] == 5
    assert set(found["fnir_at_similarity"].values()) == {1}
    assert set(found["fpir_at_similarity"]) == {"90", "96", "99"}


@pytest.mark.parametrize(
    "arguments", [("--groups", "folders"), ("--person", "file")], ids=["groups", "files that are people"]
)
def test_a_list_of_pairs_knows_no_people(arguments: tuple[str, str], people: Path, tmp_path: Path) -> None:
    (tmp_path / "pairs.csv").write_text("P001/0.jpg,P001/1.jpg,same\n")
    done = verify(people, "--pairs", tmp_path / "pairs.csv", *arguments)
    assert done.exit_code == 2
    assert "does not say who is who" in done.stderr


def test_a_list_of_groups_that_is_none_is_refused_before_any_picture_is_looked_at(
    people: Path, tmp_path: Path
) -> None:
    (tmp_path / "groups.csv").write_text("P001,women\n")
    done = verify(people, "--groups", tmp_path / "groups.csv")
    assert isinstance(done.exception, SetupError)
    assert "person,group" in str(done.exception)
    assert (done.stdout, done.stderr) == ("", "")
