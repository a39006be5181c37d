"""The wheel works where there is no checkout: by pip, by pipx and by uvx."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.install.conftest import REQUIREMENTS, TOOLS, Installed, elsewhere, run, serving
from visavis import __version__
from visavis.vision.models import FSANET
from visavis.vision.store import ModelStore

CONSTRAINTS = REQUIREMENTS / "runtime.txt"
"""The versions that servers are tested with."""


def by_pip(wheel: Path, folder: Path, environment: dict[str, str]) -> list[str | Path]:
    """Into a fresh environment, whose command it is."""
    run([sys.executable, "-m", "venv", "fresh"], folder, environment)
    pip = folder / "fresh" / "bin" / "pip"
    run([pip, "install", "-q", "--require-hashes", "-r", CONSTRAINTS], folder, environment)
    run([pip, "install", "-q", "--no-deps", wheel], folder, environment)
    return [folder / "fresh" / "bin" / "visavis"]


def by_pipx(wheel: Path, folder: Path, environment: dict[str, str]) -> list[str | Path]:
    environment |= {"PIPX_HOME": str(folder / "pipx"), "PIPX_BIN_DIR": str(folder / "bin")}
    environment |= {"PIPX_DEFAULT_PYTHON": sys.executable}
    run([TOOLS / "pipx", "install", "--quiet", wheel], folder, environment)
    return [folder / "bin" / "visavis"]


def by_uvx(wheel: Path, folder: Path, environment: dict[str, str]) -> list[str | Path]:
    environment |= {"UV_CACHE_DIR": str(folder / "uv"), "UV_PYTHON": sys.executable, "UV_NO_CONFIG": "1"}
    return [TOOLS / "uvx", "--from", wheel, "visavis"]


Install = Callable[[Path, Path, dict[str, str]], list[str | Path]]


def recognises(server: Installed) -> None:
    """A group is made, a face registered, and found in another picture."""
    keys = json.loads(server.visavis("app", "create", "front-door", "--json"))
    api, secret = f"/v2.0/appkeys/{keys['appKey']}", {"Authorization": keys["secretKey"]}
    pictures = Path(__file__).parents[2] / "src" / "visavis" / "assets"

    def post(path: str, picture: str, **fields: str) -> httpx.Response:
        file = {"imageFile": (pictures / picture).read_bytes()}
        return server.client.post(api + path, headers=secret, data=fields, files=file)

    server.client.post(f"{api}/groups", headers=secret, json={"groupId": "staff"}).raise_for_status()
    added = post("/groups/staff/faces", "ines-portrait.jpg", limit="1", externalImageId="ines").json()
    assert added["data"]["addedFaceCount"] == 1
    found = post("/groups/staff/faces/search", "ines-selfie.jpg", limit="5", threshold="90").json()
    assert [match["face"]["externalImageId"] for match in found["data"]["matchFaces"]] == ["ines"]


@pytest.mark.slow
@pytest.mark.parametrize("install", [by_pip, by_pipx, by_uvx], ids=["pip", "pipx", "uvx"])
def test_an_installed_server_runs_in_an_empty_folder(
    install: Install, wheel: Path, tmp_path: Path, model_store: ModelStore
) -> None:
    home, folder = tmp_path / "home", tmp_path / "empty"
    home.mkdir()
    folder.mkdir()
    environment = elsewhere(home, model_store)
    command = install(wheel, home, environment)
    assert __version__ in run([*command, "--version"], folder, environment)
    with serving(command, folder, environment) as server:
        recognises(server)
        page = server.client.get("/console", follow_redirects=True)
        assert page.status_code == httpx.codes.OK
        for path in re.findall(r'(?:href|src)="(/console/static/[^"]+)"', page.text):
            assert server.client.get(path).status_code == httpx.codes.OK, path
        assert server.client.get("/docs").status_code == httpx.codes.OK
        server.visavis("backup", str(tmp_path / "visavis.tar"))
    assert {path.name for path in folder.iterdir()} == {"visavis-data"}


@pytest.mark.slow
def test_models_are_fetched_where_uv_has_made_an_environment_without_pip(
    wheel: Path, tmp_path: Path, model_store: ModelStore
) -> None:
    models = tmp_path / "models"
    models.mkdir()
    for file in model_store.directory.glob("*.*"):
        if file.is_file() and file.name != FSANET.file:
            (models / file.name).symlink_to(file)
    environment = elsewhere(tmp_path, model_store, VISAVIS_MODELS_DIR=str(models))
    said = run([*by_uvx(wheel, tmp_path, environment), "models", "pull"], tmp_path, environment)
    assert "fsanet: stored" in said
    assert ModelStore(models).load(FSANET)


def test_the_wheel_has_the_licences_and_no_test_in_it(wheel: Path) -> None:
    listed = subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-m", "zipfile", "-l", str(wheel)], check=True, capture_output=True, text=True
    ).stdout
    names = {line.split()[0] for line in listed.splitlines()[1:]}
    assert any(name.endswith("licenses/NOTICE") for name in names)
    assert any(name.endswith("licenses/LICENSE") for name in names)
    roots = {name.partition("/")[0] for name in names}
    assert roots == {"visavis", f"visavis-{__version__}.dist-info"}
