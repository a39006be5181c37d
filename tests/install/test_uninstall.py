"""The page on uninstalling: after its commands nothing of an installation is left."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.install.conftest import TOOLS, elsewhere, run, serving
from tests.install.pages import shell_blocks
from tests.install.test_wheel import by_pipx, recognises
from visavis.vision.store import ModelStore

pytestmark = pytest.mark.slow


def files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if not path.is_dir()}


def test_no_file_of_an_installation_is_left(wheel: Path, tmp_path: Path, model_store: ModelStore) -> None:
    home, tools = tmp_path / "home", tmp_path / "tools"
    for folder in (home, tools):
        folder.mkdir()
    environment = elsewhere(home, model_store, PIP_NO_CACHE_DIR="1", UV_CACHE_DIR=str(tmp_path / "uv"))
    del environment["VISAVIS_MODELS_DIR"]
    shutil.copytree(model_store.directory, home / ".local" / "share" / "visavis" / "models")
    command = by_pipx(wheel, tools, environment)
    before = files(tools)
    with serving(command, home, environment) as server:
        recognises(server)
        server.visavis("audit", "export")
    assert {path.relative_to(home).parts[0] for path in files(home)} >= {".local", "visavis-data"}

    _, deleting, removing = shell_blocks("uninstall.md")  # the first is systemd's
    removing = removing.replace("pipx ", f"{TOOLS}/pipx ").replace("rm -f /etc/visavis.env", "")
    run(["bash", "-euc", deleting + removing], home, environment)
    pipx_itself = {path for path in files(home) if "pipx" in path.parts}
    assert files(home) - pipx_itself == set()
    assert not [path for path in files(tools) & before if path.name.startswith("visavis")]
