"""`visavis evaluate identify`, `spoof`, `mask` and `pose` on real pictures: tables, JSON and reports."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.conftest import OpenPeoplePicture
from visavis.cli import cli

pytestmark = pytest.mark.slow


def evaluate(*arguments: str | Path) -> str:
    done = CliRunner().invoke(cli, ["evaluate", *map(str, arguments)])
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture(scope="module")
def two_kinds(tmp_path_factory: pytest.TempPathFactory, openpeople_picture: OpenPeoplePicture) -> Path:
    """A living face and two attacks, a masked and an unmasked face: the same pictures will do for counting."""
    folder = tmp_path_factory.mktemp("kinds")
    for name in ("live", "spoof/print", "spoof/screen", "masked", "unmasked"):
        (folder / name).mkdir(parents=True)
        (folder / name / "a.jpg").write_bytes(openpeople_picture("P004", "amateur_selfie"))
    return folder


def test_identify_prints_one_object(people: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    printed = evaluate("identify", people, "--gallery-size", "2", "--splits", "3", "--json", "--report", report)
    found = json.loads(printed)
    assert set(found["fnir_at_fpir"]) == {"1e-1", "1e-2", "1e-3"}
    assert (found["faces"], found["people"], found["gallery"], found["splits"]) == (5, 3, 2, 3)
    assert found["rank_1_miss_rate"] == 0
    assert "data:image/svg+xml" in report.read_text()


def test_spoof_prints_every_sensitivity_and_species(two_kinds: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    table = evaluate("spoof", two_kinds, "--report", report)
    for word in ("weak", "balanced", "strict", "print", "screen", "BPCER", "APCER"):
        assert word in table
    assert len(re.findall("<img", report.read_text())) == 2


@pytest.mark.filterwarnings("error")
def test_species_may_have_any_name_a_folder_can_have(two_kinds: Path, tmp_path: Path) -> None:
    names = ("$\\a$b", "_print", "living", "인쇄")
    shutil.copytree(two_kinds / "live", tmp_path / "live")
    for name in names:
        shutil.copytree(two_kinds / "spoof" / "print", tmp_path / "spoof" / name)
    report = tmp_path / "report.html"
    evaluate("spoof", tmp_path, "--report", report)
    sources = re.findall(r'svg\+xml;base64,([^"]+)', report.read_text())
    drawings = [base64.b64decode(source).decode() for source in sources]
    for drawing, what in zip(drawings, ("attacks: ", "APCER, "), strict=True):
        for name in names:
            assert f">{what}{name}</text>" in drawing


@pytest.mark.filterwarnings("error")
def test_a_gallery_of_people_with_one_picture_has_no_curve(
    tmp_path: Path, openpeople_picture: OpenPeoplePicture
) -> None:
    for person, kinds in {"P001": ("studio_portrait", "amateur_selfie"), "P002": ("studio_portrait",)}.items():
        (tmp_path / "people" / person).mkdir(parents=True)
        for kind in kinds:
            (tmp_path / "people" / person / f"{kind}.jpg").write_bytes(openpeople_picture(person, kind))
    report = tmp_path / "report.html"
    arguments = ("--gallery-size", "1", "--splits", "1", "--seed", "4", "--json", "--report", report)
    found = json.loads(evaluate("identify", tmp_path / "people", *arguments))
    assert found["mated_probes"] == 0
    assert found["fnir_at_fpir"] == {"1e-1": None, "1e-2": None, "1e-3": None}
    assert "<img" not in report.read_text()


def test_mask_prints_one_object(two_kinds: Path) -> None:
    found = json.loads(evaluate("mask", two_kinds, "--json"))
    assert found["masked"]["faces"] == found["unmasked"]["faces"] == 1
    assert found["masked"]["right"] + found["unmasked"]["right"] == 1


def test_pose_measures_against_the_list(two_kinds: Path, tmp_path: Path) -> None:
    shutil.copy(two_kinds / "live" / "a.jpg", tmp_path / "a.jpg")
    (tmp_path / "poses.csv").write_text("picture,yaw,pitch,roll\na.jpg,0,0,0\na.jpg,0,0,0\nmissing.jpg,0,0,0\n")
    report = tmp_path / "report.html"
    found = json.loads(evaluate("pose", tmp_path / "poses.csv", "--json", "--report", report))
    assert (found["faces"], found["unreadable"]) == (2, 1)
    assert found["mean_absolute_error"]["yaw"]["degrees"] == pytest.approx(
        abs(found["mean_absolute_error"]["yaw"]["bias"])
    )
    assert "data:image/svg+xml" in report.read_text()


def test_a_report_that_cannot_be_written_is_refused_before_the_work(two_kinds: Path, tmp_path: Path) -> None:
    report = str(tmp_path / "no" / "report.html")
    done = CliRunner().invoke(cli, ["evaluate", "mask", str(two_kinds), "--report", report])
    assert (done.exit_code, done.stdout) == (2, "")
    assert "There is no folder" in done.stderr
    done = CliRunner().invoke(cli, ["evaluate", "mask", str(two_kinds), "--report", str(tmp_path)])
    assert (done.exit_code, done.stdout) == (2, "")
    assert "is not a file" in done.stderr


def test_the_command_line_does_without_matplotlib_until_a_report_is_wanted() -> None:
    code = "import sys, visavis.cli; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603 - our own
