"""Every pinned package of a server has a wheel for each platform and Python that README names."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.install.conftest import REQUIREMENTS, TOOLS, run

PLATFORMS = ("x86_64-manylinux_2_28", "aarch64-manylinux_2_28", "aarch64-apple-darwin")
PYTHONS = ("3.11", "3.12", "3.13", "3.14")


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("python", PYTHONS)
def test_servers_are_installed_without_a_compiler(platform: str, python: str, tmp_path: Path) -> None:
    resolve: list[str | Path] = [
        TOOLS / "uv",
        "pip",
        "install",
        "--quiet",
        "--no-config",
        "--dry-run",
        "--target",
        tmp_path,
    ]
    resolve += ["--python-platform", platform, "--python-version", python, "--only-binary", ":all:"]
    environment = os.environ | {"MACOSX_DEPLOYMENT_TARGET": "14.0", "UV_CACHE_DIR": str(tmp_path / "cache")}
    run([*resolve, "--require-hashes", "-r", REQUIREMENTS / "tracing.txt"], tmp_path, environment)
    assert not list(tmp_path.glob("*.dist-info"))
