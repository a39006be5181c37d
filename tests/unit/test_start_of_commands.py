"""A command imports what it works with, and nothing else: most start in a fraction of a second."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from visavis.app import DIALECT_NAMES, DIALECTS, make_records
from visavis.settings import Settings
from visavis.storage.database import migrations

pytestmark = pytest.mark.slow

NEVER = (
    "cv2",
    "onnx",
    "onnxruntime",
    "PIL",
    "simplejpeg",
    "fastapi",
    "alembic",
    "psycopg",
    "matplotlib",
    "uvicorn",
    "zxcvbn",
)
PROGRAM = """
import sys
from visavis.cli import main
sys.argv = ["visavis", *sys.argv[1:]]
try:
    main()
except SystemExit:
    pass
print("\\nimported:", *sorted(sys.modules))
"""


def imported(*arguments: str) -> set[str]:
    """The modules that a command has imported when it ends."""
    command = [sys.executable, "-c", PROGRAM, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own
    return set(done.stdout.rpartition("imported:")[2].split())


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a database that is up to date."""
    folder = tmp_path_factory.mktemp("start") / "data"
    with closing(make_records(Settings(data_dir=folder))):
        return folder


def test_the_version_takes_hardly_anything() -> None:
    assert imported("--version").isdisjoint({*NEVER, "numpy", "sqlalchemy"})


@pytest.mark.parametrize(
    "command",
    ["app list", "group list --app a", "console invite", "audit head", "db check", "keys show", "models list"],
)
def test_commands_that_see_no_picture_import_no_decoder_and_no_server(command: str, data_dir: Path) -> None:
    data = [] if command == "models list" else ["--data-dir", str(data_dir)]
    compares_schemas = command == "db check"  # with the one that the migrations make
    assert imported(*command.split(), *data).isdisjoint({*NEVER} - ({"alembic"} if compares_schemas else set()))


def test_the_names_of_the_dialects_are_those_of_the_dialects() -> None:
    assert tuple(dialect.name for dialect in DIALECTS) == DIALECT_NAMES


def test_the_newest_revision_is_the_last_one() -> None:
    assert migrations.__file__ is not None
    files = sorted(Path(migrations.__file__).parent.glob("versions/r*.py"))
    assert re.search(r'^revision = "(\w+)"', files[-1].read_text(), re.MULTILINE)[1] == migrations.NEWEST  # type: ignore[index]
