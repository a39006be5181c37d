"""People by command: imported by names, listed, renamed, merged and deleted beside a running server."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.servers import Keys, Server, running_server, visavis
from tests.bulk.test_zips import zipped


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("persons")) as server:
        yield server


@pytest.fixture
def keys(server: Server, request: pytest.FixtureRequest) -> Keys:
    return server.create_app(request.node.name[:90])


def command(server: Server, keys: Keys, *arguments: str) -> Any:
    """What a command prints as JSON, about the group `staff`."""
    return json.loads(_run(server, keys, *arguments, "--json").stdout)


def _run(server: Server, keys: Keys, *arguments: str, check: bool = True) -> Any:
    where = ("--app", keys.name, "--group", "staff", "--data-dir", str(server.data_dir))
    return visavis(*arguments, *where, check=check)


def by_name(server: Server, keys: Keys) -> dict[str, tuple[str, int]]:
    return {row["name"]: (row["id"], row["faces"]) for row in command(server, keys, "person", "list")}


@pytest.fixture
def named(people: Path) -> Path:
    """Three people whose names are no ids, two pictures of each."""
    for person, name in (("P001", "김민수"), ("P002", "이영희"), ("P003", "Zoë Ünal")):
        (people / person).rename(people / name)
    for left in people.glob("P0*"):
        shutil.rmtree(left)
    return people


def test_people_are_imported_by_names_each_under_one_id_however_often(
    server: Server, keys: Keys, named: Path
) -> None:
    command(server, keys, "import", str(named), "--create")
    first = by_name(server, keys)
    assert first.keys() == {"김민수", "이영희", "Zoë Ünal"}
    assert {count for _, count in first.values()} == {2}
    assert len({person_id for person_id, _ in first.values()}) == 3
    assert command(server, keys, "import", str(named))["faces_added"] == 0
    assert by_name(server, keys) == first

    best = command(server, keys, "search", str(named / "김민수" / "amateur_selfie.jpg"))["matches"][0]
    assert (best["name"], best["external_image_id"]) == ("김민수", first["김민수"][0])


def test_a_name_of_two_people_is_no_name_to_import_by(server: Server, keys: Keys, named: Path) -> None:
    command(server, keys, "import", str(named), "--create")
    other = by_name(server, keys)["이영희"][0]
    command(server, keys, "person", "rename", other, "--name", "김민수")
    refused = _run(server, keys, "import", str(named), check=False)
    assert refused.returncode == 1
    assert "Several persons are called 김민수" in refused.stderr


def test_a_name_that_the_group_knows_is_a_question(
    server: Server, keys: Keys, named: Path, tmp_path: Path
) -> None:
    other = tmp_path / "later" / "김민수"
    other.mkdir(parents=True)
    (named / "이영희" / "amateur_selfie.jpg").rename(other / "1.jpg")
    command(server, keys, "import", str(named), "--create")
    before = by_name(server, keys)
    refused = _run(server, keys, "import", str(other.parent), check=False)
    assert refused.returncode == 1
    assert f"The group already has people with these names: 김민수 ({before['김민수'][0]})" in refused.stderr
    assert "--same-people" in refused.stderr
    assert by_name(server, keys) == before
    assert command(server, keys, "import", str(other.parent), "--same-people")["faces_added"] == 1
    assert by_name(server, keys)["김민수"] == (before["김민수"][0], before["김민수"][1] + 1)
    assert command(server, keys, "import", str(other.parent))["faces_added"] == 0


def test_a_name_that_was_corrected_stays_when_an_import_is_repeated(
    server: Server, keys: Keys, named: Path
) -> None:
    command(server, keys, "import", str(named), "--create")
    person_id, _ = by_name(server, keys)["김민수"]
    command(server, keys, "person", "rename", person_id, "--name", "김 민수")
    assert command(server, keys, "import", str(named))["faces_added"] == 0
    assert by_name(server, keys)["김 민수"] == (person_id, 2)


def test_a_zip_of_korean_windows_is_imported_and_goes_on_as_its_folder(
    server: Server, keys: Keys, named: Path, tmp_path: Path
) -> None:
    files = {f"{file.parent.name}/{file.name}": file.read_bytes() for file in named.glob("[!Z]*/*.jpg")}
    source = zipped(tmp_path / "people.zip", files, "cp949")
    done = command(server, keys, "import", str(source), "--create")
    assert (done["pictures"], done["faces_added"]) == (4, 4)
    first = by_name(server, keys)
    assert first.keys() == {"김민수", "이영희"}
    assert command(server, keys, "import", str(named))["not_added"] == {"present": 4}
    assert {name: first[name] for name in first} == {name: by_name(server, keys)[name] for name in first}


def test_a_search_shows_a_person_once_and_tells_all_faces_to_scripts(
    server: Server, keys: Keys, named: Path
) -> None:
    command(server, keys, "import", str(named), "--create")
    picture = str(named / "김민수" / "amateur_selfie.jpg")
    assert [match["name"] for match in command(server, keys, "search", picture)["matches"]] == ["김민수"] * 2
    assert _run(server, keys, "search", picture).stdout.count("김민수") == 1


def test_people_are_renamed_merged_and_deleted(server: Server, keys: Keys, named: Path) -> None:
    command(server, keys, "import", str(named), "--create")
    ids = {name: person_id for name, (person_id, _) in by_name(server, keys).items()}
    renamed = command(server, keys, "person", "rename", ids["김민수"], "--id", "e-7", "--name", "김 민수")
    assert (renamed["id"], renamed["name"], renamed["faces"]) == ("e-7", "김 민수", 2)
    unfit = _run(server, keys, "person", "rename", "e-7", "--id", "e-8", "--name", "a\tb", check=False)
    assert unfit.returncode == 1
    assert command(server, keys, "person", "show", "e-7")["name"] == "김 민수"
    clash = _run(server, keys, "person", "rename", ids["이영희"], "--id", "e-7", check=False)
    assert clash.returncode == 1
    assert f"visavis person merge {ids['이영희']} e-7" in clash.stderr
    merged = command(server, keys, "person", "merge", ids["이영희"], "e-7", "--yes")
    assert (merged["name"], merged["faces"]) == ("김 민수", 4)
    assert command(server, keys, "person", "delete", "e-7", "--yes") == {"id": "e-7", "faces_deleted": 4}
    assert by_name(server, keys).keys() == {"Zoë Ünal"}
    assert _run(server, keys, "person", "show", "e-7", check=False).returncode == 1


def test_nothing_is_deleted_without_an_answer(server: Server, keys: Keys, named: Path) -> None:
    command(server, keys, "import", str(named), "--create")
    person_id, _ = by_name(server, keys)["김민수"]
    assert _run(server, keys, "person", "delete", person_id, check=False).returncode == 1
    assert by_name(server, keys)["김민수"] == (person_id, 2)
