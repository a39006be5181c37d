"""What is kept of full runs, and the page and pictures made of it."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from benchmarks import results
from benchmarks.plots import draw
from benchmarks.report import Plot, Report, Series, Table

DOCS = Path(__file__).parents[2] / "docs"
FILES = sorted(results.RESULTS.glob("*.json"))

PLOT = Plot(
    "plot", "A title", "faces", "ms", [Series("ours", [1, 10], [2, 3]), Series("theirs", [5], [6], labels=["x"])]
)
REPORT = Report({"figure": 1.5}, [Table("A table", ("", "ms"), [("ours", "1.0")])], [PLOT])


@pytest.mark.parametrize("name", ["performance", "reliability"])
def test_the_page_says_what_the_results_say(name: str) -> None:
    page = runpy.run_path(str(DOCS / f"{name}.py"))["page"]()
    assert (DOCS / f"{name}.md").read_text(encoding="utf-8") == page, "run: make docs"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_kept_result_is_of_a_full_run_and_states_machine_and_versions(file: Path) -> None:
    result = json.loads(file.read_text(encoding="utf-8"))
    assert result["benchmark"] == file.stem
    assert result["quick"] is False
    assert {"cpu", "cores", "capabilities", "memory_gib", "system", "python"} <= result["machine"].keys()
    assert result["versions"]
    assert result["tables"]


@pytest.mark.parametrize(("quick", "directory"), [(False, "."), (True, "quick")])
def test_a_quick_run_does_not_replace_what_is_kept(
    quick: bool, directory: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "RESULTS", tmp_path)
    results.write("name", {"quick": quick, **REPORT.as_json()}, REPORT)
    files = {str(path.relative_to(tmp_path / directory)) for path in tmp_path.rglob("*.*")}
    assert files == {"name.json", "name-plot.svg"}
    assert json.loads((tmp_path / directory / "name.json").read_text(encoding="utf-8"))["figure"] == 1.5


def test_a_plot_is_drawn_the_same_again(tmp_path: Path) -> None:
    first, second = tmp_path / "first.svg", tmp_path / "second.svg"
    draw(PLOT, first)
    draw(PLOT, second)
    assert first.read_bytes() == second.read_bytes()
    assert ET.parse(first).getroot().tag.endswith("svg")  # noqa: S314 - drawn here


def test_a_row_that_does_not_fit_its_table_is_an_error() -> None:
    with pytest.raises(ValueError, match="A table"):
        Table("A table", ("", "ms"), [("ours",)])
