"""`visavis export` and `visavis import --archive`, beside running servers."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.servers import Keys, Server, running_server, visavis
from tests.bulk.conftest import MakePicture
from visavis_client import Client

PASSPHRASE = "several words for an archive"
SECRET = {"ARCHIVE_PASSPHRASE": PASSPHRASE}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("archive")) as server:
        yield server


@pytest.fixture(scope="module")
def keys(server: Server, small: MakePicture) -> Keys:
    """An app with two groups."""
    keys = server.create_app("door")
    with Client(server.url, keys.appKey, keys.secretKey) as client:
        for group, people in {"staff": ("P001", "P002", "P003"), "guests": ("P004",)}.items():
            client.create_group(group)
            for person in people:
                client.register(group, small(person), external_image_id=person)
    return keys


@pytest.fixture
def archive(server: Server, keys: Keys, tmp_path: Path) -> Path:
    file = tmp_path / "door.visavis"
    visavis("export", str(file), "--app", keys.name, "--data-dir", str(server.data_dir), settings=SECRET)
    return file


def test_a_gallery_moves_to_another_server_and_works_there(
    server: Server, keys: Keys, archive: Path, small: MakePicture, tmp_path: Path
) -> None:
    with running_server(tmp_path) as other:
        theirs = other.create_app("elsewhere")
        where = ("--app", "elsewhere", "--data-dir", str(other.data_dir))
        done = visavis("import", "--archive", str(archive), *where, "--json", settings=SECRET)
        assert {each["group"]: each["added"] for each in json.loads(done.stdout)} == {"guests": 1, "staff": 3}
        with (
            Client(server.url, keys.appKey, keys.secretKey) as old,
            Client(other.url, theirs.appKey, theirs.secretKey) as new,
        ):
            assert list(new.faces("staff")) == list(old.faces("staff"))
            assert new.group("staff").created_at == old.group("staff").created_at
            [match] = new.search("staff", small("P002", "amateur_selfie"), limit=1, threshold=50).matches
            assert match.face.external_image_id == "P002"

        again = visavis("import", "--archive", str(archive), *where, check=False, settings=SECRET)
        assert again.returncode == 1
        assert "--merge" in again.stderr
        merged = visavis("import", "--archive", str(archive), *where, "--merge", settings=SECRET)
        assert "staff: 0 faces added, 3 were already there." in merged.stdout


def test_one_group_moves_under_another_name(server: Server, keys: Keys, tmp_path: Path) -> None:
    file, where = str(tmp_path / "guests.visavis"), ("--app", keys.name, "--data-dir", str(server.data_dir))
    visavis("export", file, *where, "--group", "guests", settings=SECRET)
    visavis("import", "--archive", file, *where, "--group", "visitors", settings=SECRET)
    with Client(server.url, keys.appKey, keys.secretKey) as client:
        assert client.group("visitors").face_count == 1
        client.delete_group("visitors")


def test_an_archive_is_for_its_owner_alone_and_never_written_over(
    server: Server, keys: Keys, archive: Path
) -> None:
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    before = archive.read_bytes()
    where = ("--app", keys.name, "--data-dir", str(server.data_dir))
    refused = visavis("export", str(archive), *where, check=False, settings=SECRET)
    assert refused.returncode == 1
    assert (archive.read_bytes(), list(archive.parent.iterdir())) == (before, [archive])


def test_a_passphrase_comes_by_a_file_descriptor_and_never_by_an_argument(
    server: Server, keys: Keys, archive: Path
) -> None:
    command = [sys.executable, "-m", "visavis", "import", "--archive", str(archive), "--app", keys.name]
    command += ["--data-dir", str(server.data_dir), "--merge"]
    with_descriptor = [*command, "--passphrase-fd", "0"]
    for passphrase, code in ((PASSPHRASE, 0), ("another", 1), ("", 1)):
        done = subprocess.run(  # noqa: S603 - our own
            with_descriptor, input=f"{passphrase}\n", capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
    assert "--passphrase " not in visavis("import", "--help").stdout


@pytest.mark.parametrize(
    ("passphrase", "complaint"),
    [
        ("", "There is no passphrase"),
        ("eleven char", "it needs at least 12"),
        ("password1234", "contains a common password"),
        ("abcabcabcabcabc", "is too easy to guess"),
    ],
)
def test_without_a_passphrase_worth_the_name_nothing_is_written(
    passphrase: str, complaint: str, server: Server, keys: Keys, tmp_path: Path
) -> None:
    command = ("export", str(tmp_path / "a"), "--app", keys.name, "--data-dir", str(server.data_dir))
    done = subprocess.run(  # noqa: S603 - our own
        [sys.executable, "-m", "visavis", *command],
        env=os.environ | {"VISAVIS_ARCHIVE_PASSPHRASE": passphrase},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert complaint in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("import", "--app", "door"),
        ("import", "pictures", "--archive", "file", "--app", "door", "--group", "staff"),
        ("import", "--archive", "file", "--app", "door", "--create"),
        ("import", "pictures", "--app", "door"),
        ("import", "pictures", "--app", "door", "--group", "staff", "--merge"),
    ],
    ids=" ".join,
)
def test_what_does_not_go_together_is_a_wrong_call(arguments: tuple[str, ...], tmp_path: Path) -> None:
    assert visavis(*arguments, "--data-dir", str(tmp_path), check=False).returncode == 2
    assert list(tmp_path.iterdir()) == []
