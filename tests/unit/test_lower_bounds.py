"""The lower bounds that packages declare are versions that `make test-lowest` runs with."""

from __future__ import annotations

import importlib
import pkgutil
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

import visavis
import visavis_client

ROOT = Path(__file__).parents[2]
MIGRATIONS = "migrations"
"""Alembic runs the files in this folder, and they cannot be imported without it."""


def project(file: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / file).read_text(encoding="utf-8"))


def declared(file: str) -> Iterator[Requirement]:
    """What the package and its extras need."""
    described = project(file)["project"]
    yield from map(Requirement, described["dependencies"])
    for extra in described["optional-dependencies"].values():
        yield from map(Requirement, extra)


def bound(needed: Requirement) -> Version:
    [specifier] = needed.specifier
    assert specifier.operator in {">=", "=="}, needed
    return Version(specifier.version)


def pinned() -> dict[str, Version]:
    """What `make test-lowest` installs."""
    text = (ROOT / "requirements" / "lowest.txt").read_text(encoding="utf-8")
    return {name: Version(version) for name, version in re.findall(r"^([\w.-]+)==([^ ;\\]+)", text, re.MULTILINE)}


@pytest.mark.parametrize("file", ["pyproject.toml", "clients/python/pyproject.toml"])
def test_the_oldest_versions_are_the_declared_bounds(file: str) -> None:
    pins = pinned()
    bounds = {needed.name: bound(needed) for needed in declared(file)}
    assert len(bounds) >= 4
    assert {name: pins[name] for name in bounds} == bounds, "run: make lock"


def test_the_tests_have_bounds_too() -> None:
    pins = pinned()
    for needed in map(Requirement, project("pyproject.toml")["dependency-groups"]["test"]):
        assert pins[needed.name] == bound(needed), needed


@pytest.mark.parametrize("package", [visavis, visavis_client], ids=lambda package: package.__name__)
def test_every_module_can_be_imported(package: Any) -> None:
    found = [module.name for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
    assert found
    for name in found:
        if MIGRATIONS not in name.split("."):
            importlib.import_module(name)
