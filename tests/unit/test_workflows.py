"""Workflows, hooks and the dev container run targets that exist, and CI on many machines leaves none out."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FILES = [*sorted((ROOT / ".github").rglob("*.yml")), ROOT / ".pre-commit-config.yaml"]


def targets(text: str) -> set[str]:
    """The targets of make that are named as commands."""
    lines = re.findall(r"^\s*(?:- run: |entry: |.*entry: )?make ([a-z0-9 -]+)", text, re.MULTILINE)
    return {word for line in lines for word in line.split() if not word.startswith("-")}


def existing() -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


def loaded(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_file_is_yaml_and_names_targets_that_exist(path: Path) -> None:
    assert loaded(path)
    assert targets(path.read_text("utf-8")) <= existing()


def test_the_workflow_runs_every_target_that_one_machine_runs() -> None:
    on_one = targets((ROOT / ".ci" / "run").read_text("utf-8"))
    assert len(on_one) >= 10
    text = (ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8")
    spread = set(yaml.safe_load(text)["jobs"]["all"]["strategy"]["matrix"]["target"])
    assert on_one <= spread | targets(text)


def test_the_workflow_runs_the_pythons_that_the_package_names() -> None:
    classifiers = (ROOT / "pyproject.toml").read_text("utf-8")
    named = set(re.findall(r"Python :: (3\.\d+)", classifiers))
    assert set(loaded(ROOT / ".github/workflows/ci.yml")["jobs"]["fast"]["strategy"]["matrix"]["python"]) == named


def test_the_dev_container_sets_up_by_a_target_that_exists() -> None:
    text = (ROOT / ".devcontainer" / "devcontainer.json").read_text("utf-8")
    container = json.loads(re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE))
    assert targets(container["postCreateCommand"]) <= existing()
    assert (ROOT / ".devcontainer" / container["build"]["dockerfile"]).is_file()
