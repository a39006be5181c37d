"""Writes code-coverage.md: which lines of the code run when tests run.

`python docs/code_coverage.py REPORT FOLDER...`, with what `coverage json` wrote and the folders of tests that ran;
`make coverage` does all of it.
"""

from __future__ import annotations

import json
import platform
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parent / "code-coverage.md"
LEAST = 20
"""How many files with the lowest coverage are named."""

TEXT = """\
# Code coverage

<!-- Written by docs/code_coverage.py: run `make coverage` instead of editing. -->

{percent:.1f} % of the lines that can run did: {covered:,} of {lines:,}. Measured by coverage.py under
Python {python}, in the tests' own process and in the servers and commands that they start. A process that is
killed reports nothing. That a line ran does not say that a test looks at what it did.

What ran: {ran}. A room whose own tests are
not among them looks worse than it is.

## By room

{rooms}
## The {least} files of which the least ran

{files}"""


@dataclass(frozen=True, slots=True)
class Share:
    """Of the lines of `name` that can run, those that did."""

    name: str
    covered: int
    lines: int

    @property
    def percent(self) -> float:
        """From 0 to 100; 100 where there is nothing to run."""
        return 100 * self.covered / self.lines if self.lines else 100.0


def main(report: Path, folders: Sequence[str]) -> None:
    """Write the page anew."""
    PAGE.write_text(page(json.loads(report.read_text(encoding="utf-8")), folders), encoding="utf-8")


def page(report: Mapping[str, Any], folders: Sequence[str]) -> str:
    """The page, from the report of coverage.py and the folders of tests that ran."""
    files = [
        Share(name, each["summary"]["covered_lines"], each["summary"]["num_statements"])
        for name, each in report["files"].items()
    ]
    all_of_it = total("all", files)
    return TEXT.format(
        percent=all_of_it.percent,
        covered=all_of_it.covered,
        lines=all_of_it.lines,
        python=".".join(platform.python_version_tuple()[:2]),
        ran=", ".join(f"`{folder}`" for folder in folders),
        rooms=table("room", [*rooms(files), all_of_it]),
        least=LEAST,
        files=table("file", sorted(files, key=lambda share: share.percent)[:LEAST]),
    )


def rooms(files: Iterable[Share]) -> list[Share]:
    """One share for each room, in the order of their names."""
    covered, lines = Counter[str](), Counter[str]()
    for share in files:
        covered[room(share.name)] += share.covered
        lines[room(share.name)] += share.lines
    return [Share(name, covered[name], lines[name]) for name in sorted(lines)]


def room(file: str) -> str:
    """The folder under the package; files beside the rooms count as one."""
    source, package, *inside = Path(file).parts
    return f"{source}/{package}/{inside[0]}" if len(inside) > 1 else f"{source}/{package}/*.py"


def total(name: str, files: Sequence[Share]) -> Share:
    return Share(name, sum(share.covered for share in files), sum(share.lines for share in files))


def table(first: str, shares: Iterable[Share]) -> str:
    rows = [f"| `{share.name}` | {share.lines:,} | {share.percent:.1f} % |" for share in shares]
    return "\n".join([f"| {first} | lines | of them ran |", "|---|---|---|", *rows, ""])


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
