"""systemd understands the unit of deploy/, and what it starts exists."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.install.conftest import ROOT

UNIT = ROOT / "deploy" / "visavis.service"
INSTALLED = "/opt/visavis/bin/visavis"


def verified(unit: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What systemd says of a unit whose command is the one of this checkout."""
    file = folder / UNIT.name
    file.write_text(unit.replace(INSTALLED, str(Path(sys.executable).with_name("visavis"))))
    command = ["systemd-analyze", "verify", "--man=no", str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_has_nothing_to_say_about_the_unit(tmp_path: Path) -> None:
    unit = UNIT.read_text()
    assert f"ExecStart={INSTALLED} serve" in unit
    said = verified(unit, tmp_path)
    assert (said.returncode, said.stdout + said.stderr) == (0, "")
    assert "ProtectSystems" in verified(unit.replace("ProtectSystem=", "ProtectSystems="), tmp_path).stderr
