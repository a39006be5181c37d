"""The guides run as they are printed: their commands, and their programs, in order, on a server of their own."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path

import pytest
from PIL import Image

from harness.servers import Server, running_server
from tests.conftest import OpenPeoplePicture

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
ASSETS = Path(str(resources.files("visavis"))) / "assets"
SHELL = f"""
set -euo pipefail
curl() {{ command curl -sSf -w '\\n' "$@"; }}
visavis() {{ "{sys.executable}" -m visavis "$@"; }}
"""
NOT_RUN_HERE = re.compile(r"^(?:make serve|pip install .+)$", re.MULTILINE)
"""What sets the machine up: other tests start the server by `make serve` and install the client."""


class Reader:
    """Somebody who types what a page shows, in a folder with the pictures that it speaks of."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.folder = folder
        self._values = {"http://127.0.0.1:8000": server.url, "src/visavis/assets": str(ASSETS)}
        self._environment = os.environ | {"VISAVIS_DATA_DIR": str(server.data_dir)}

    def reads(self, page: str, instead: Mapping[str, str] | None = None) -> str:
        """All that is printed. `instead`: what this reader types in place of what is shown."""
        text = (DOCS / page).read_text(encoding="utf-8")
        for shown, typed in (instead or {}).items():
            assert shown in text, "the page has changed"
            text = text.replace(shown, typed)
        printed, variables = "", ""
        for language, block in re.findall(r"^```(sh|python|csv)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
            code = self._filled_in(block)
            match language:
                case "sh":
                    variables += "".join(re.findall(r"^[A-Z_]+=.*\n", code, re.MULTILINE))
                    output = self._run("bash", "-c", SHELL + variables + NOT_RUN_HERE.sub("", code))
                    for kind, key in re.findall(r"(appKey|secretKey)  ([0-9a-f]+)", output):
                        self._values["your-app-key" if kind == "appKey" else "your-secret-key"] = key
                case "python":
                    output = self._run(sys.executable, "-c", code)
                case _:
                    output = ""
            printed += output
        return printed

    def _filled_in(self, code: str) -> str:
        for shown, value in self._values.items():
            code = code.replace(shown, value)
        return code

    def _run(self, *command: str) -> str:
        ran = subprocess.run(  # noqa: S603 - our own pages
            command, capture_output=True, text=True, cwd=self.folder, env=self._environment, check=False
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    """On a server without any app but the one of the first start."""
    with running_server(tmp_path) as server:
        folder = tmp_path / "desk"
        folder.mkdir()
        yield Reader(server, folder)


def staff(folder: Path) -> None:
    """The pictures of person 1042, as the guides want them."""
    (folder / "people" / "1042").mkdir(parents=True)
    shutil.copy(ASSETS / "ines-selfie.jpg", folder / "people" / "1042" / "1.jpg")


def test_start_here_ends_with_the_person_who_was_registered(reader: Reader) -> None:
    printed = reader.reads("start.md")
    name, similarity = printed.splitlines()[-1].split()
    assert (name, float(similarity) >= 90) == ("ines", True)


def test_a_door_opens_for_whom_two_pictures_agree_on(reader: Reader, stranger: bytes) -> None:
    staff(reader.folder)
    portrait = Image.open(ASSETS / "ines-portrait.jpg")
    other = Image.open(io.BytesIO(stranger)).resize(portrait.size)
    for number, shot in enumerate([other, portrait, other, portrait, portrait, other]):
        shot.save(reader.folder / f"shot{number}.png")
    printed = reader.reads("guides/access-control.md", {"VideoCapture(0)": "VideoCapture('shot%d.png')"})
    assert re.findall(r"^open for .*$", printed, re.MULTILINE) == ["open for 1042"]


def test_a_terminal_confirms_a_number_by_its_face(reader: Reader) -> None:
    staff(reader.folder)
    shutil.copy(ASSETS / "ines-portrait.jpg", reader.folder / "picture.jpg")
    assert reader.reads("guides/attendance.md").splitlines()[-1] == "face"
    [line] = (reader.folder / "attendance.csv").read_text().splitlines()
    assert line.endswith("+00:00,1042,face")


def test_a_terminal_notes_who_does_not_look_like_their_number_for_somebody_to_confirm(reader: Reader) -> None:
    staff(reader.folder)
    shutil.copy(ASSETS / "omar-selfie.jpg", reader.folder / "picture.jpg")
    assert reader.reads("guides/attendance.md").splitlines()[-1] == "to be confirmed"


def test_who_moves_registers_again_and_sees_where_both_disagree(reader: Reader, stranger: bytes) -> None:
    for folder in ("pictures", "probes"):
        (reader.folder / folder).mkdir()
    shutil.copy(ASSETS / "ines-portrait.jpg", reader.folder / "pictures" / "0001.jpg")
    shutil.copy(ASSETS / "omar-selfie.jpg", reader.folder / "pictures" / "0002.jpg")
    shutil.copy(ASSETS / "ines-selfie.jpg", reader.folder / "probes" / "a.jpg")
    (reader.folder / "probes" / "b.jpg").write_bytes(stranger)
    listed = re.findall(r"^```csv\n(.*?)^```$", (DOCS / "guides/moving.md").read_text(), re.MULTILINE | re.DOTALL)
    (reader.folder / "faces.csv").write_text(listed[0])
    # The cloud is not to be had in a test: the same server stands for it, asked for more than anybody has.
    instead = {
        '"https://face-recognition.api.nhncloudservice.com"': '"http://127.0.0.1:8000"',
        'app_key="the-cloud\'s"': 'app_key="your-app-key"',
        'secret_key="the-cloud\'s"': 'secret_key="your-secret-key"',
        "best(cloud, picture, threshold=80)": "best(cloud, picture, threshold=100)",
    }
    printed = reader.reads("guides/moving.md", instead)
    assert printed.splitlines()[-1] == "a.jpg nobody 1042"
    assert "1042" in (reader.folder / "report.csv").read_text()


def test_a_threshold_is_found_with_the_commands_shown(
    reader: Reader, openpeople_picture: OpenPeoplePicture
) -> None:
    for name in ("P001", "P002", "P003", "P004", "P005"):
        folder = reader.folder / "people" / name
        folder.mkdir(parents=True)
        for kind in ("amateur_selfie", "studio_portrait"):
            (folder / f"{kind}.jpg").write_bytes(openpeople_picture(name, kind))
    app = "visavis app create front-door\nvisavis import people --app front-door --group staff --create\n"
    reader.reads(
        "guides/threshold.md",
        {"--gallery-size 200": "--gallery-size 3", "visavis group set": f"{app}visavis group set"},
    )
    for report in ("identify.html", "verify.html"):
        assert (reader.folder / report).read_text().startswith("<!DOCTYPE html>")
