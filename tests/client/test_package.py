"""The client is a package of its own, which needs nothing of the server."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_wheel_holds_the_client_and_nothing_else(tmp_path: Path) -> None:
    command = ["-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(tmp_path)]
    subprocess.run([sys.executable, *command, str(ROOT / "clients" / "python")], check=True, capture_output=True)  # noqa: S603
    (wheel,) = tmp_path.glob("visavis_client-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    modules = {f"visavis_client/{path.name}" for path in (ROOT / "src" / "visavis_client").glob("*.py")}
    assert {name for name in names if name.endswith(".py")} == modules
    assert "visavis_client/py.typed" in names


def test_importing_the_client_imports_nothing_of_the_server() -> None:
    script = (
        "import sys, visavis_client; print([name for name in sys.modules if name.split('.')[0] in"
        " ('visavis', 'numpy', 'PIL', 'fastapi')])"
    )
    ran = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)  # noqa: S603
    assert ran.stdout.strip() == "[]"
