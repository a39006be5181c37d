"""`visavis detect`, `compare` and `search` at a terminal: what they say, and the exit codes of grep."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from harness.servers import visavis
from tests.bulk.conftest import MakePicture


@pytest.fixture
def pictures(tmp_path: Path, small: MakePicture, stranger: bytes) -> dict[str, str]:
    made = {
        "anna.jpg": small("P001", side=900),
        "anna-again.jpg": small("P001", "amateur_selfie", side=900),
        "stranger.png": stranger,
        "text.jpg": b"nothing",
    }
    for name, data in made.items():
        (tmp_path / name).write_bytes(data)
    PIL.Image.new("RGB", (300, 300), "grey").save(tmp_path / "grey.png")
    return {Path(name).stem: str(tmp_path / name) for name in (*made, "grey.png")}


def test_faces_are_found_described_and_drawn(pictures: dict[str, str], tmp_path: Path) -> None:
    drawn, data = tmp_path / "drawn.png", tmp_path / "data"
    found = visavis("detect", pictures["anna"], "--draw", str(drawn), "--json", "--data-dir", str(data))
    told = json.loads(found.stdout)
    [face] = told["faces"]
    assert 0 <= face["box"]["x0"] < face["landmarks"]["nose"]["x"] < face["box"]["x1"] <= 1
    assert (face["mask"], face["quality"]["score"] > 50, abs(face["pose"]["yaw"]) < 20) == (False, True, True)
    with PIL.Image.open(drawn) as after, PIL.Image.open(pictures["anna"]) as before:
        assert after.size == before.size == (told["width"], told["height"])
        changed = np.abs(np.asarray(after, int) - np.asarray(before.convert("RGB"), int)).max(axis=2) > 40
    rows, columns = np.nonzero(changed)
    assert columns.min() / told["width"] == pytest.approx(face["box"]["x0"], abs=0.02)
    assert rows.max() / told["height"] == pytest.approx(face["box"]["y1"], abs=0.02)
    assert "quality" in visavis("detect", pictures["anna"]).stdout
    assert not data.exists()


def test_two_pictures_are_compared_and_the_similarity_is_explained(
    pictures: dict[str, str], tmp_path: Path
) -> None:
    where = ("--data-dir", str(tmp_path / "data"))
    same = visavis("compare", pictures["anna"], pictures["anna-again"], *where)
    assert "match" in same.stdout
    assert "1 in " in same.stdout
    other = visavis("compare", pictures["anna"], pictures["stranger"], "--json", *where, check=False)
    assert other.returncode == 1
    [face] = json.loads(other.stdout)["faces"]
    assert (face["match"], face["similarity"] < 90) == (False, True)
    assert not (tmp_path / "data").exists()


def test_a_picture_is_looked_for_in_a_group(pictures: dict[str, str], tmp_path: Path) -> None:
    where = ("--app", "door", "--group", "staff", "--data-dir", str(tmp_path / "data"))
    visavis("app", "create", "door", "--data-dir", str(tmp_path / "data"))
    (tmp_path / "list.csv").write_text("path,external_image_id\nanna.jpg,anna\n")
    visavis("import", str(tmp_path / "list.csv"), *where, "--create")
    found = json.loads(visavis("search", pictures["anna-again"], *where, "--json").stdout)
    [match] = found["matches"]
    assert (match["external_image_id"], match["similarity"] >= 90, found["faces_searched"]) == ("anna", True, 1)
    assert "anna" in visavis("search", pictures["anna-again"], *where).stdout
    nobody = visavis("search", pictures["stranger"], *where, check=False)
    assert (nobody.returncode, nobody.stdout) == (1, "Nobody among 1 face is that similar.\n")
    audited = visavis("audit", "export", "--operation", "search_by_image", "--data-dir", str(tmp_path / "data"))
    records = [json.loads(line) for line in audited.stdout.splitlines()]
    told = [(record["actor"], record["app"], record["group"], record.get("faces")) for record in records]
    assert told == [("command", "door", "staff", None)] * 3


def test_a_search_tells_of_strangers_who_match_by_chance_and_how_to_have_fewer(
    pictures: dict[str, str], tmp_path: Path
) -> None:
    where = ("--app", "door", "--group", "staff", "--data-dir", str(tmp_path / "data"))
    visavis("app", "create", "door", "--data-dir", str(tmp_path / "data"))
    (tmp_path / "list.csv").write_text("path,external_image_id\nanna.jpg,anna\n")
    visavis("import", str(tmp_path / "list.csv"), *where, "--create")
    low = visavis("search", pictures["anna-again"], *where, "--threshold", "30")
    assert "At 30, about 10 of 100 strangers match the one face by chance." in low.stdout
    assert "A threshold of 55 keeps it to 1 in 100." in low.stdout
    assert "by chance" not in visavis("search", pictures["anna-again"], *where, "--threshold", "55").stdout


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("detect", "grey"), 1),
        (("detect", "text"), 2),
        (("detect", "anna", "--draw", "/nowhere/drawn.png"), 2),
        (("compare", "grey", "anna"), 2),
        (("compare", "anna", "grey"), 1),
        (("compare", "anna", "text"), 2),
        (("compare", "anna", "nowhere.jpg"), 2),
        (("search", "anna", "--app", "nobody", "--group", "staff"), 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_nothing_found_and_trouble_are_told_apart(
    arguments: tuple[str, ...], code: int, pictures: dict[str, str], tmp_path: Path
) -> None:
    named = [pictures.get(argument, argument) for argument in arguments]
    ended = visavis(*named, "--data-dir", str(tmp_path / "data"), check=False)
    assert ended.returncode == code, ended.stderr
    assert "Traceback" not in ended.stderr
    assert (code == 2) == ("visavis: " in ended.stderr)
