"""A release names one version everywhere, dates the changelog, and describes its wheels; or it stops."""

from __future__ import annotations

import shutil
import subprocess
import tomllib
from datetime import date
from pathlib import Path

import pytest

from harness.release import (
    CARRIERS,
    ROOT,
    ReleaseError,
    changes,
    describe,
    prepare,
    released,
    version_of,
    versions,
)
from visavis import __version__

CHANGELOG = """# Changes

## [Unreleased]

### Added

- A thing.

## [0.0.1] - 2026-01-01

- The first.
"""
TODAY = date(2026, 12, 1)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository of its own with the files that a release edits."""
    for name in CARRIERS:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "All")
    return tmp_path


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)  # noqa: S603, S607


def test_every_file_names_the_version_of_the_code() -> None:
    assert set(versions(ROOT).values()) == {__version__}


@pytest.mark.parametrize("file", ["pyproject.toml", "clients/python/pyproject.toml"])
def test_both_packages_say_whose_they_are_and_what_they_are_for(file: str) -> None:
    project = tomllib.loads((ROOT / file).read_text(encoding="utf-8"))["project"]
    assert project["authors"]
    named = project["classifiers"]
    for minor in (11, 12, 13, 14):
        assert f"Programming Language :: Python :: 3.{minor}" in named
    assert any(name.startswith("Development Status") for name in named)


def test_what_is_unreleased_gets_a_version_and_a_date() -> None:
    dated = released(CHANGELOG, "0.2.0", TODAY)
    assert "## [Unreleased]\n\n## [0.2.0] - 2026-12-01\n\n### Added\n\n- A thing.\n" in dated
    assert changes(dated, "0.2.0") == "### Added\n\n- A thing."
    assert changes(dated, "0.0.1") == "- The first."


def test_a_version_that_the_changelog_has_or_says_nothing_of_is_refused() -> None:
    with pytest.raises(ReleaseError, match=r"section \[0\.0\.1\] already"):
        released(CHANGELOG, "0.0.1", TODAY)
    with pytest.raises(ReleaseError, match=r"nothing under \[Unreleased\]"):
        released(released(CHANGELOG, "0.2.0", TODAY), "0.3.0", TODAY)
    with pytest.raises(ReleaseError, match=r"nothing under \[9\.9\.9\]"):
        changes(CHANGELOG, "9.9.9")


def test_the_changelog_of_this_project_tells_of_the_next_release_or_of_this_one() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## [Unreleased]\n" in changelog
    section = __version__ if f"## [{__version__}]" in changelog else "Unreleased"
    assert changes(changelog, section)


def test_preparing_writes_the_version_everywhere(checkout: Path) -> None:
    prepare(checkout, "9.2.0", TODAY)
    assert version_of(checkout) == "9.2.0"
    assert "## [9.2.0] - 2026-12-01" in (checkout / "CHANGELOG.md").read_text()


@pytest.mark.parametrize("version", ["1", "1.0", "v1.0.0", "01.0.0", "1.0.0rc1", "0.0.0"])
def test_what_is_no_newer_version_is_refused(checkout: Path, version: str) -> None:
    with pytest.raises(ReleaseError, match=r"is no version|is older"):
        prepare(checkout, version, TODAY)
    assert (checkout / "CHANGELOG.md").read_text() == CHANGELOG


def test_a_checkout_with_changes_and_a_version_with_a_tag_are_refused(checkout: Path) -> None:
    git(checkout, "tag", "v9.2.0")
    with pytest.raises(ReleaseError, match=r"a tag v9\.2\.0 already"):
        prepare(checkout, "9.2.0", TODAY)
    (checkout / "more").touch()
    with pytest.raises(ReleaseError, match="not committed"):
        prepare(checkout, "9.3.0", TODAY)


def test_wheels_of_another_version_or_beside_the_two_are_refused(checkout: Path) -> None:
    (checkout / "dist").mkdir()
    with pytest.raises(ReleaseError, match="holds \\[\\]"):
        describe(checkout)
    for name in ("visavis-0.0.1-py3-none-any.whl", "visavis_client-0.0.1-py3-none-any.whl"):
        (checkout / "dist" / name).touch()
    with pytest.raises(ReleaseError, match=r"visavis-0\.0\.1"):
        describe(checkout)
