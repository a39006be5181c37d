"""What `make mutate` has found out: the share of changes to core that tests noticed, module by module."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

from mutmut.stats import status_by_exit_code

RESULTS = Path("mutants/src/visavis/core")
WANTED = 0.85
NOTICED = ("killed", "timeout")


def main() -> None:
    """Print the table; exit with 1 if tests notice less than is wanted."""
    total = Counter[bool]()
    for file in sorted(RESULTS.glob("*.meta")):
        results = json.loads(file.read_text())["exit_code_by_key"]
        tried = [code for code in results.values() if code is not None]
        counted = Counter(status_by_exit_code[code] in NOTICED for code in tried)
        if counted:
            show(file.name.removesuffix(".py.meta"), counted)
        total += counted
    show("all", total)
    sys.exit(total[True] < WANTED * total.total())


def show(name: str, noticed: Counter[bool]) -> None:
    share = noticed[True] / noticed.total()
    sys.stdout.write(f"{name:16} {noticed[True]:5} of {noticed.total():5}  {share:6.1%}\n")


if __name__ == "__main__":
    main()
