"""The script that watches a folder registers and finds what arrives, and does nothing twice."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.examples.conftest import ROOT, sample
from visavis_client import Client

SCRIPT = str(ROOT / "examples" / "watch_folder.py")


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def put(inbox: Path, source: Path | bytes, name: str) -> None:
    """A picture that has been there a while."""
    if isinstance(source, bytes):
        (inbox / name).write_bytes(source)
    else:
        shutil.copy(source, inbox / name)
    os.utime(inbox / name, (time.time() - 60,) * 2)


def run(deed: str, inbox: Path, environment: dict[str, str]) -> dict[str, dict[str, Any]]:
    """What was said of each picture."""
    command = [sys.executable, SCRIPT, deed, str(inbox), "--group", "staff", "--once"]
    ran = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)  # noqa: S603
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    return {line.pop("picture"): line for line in lines}


def files(folder: Path) -> set[str]:
    return {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}


def test_pictures_are_registered_once_and_put_away(
    inbox: Path, environment: dict[str, str], client: Client
) -> None:
    put(inbox, sample("omar-selfie"), "omar.jpg")
    put(inbox, b"nothing", "broken.jpg")
    put(inbox, b"notes", "notes.txt")
    told = run("register", inbox, environment)
    assert told["omar.jpg"]["registered"] == "omar"
    assert told["broken.jpg"]["code"] == -45080
    assert files(inbox) == {"done/omar.jpg", "failed/broken.jpg", "notes.txt"}
    assert {face.external_image_id for face in client.faces("staff")} == {"ines", "omar"}

    put(inbox, sample("omar-selfie"), "omar.jpg")  # as if it had been stopped before it put the picture away
    assert run("register", inbox, environment)["omar.jpg"]["before"] is True
    assert client.group("staff").face_count == 2
    assert "done/omar-1.jpg" in files(inbox)


def test_pictures_are_looked_for(inbox: Path, environment: dict[str, str]) -> None:
    put(inbox, sample("ines-selfie"), "1.jpg")
    put(inbox, sample("omar-selfie"), "2.jpg")
    told = run("search", inbox, environment)
    assert (told["1.jpg"]["found"], told["1.jpg"]["similarity"] >= 90) == ("ines", True)
    assert told["2.jpg"] == {"found": None}


def test_a_picture_that_is_still_being_written_is_left_alone(inbox: Path, environment: dict[str, str]) -> None:
    put(inbox, sample("ines-selfie"), "1.jpg")
    os.utime(inbox / "1.jpg", (time.time() + 60,) * 2)
    assert run("search", inbox, environment) == {}
    assert files(inbox) == {"1.jpg"}


def test_without_a_server_pictures_wait(inbox: Path, environment: dict[str, str]) -> None:
    put(inbox, sample("ines-selfie"), "1.jpg")
    away = environment | {"VISAVIS_URL": "http://127.0.0.1:1"}
    command = [sys.executable, SCRIPT, "search", str(inbox), "--group", "staff", "--once"]
    ran = subprocess.run(command, env=away, check=False, capture_output=True, text=True)  # noqa: S603
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr
    assert environment["VISAVIS_SECRET_KEY"] not in ran.stdout + ran.stderr
    assert files(inbox) == {"1.jpg"}
