"""The client is a package of its own, which needs nothing of the server."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

import visavis_client

ROOT = Path(__file__).parents[2]
PROJECT = ROOT / "clients" / "python"
CODE = ROOT / "src" / "visavis_client"


def build(target: str, project: Path, folder: Path) -> Path:
    """Build what `python -m build` would, without the isolated environment that it makes for itself."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)]
    subprocess.run(command, cwd=project, check=True, capture_output=True)  # noqa: S603
    [made] = folder.iterdir()
    return made


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("sdist", PROJECT, tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Built of the unpacked archive, as installers do."""
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    [project] = folder.iterdir()
    return zipfile.ZipFile(build("wheel", project, tmp_path_factory.mktemp("wheel")))


def test_the_archive_holds_the_code_itself_and_no_link_to_it(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        members = {member.name.partition("/")[2]: member for member in archive.getmembers()}
    assert not any(member.issym() or member.islnk() for member in members.values())
    assert {f"src/visavis_client/{path.name}" for path in CODE.glob("*.py")} <= members.keys()


def test_the_wheel_holds_the_client_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()
    modules = {f"visavis_client/{path.name}" for path in CODE.glob("*.py")}
    assert {name for name in names if name.endswith(".py")} == modules
    assert "visavis_client/py.typed" in names


def test_the_package_says_its_version_and_where_it_is_described(wheel: zipfile.ZipFile) -> None:
    [name] = [name for name in wheel.namelist() if name.endswith("/METADATA")]
    described = Parser().parsestr(wheel.read(name).decode())
    assert described["Version"] == visavis_client.__version__
    assert described.get_all("Project-URL")


def test_an_editable_wheel_leads_to_the_code(tmp_path: Path) -> None:
    wheel = zipfile.ZipFile(build("wheel:editable", PROJECT, tmp_path))
    [path] = [name for name in wheel.namelist() if name.endswith(".pth")]
    assert (Path(wheel.read(path).decode().strip()) / "visavis_client").resolve() == CODE


def test_importing_the_client_imports_nothing_of_the_server() -> None:
    script = (
        "import sys, visavis_client; print([name for name in sys.modules if name.split('.')[0] in"
        " ('visavis', 'numpy', 'PIL', 'fastapi')])"
    )
    ran = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)  # noqa: S603
    assert ran.stdout.strip() == "[]"
