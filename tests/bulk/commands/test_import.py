"""`visavis import` beside a running server, killed, interrupted and repeated."""

from __future__ import annotations

import csv
import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.servers import Keys, Server, running_server, visavis
from tests.bulk.conftest import MakePicture
from tests.conftest import PEOPLE
from visavis_client import Client


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("import")) as server:
        yield server


@pytest.fixture
def keys(server: Server, request: pytest.FixtureRequest) -> Keys:
    return server.create_app(request.node.name[:90])


@pytest.fixture
def client(server: Server, keys: Keys) -> Iterator[Client]:
    with Client(server.url, keys.appKey, keys.secretKey) as client:
        yield client


def arguments(server: Server, keys: Keys, source: Path, *more: str) -> list[str]:
    where = ("--app", keys.name, "--group", "staff", "--data-dir", str(server.data_dir))
    return ["import", str(source), *where, *more]


def test_what_is_imported_is_found_by_the_server_that_runs(
    server: Server, keys: Keys, client: Client, people: Path, small: MakePicture, tmp_path: Path
) -> None:
    (people / "P001" / "broken.jpg").write_bytes(small("P001")[:2000])
    report = tmp_path / "report.csv"
    done = visavis(*arguments(server, keys, people, "--create", "--report", str(report)), check=False)
    assert done.returncode == 3
    assert "broken_image" in done.stdout
    assert client.group("staff").face_count == 20
    [match] = client.search("staff", small("P003", "amateur_posture", side=1600), limit=1, threshold=50).matches
    assert match.face.external_image_id == "P003"

    rows = list(csv.DictReader(report.read_text().splitlines()))
    assert {row["face_id"] for row in rows} - {""} == {face.face_id for face in client.faces("staff")}
    [left] = [row for row in rows if row["reason"]]
    assert (left["path"], left["reason"]) == (str(people / "P001" / "broken.jpg"), "broken_image")


def test_again_is_nothing_new_and_says_so(
    server: Server, keys: Keys, client: Client, people: Path, tmp_path: Path
) -> None:
    report = str(tmp_path / "report.jsonl")
    visavis(*arguments(server, keys, people, "--create", "--report", report))
    again = json.loads(visavis(*arguments(server, keys, people, "--json", "--report", report)).stdout)
    assert (again["pictures"], again["faces_added"], again["not_added"]) == (20, 0, {"present": 20})
    assert client.group("staff").face_count == 20
    rows = [json.loads(line) for line in Path(report).read_text().splitlines()]
    assert Counter(row.get("reason") for row in rows) == {None: 20, "present": 20}


def many(folder: Path, small: MakePicture, count: int) -> Path:
    """So many files of different content, each with a face."""
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:03}.jpg").write_bytes(small(PEOPLE[number % 10], quality=60 + number // 10))
    return folder


def acknowledged(report: Path) -> list[str]:
    """The faces that a report, which may end in the middle of a line, says are stored."""
    lines = report.read_text().split("\n")[:-1] if report.exists() else []
    return [face_id for line in lines if (face_id := json.loads(line).get("face_id"))]


def test_an_import_that_is_killed_loses_nothing_and_does_nothing_twice(
    server: Server, keys: Keys, client: Client, small: MakePicture, tmp_path: Path
) -> None:
    source, report = many(tmp_path / "many", small, 120), tmp_path / "report.jsonl"
    client.create_group("staff")
    command = arguments(server, keys, source, "--report", str(report))
    rng, kills = random.Random(7), 0
    while kills < 3:
        process = subprocess.Popen(  # noqa: S603 - our own
            [sys.executable, "-m", "visavis", *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        so_far = len(acknowledged(report))
        while len(acknowledged(report)) == so_far and process.poll() is None:
            time.sleep(0.02)
        time.sleep(rng.uniform(0, 0.5))
        process.kill()
        process.wait()
        kills += 1
        there = [face.face_id for face in client.faces("staff")]
        assert set(acknowledged(report)) <= set(there)
    visavis(*command)
    faces = list(client.faces("staff"))
    assert sorted(str(face.external_image_id) for face in faces) == [f"{number:03}" for number in range(120)]
    assert set(acknowledged(report)) <= {face.face_id for face in faces}


def test_ctrl_c_ends_an_import_in_good_order(
    server: Server, keys: Keys, client: Client, small: MakePicture, tmp_path: Path
) -> None:
    source, report = many(tmp_path / "many", small, 120), tmp_path / "report.jsonl"
    command = arguments(server, keys, source, "--create", "--json", "--report", str(report))
    process = subprocess.Popen(  # noqa: S603 - our own
        [sys.executable, "-m", "visavis", *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    while not acknowledged(report) and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    output, complaint = process.communicate()
    summary = json.loads(output)
    assert (process.returncode, summary["interrupted"]) == (130, True)
    assert "Run the same command again to continue" in complaint
    assert set(acknowledged(report)) == {face.face_id for face in client.faces("staff")}
    rest = json.loads(visavis(*arguments(server, keys, source, "--json")).stdout)
    assert rest["faces_added"] == 120 - summary["faces_added"]


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ((), "There is no group with this id."),
        (("--limit", "21"), "--limit"),
        (("--create", "--report", "report.txt"), ".csv or .jsonl"),
        (("--create", "--report", "/nowhere/report.csv"), "cannot be written"),
    ],
    ids=["no group", "limit", "report's name", "report's folder"],
)
def test_a_wrong_call_is_refused_before_anything_is_done(
    options: tuple[str, ...], complaint: str, server: Server, keys: Keys, client: Client, people: Path
) -> None:
    refused = visavis(*arguments(server, keys, people, *options), check=False)
    assert refused.returncode in {1, 2}
    assert complaint in refused.stderr
    assert "Traceback" not in refused.stderr
    assert list(client.groups()) == []
