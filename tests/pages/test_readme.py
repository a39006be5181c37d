"""Every shell block of the README runs; `tests/e2e/test_readme.py` runs its tour."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from importlib import resources
from pathlib import Path

import httpx
import pytest

from harness.servers import free_port, running_server
from tests.conftest import OpenPeoplePicture

ROOT = Path(__file__).parents[2]
ASSETS = Path(str(resources.files("visavis"))) / "assets"
START, TOUR, DAILY, MEASURING = range(4)


def sections(readme: str) -> list[list[str]]:
    """The shell blocks of each section that has any."""
    text = (ROOT / readme).read_text(encoding="utf-8")
    found = [
        re.findall(r"^```sh\n(.*?)^```$", part, re.MULTILINE | re.DOTALL)
        for part in re.split("^## ", text, flags=re.MULTILINE)
    ]
    return [blocks for blocks in found if blocks]


def commands(block: str) -> list[str]:
    """The lines of a block, without what they say beside the command."""
    return [line.partition("  #")[0].partition(" #")[0].strip() for line in block.splitlines() if line.strip()]


def test_there_are_no_other_blocks_than_those_that_run() -> None:
    start, tour, daily, measuring = sections("README.md")
    assert "make serve" in start[START]
    assert "APP_KEY=" in tour[0]
    assert "visavis import" in daily[0]
    assert "visavis evaluate" in measuring[0]
    assert [len(blocks) for blocks in (start, daily, measuring)] == [1, 1, 1]


def test_both_languages_show_the_same_commands() -> None:
    assert sections("README.md") == sections("README.ko.md")


def test_the_first_command_starts_a_server(tmp_path: Path) -> None:
    serve, demo = commands(sections("README.md")[START][0])
    assert (serve, demo) == ("make serve", "make demo")
    port = free_port()
    options = f"ARGS=--port {port} --data-dir {tmp_path / 'data'}"
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(  # noqa: S603 - as the README says
            [*serve.split(), options],
            cwd=ROOT,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        while process.poll() is None:
            try:
                assert httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).status_code == httpx.codes.OK
                break
            except httpx.TransportError:
                time.sleep(0.1)
        assert process.poll() is None, (tmp_path / "log").read_text()
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=60)


def test_the_second_command_draws_a_picture() -> None:
    _, demo = commands(sections("README.md")[START][0])
    picture = ROOT / "visavis-demo.png"
    picture.unlink(missing_ok=True)
    subprocess.run(demo.split(), check=True, cwd=ROOT, capture_output=True)  # noqa: S603 - as the README says
    assert picture.read_bytes().startswith(b"\x89PNG")


def run(block: str, folder: Path, data_dir: Path) -> None:
    """The commands of a block, typed in a folder beside a server."""
    script = block.replace(".venv/bin/visavis", f'"{sys.executable}" -m visavis')
    environment = os.environ | {"VISAVIS_DATA_DIR": str(data_dir)}
    ran = subprocess.run(  # noqa: S603 - as the README says
        ["bash", "-euc", script],  # noqa: S607 - wherever it is
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_commands_of_every_day_do_what_they_say(tmp_path: Path) -> None:
    (tmp_path / "people" / "ines").mkdir(parents=True)
    shutil.copy(ASSETS / "ines-portrait.jpg", tmp_path / "people" / "ines")
    shutil.copy(ASSETS / "ines-selfie.jpg", tmp_path / "photo.jpg")
    with running_server(tmp_path) as server:
        server.create_app("default")  # as the first start at a terminal does
        run(sections("README.md")[DAILY][0], tmp_path, server.data_dir)
    assert (tmp_path / "visavis.tar").stat().st_size > 0


def test_measuring_writes_a_report(tmp_path: Path, openpeople_picture: OpenPeoplePicture) -> None:
    for name in ("P001", "P002", "P003"):
        folder = tmp_path / "people" / name
        folder.mkdir(parents=True)
        for kind in ("amateur_selfie", "studio_portrait"):
            (folder / f"{kind}.jpg").write_bytes(openpeople_picture(name, kind))
    evaluate, calibrate = commands(sections("README.md")[MEASURING][0])
    run(evaluate, tmp_path, tmp_path / "data")
    assert "<html" in (tmp_path / "verify.html").read_text()
    with pytest.raises(AssertionError, match=r"people and .* are too few"):  # ten pictures fit no scale
        run(calibrate, tmp_path, tmp_path / "data")


@pytest.mark.parametrize("readme", ["README.md", "CONTRIBUTING.md", "docs/security.md"])
def test_every_target_of_make_that_is_named_exists(readme: str) -> None:
    text = (ROOT / readme).read_text(encoding="utf-8")
    targets = set(re.findall(r"^make ([a-z0-9-]+)", text, re.MULTILINE) + re.findall(r"`make ([a-z0-9-]+)", text))
    assert targets
    for target in targets:
        subprocess.run(["make", "-n", target], check=True, cwd=ROOT, capture_output=True)  # noqa: S603, S607
