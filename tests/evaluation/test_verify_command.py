"""`visavis evaluate verify`, as its users run it, on real pictures."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from visavis.cli import cli
from visavis.errors import SetupError
from visavis.vision.models import DEFAULT_RECOGNITION

pytestmark = pytest.mark.slow


def evaluate(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "visavis", "evaluate", *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True, text=True, cwd=cwd, env=dict(os.environ))  # noqa: S603 - our own


@pytest.fixture(scope="module")
def run(people: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], Path]:
    """One run with JSON and a report, in an empty folder: what it printed, and the folder."""
    folder = tmp_path_factory.mktemp("run")
    return evaluate("verify", people, "--json", "--report", "report.html", "--seed", "3", cwd=folder), folder


@pytest.fixture(scope="module")
def measured(run: tuple[subprocess.CompletedProcess[str], Path]) -> Mapping[str, Any]:
    done, _ = run
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    found: Mapping[str, Any] = json.loads(done.stdout)
    return found


def test_standard_output_is_one_object_with_the_documented_names(measured: Mapping[str, Any]) -> None:
    assert {"faces", "missed", "genuine", "impostor", "tar_at_far", "fmr_at_similarity"} <= set(measured)
    assert set(measured["tar_at_far"]) == {"1e-3", "1e-4", "1e-5"}
    for rates in (measured, measured["intervals"]):
        assert set(rates["fmr_at_similarity"]) == set(rates["tar_at_similarity"]) == {"80", "90", "99"}
    assert set(measured["fnmr_at_fmr"]) == {"1e-2", "1e-3", "1e-4", "1e-5", "1e-6"}
    assert measured["model"] == DEFAULT_RECOGNITION.name


def test_pictures_without_a_face_and_files_that_are_none_are_counted_apart(measured: Mapping[str, Any]) -> None:
    assert (measured["faces"], measured["missed"], measured["unreadable"]) == (5, 1, 1)
    assert (measured["people"], measured["genuine"], measured["impostor"]) == (3, 2, 8)


def test_two_pictures_of_a_person_match_and_the_missed_one_counts_as_a_refusal(
    measured: Mapping[str, Any],
) -> None:
    assert measured["tar_at_far"] == {"1e-3": 1.0, "1e-4": 1.0, "1e-5": 1.0}
    assert measured["tar_at_similarity"]["90"] == 1.0
    assert measured["genuine_with_missed"] == 3
    assert measured["tar_at_far_with_missed"]["1e-5"] == pytest.approx(2 / 3)


def test_it_says_where_there_are_too_few_pairs_for_a_rate(measured: Mapping[str, Any]) -> None:
    assert measured["beyond_the_pairs"] == ["1e-2", "1e-3", "1e-4", "1e-5", "1e-6"]


def test_the_curve_says_what_discarding_the_worst_tenth_would_bring(measured: Mapping[str, Any]) -> None:
    shares = [each["discarded"] for each in measured["error_versus_discard"]]
    assert shares == sorted(shares)
    assert {0.0, 0.1} <= set(shares)
    assert measured["error_versus_discard"][0]["genuine"] == 2


def test_a_file_that_is_no_picture_is_named_on_standard_error(
    run: tuple[subprocess.CompletedProcess[str], Path], people: Path
) -> None:
    [line] = run[0].stderr.strip().splitlines()
    assert line.startswith(str(people / "P003" / "2.jpg"))


def test_nothing_is_left_behind_but_the_report(run: tuple[subprocess.CompletedProcess[str], Path]) -> None:
    assert [file.name for file in run[1].iterdir()] == ["report.html"]


def test_the_report_needs_nothing_but_itself(run: tuple[subprocess.CompletedProcess[str], Path]) -> None:
    page = (run[1] / "report.html").read_text(encoding="utf-8")
    assert re.findall(r"https?:|<script|<link|url\(", page) == []
    sources = re.findall(r'src="([^"]+)"', page)
    assert len(sources) == 3
    for source in sources:
        kind, _, data = source.partition(",")
        assert kind == "data:image/svg+xml;base64"
        svg = base64.b64decode(data).decode()
        assert svg.startswith("<svg")
        # Names of XML vocabularies, which nobody fetches, are the only addresses.
        addresses = set(re.findall(r'\w+://[^"<\s]+', svg))
        assert {
            address for address in addresses if not re.search(r"w3\.org|purl\.org|creativecommons", address)
        } == set()
    for words in ("Detection error tradeoff", "genuine", "similarity", "Error versus discard"):
        assert words in page


def test_pairs_of_a_list_are_compared_and_nothing_else(people: Path, tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.csv"
    pairs.write_text(
        "first,second,verdict\nP001/0.jpg,P001/1.jpg,same\nP001/0.jpg,P002/0.jpg,different\n"
        "P003/0.jpg,P003/1.jpg,same\nP003/0.jpg,P003/2.jpg,same\nP001/0.jpg,P009/0.jpg,different\n"
    )
    arguments = ["evaluate", "verify", str(people), "--pairs", str(pairs), "--json", "--resamples", "0"]
    done = CliRunner().invoke(cli, arguments)
    assert done.exit_code == 0, done.output
    measured = json.loads(done.stdout)
    assert (measured["faces"], measured["missed"], measured["unreadable"]) == (4, 1, 2)
    assert (measured["genuine"], measured["impostor"], measured["genuine_with_missed"]) == (1, 1, 2)
    assert str(people / "P009" / "0.jpg") in done.stderr


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["nowhere"], "no folder nowhere"),
        (["--pairs", "nothing.csv"], "cannot be read"),
        ([".", "--model", "no-such-model"], "no-such-model"),
    ],
)
def test_what_cannot_be_measured_is_refused_in_a_sentence(arguments: list[str], reason: str) -> None:
    done = CliRunner().invoke(cli, ["evaluate", "verify", *arguments])
    assert done.stdout == ""
    assert isinstance(done.exception, SetupError)
    assert reason in str(done.exception)


def test_a_folder_of_people_or_pairs_must_be_given() -> None:
    assert CliRunner().invoke(cli, ["evaluate", "verify"]).exit_code == 2
