"""What a release changes and writes: the version in each file, the changelog, check sums, notes.

`prepare VERSION` edits files of a clean checkout; `files` describes the wheels in dist/. Neither commits, tags or
publishes anything.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from datetime import UTC, date, datetime
from email.parser import BytesHeaderParser
from pathlib import Path

ROOT = Path(__file__).parents[1]
VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
CARRIERS: Mapping[str, str] = {
    "src/visavis/__init__.py": r'^__version__ = "(.+)"$',
    "src/visavis_client/__init__.py": r'^__version__ = "(.+)"$',
    "pyproject.toml": r'^version = "(.+)"$',
}
"""The files that the version of both packages stands in, and how it is written there."""
HEADING = re.compile(r"^## \[(.+?)\](?: - (\d{4}-\d\d-\d\d))?$", re.MULTILINE)


class ReleaseError(Exception):
    """The checkout, its changelog or its wheels are not fit for a release; the message says why."""


def versions(root: Path) -> dict[str, str]:
    """The version that each file names."""
    found = {}
    for name, pattern in CARRIERS.items():
        [found[name]] = re.findall(pattern, (root / name).read_text(encoding="utf-8"), re.MULTILINE)
    return found


def version_of(root: Path) -> str:
    """The version of the checkout. Raises ReleaseError if its files name several."""
    named = versions(root)
    if len(set(named.values())) > 1:
        raise ReleaseError(f"The files name several versions: {named}.")
    return next(iter(named.values()))


def changes(changelog: str, section: str) -> str:
    """The text below the heading of a section. Raises ReleaseError if there is no such heading, or no text."""
    headings = list(HEADING.finditer(changelog))
    for heading, following in zip(headings, [*headings[1:], None], strict=True):
        if heading[1] == section:
            text = changelog[heading.end() : following.start() if following else None].strip()
            if not text:
                break
            return text
    raise ReleaseError(f"CHANGELOG.md says nothing under [{section}].")


def released(changelog: str, version: str, today: date) -> str:
    """The changelog with what was unreleased under this version, and an empty section for what comes."""
    changes(changelog, "Unreleased")
    if any(heading[1] == version for heading in HEADING.finditer(changelog)):
        raise ReleaseError(f"CHANGELOG.md has a section [{version}] already.")
    return changelog.replace("## [Unreleased]\n", f"## [Unreleased]\n\n## [{version}] - {today.isoformat()}\n", 1)


def prepare(root: Path, version: str, today: date) -> None:
    """Write the version into every file that names it, and date the changelog. Raises ReleaseError."""
    if not VERSION.fullmatch(version):
        raise ReleaseError(f"{version!r} is no version: three numbers with points between them.")
    if _git(root, "status", "--porcelain"):
        raise ReleaseError("The checkout has changes that are not committed.")
    if _git(root, "tag", "--list", f"v{version}"):
        raise ReleaseError(f"There is a tag v{version} already.")
    if _numbers(version) < _numbers(version_of(root)):
        raise ReleaseError(f"{version} is older than {version_of(root)}.")
    changelog = root / "CHANGELOG.md"
    dated = released(changelog.read_text(encoding="utf-8"), version, today)
    for name, pattern in CARRIERS.items():
        file = root / name
        text = file.read_text(encoding="utf-8")
        [old] = re.finditer(pattern, text, re.MULTILINE)
        file.write_text(text[: old.start(1)] + version + text[old.end(1) :], encoding="utf-8")
    changelog.write_text(dated, encoding="utf-8")


def describe(root: Path) -> None:
    """Check the wheels in dist/, and write SHA256SUMS and NOTES.md beside them. Raises ReleaseError."""
    version = version_of(root)
    dist = root / "dist"
    wheels = sorted(dist.glob("*.whl"))
    names = [wheel.name for wheel in wheels]
    if names != [f"{package}-{version}-py3-none-any.whl" for package in ("visavis", "visavis_client")]:
        raise ReleaseError(f"dist/ should hold the two wheels of {version} and no others, but holds {names}.")
    for wheel in wheels:
        _check(wheel, version)
    sums = [f"{hashlib.sha256(wheel.read_bytes()).hexdigest()}  {wheel.name}\n" for wheel in wheels]
    (dist / "SHA256SUMS").write_text("".join(sums), encoding="ascii")
    changelog = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    notes = changes(changelog, version)
    (dist / "NOTES.md").write_text(f"{notes}\n", encoding="utf-8")


def _check(wheel: Path, version: str) -> None:
    """Raise ReleaseError if the metadata of the wheel lack what an index and its readers ask for."""
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        metadata = BytesHeaderParser().parsebytes(archive.read(name))
    if metadata["Version"] != version:
        raise ReleaseError(f"{wheel.name} says that it is version {metadata['Version']}.")
    for field in ("Author", "Classifier", "Description-Content-Type", "License-Expression", "Requires-Python"):
        if not metadata.get_all(field):
            raise ReleaseError(f"{wheel.name} has no {field}.")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _git(root: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=root, check=True, capture_output=True, text=True).stdout  # noqa: S603, S607


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("prepare").add_argument("version")
    commands.add_parser("files")
    given = parser.parse_args()
    try:
        if given.command == "prepare":
            prepare(ROOT, given.version, datetime.now(UTC).date())
        else:
            describe(ROOT)
    except ReleaseError as error:
        sys.exit(f"release: {error}")


if __name__ == "__main__":
    main()
