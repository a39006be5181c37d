"""Writes the documentation of one version beside those of others: `make site-version`.

`sites/` then has a folder for each version, `versions.json` for the switch of the theme, and a page that leads to
the newest. Any web server serves it. A version that is written again replaces its folder.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from harness.release import version_of

ROOT = Path(__file__).parents[1]
VERSION = re.compile(r"\d+\.\d+\.\d+")
START = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Visavis</title>
<meta http-equiv="refresh" content="0; url={newest}/">
<a href="{newest}/">Visavis {newest}</a>
"""


def numbers(version: str) -> tuple[int, ...]:
    """The order of versions."""
    return tuple(map(int, version.split(".")))


def add(site: Path, version: str, sites: Path) -> None:
    """Put a built site among the others, as this version. Raises ValueError if it is no version."""
    if not VERSION.fullmatch(version):
        raise ValueError(f"{version!r} is no version: three numbers with points between them.")
    target = sites / version
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(site, target)
    names = [path.name for path in sites.iterdir() if VERSION.fullmatch(path.name)]
    there = sorted(names, key=numbers, reverse=True)
    listed = [{"version": each, "title": each, "aliases": []} for each in there]
    (sites / "versions.json").write_text(json.dumps(listed, indent=1) + "\n", encoding="utf-8")
    (sites / "index.html").write_text(START.format(newest=there[0]), encoding="utf-8")


def build(site: Path) -> None:
    """Build the pages with a switch of versions, which looks for `versions.json` beside them."""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(site)]
    environment = os.environ | {"VISAVIS_DOCS_VERSIONS": "mike", "NO_MKDOCS_2_WARNING": "1"}
    subprocess.run(command, cwd=ROOT, env=environment, check=True)  # noqa: S603 - ours


def main() -> None:
    site = ROOT / "site"
    build(site)
    add(site, version_of(ROOT), ROOT / "sites")


if __name__ == "__main__":
    main()
