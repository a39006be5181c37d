"""Folders of people and lists of pairs are read as documented, and what is wrong is named with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from visavis.errors import SetupError
from visavis.evaluation.folders import Pair, people_in, read_pairs
from visavis.evaluation.poses import read_poses
from visavis.evaluation.spoofing import live_and_species
from visavis.types import Pose


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_the_first_pictures_of_each_person_by_name_are_taken(tmp_path: Path) -> None:
    touch(tmp_path, "b/3.jpg", "b/1.PNG", "b/2.jpeg", "b/notes.txt", "a/x.jpg", "empty/notes.txt", "loose.jpg")
    found = [(person.name, [file.name for file in person.files]) for person in people_in(tmp_path, 2)]
    assert found == [("a", ["x.jpg"]), ("b", ["1.PNG", "2.jpeg"])]


def test_what_begins_with_a_dot_is_no_picture_and_nobody(tmp_path: Path) -> None:
    touch(tmp_path, "a/._1.jpg", "a/.thumbnails/1.jpg", "a/1.jpg", ".trash/b/1.jpg")
    assert [(person.name, [file.name for file in person.files]) for person in people_in(tmp_path, 1)] == [
        ("a", ["1.jpg"])
    ]


def test_pairs_as_lfw_lists_them(tmp_path: Path) -> None:
    file = tmp_path / "pairs.txt"
    file.write_text("2\t300\nAbel_Pacheco\t1\t4\n\nAbdel_Madi_Shabneh\t1\tDean_Barker\t12\n")
    root = Path("lfw")
    assert read_pairs(file, root) == [
        Pair(root / "Abel_Pacheco/Abel_Pacheco_0001.jpg", root / "Abel_Pacheco/Abel_Pacheco_0004.jpg", same=True),
        Pair(
            root / "Abdel_Madi_Shabneh/Abdel_Madi_Shabneh_0001.jpg",
            root / "Dean_Barker/Dean_Barker_0012.jpg",
            same=False,
        ),
    ]


def test_pairs_as_csv_begin_where_the_file_lies(tmp_path: Path) -> None:
    file = tmp_path / "pairs.csv"
    file.write_text('a.jpg,b.jpg,same\n"c, d.jpg", /e.jpg ,Different\nf.jpg,g.jpg,1\nf.jpg,g.jpg,0\n')
    assert read_pairs(file, None) == [
        Pair(tmp_path / "a.jpg", tmp_path / "b.jpg", same=True),
        Pair(tmp_path / "c, d.jpg", Path("/e.jpg"), same=False),
        Pair(tmp_path / "f.jpg", tmp_path / "g.jpg", same=True),
        Pair(tmp_path / "f.jpg", tmp_path / "g.jpg", same=False),
    ]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("pairs.csv", "a.jpg,b.jpg,same\na.jpg,b.jpg\n", "Line 2"),
        ("pairs.csv", "a.jpg,b.jpg,same\na.jpg,b.jpg,perhaps\n", "Line 2"),
        ("pairs.csv", "first,second,verdict\n", "no pairs"),
        ("pairs.csv", "a.jpg,b.jpg,smae\na.jpg,b.jpg,same\n", "Line 1"),
        ("pairs.csv", 'a.jpg,b.jpg,same\n"a.jpg,b.jpg,same\n', "Line 2"),
        ("pairs.csv", "a.jpg,b.jpg,same\n" + 200_000 * "a", "Line 2"),
        ("pairs.csv", "a\0.jpg,b.jpg,same\n", "is not text"),
        ("pairs.txt", "10 300\nAbel 1\n", "Line 2"),
        ("pairs.txt", "Abel 1 two\n", "Line 1"),
        ("pairs.txt", "", "no pairs"),
    ],
)
def test_a_list_of_pairs_that_is_none_is_refused(name: str, content: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(SetupError, match=reason):
        read_pairs(tmp_path / name, None)


@pytest.mark.parametrize("name", ["pairs.csv", "pairs.txt"])
def test_a_mark_of_byte_order_belongs_to_no_name(name: str, tmp_path: Path) -> None:
    line = {"pairs.csv": "a/a_0001.jpg,a/a_0002.jpg,same\n", "pairs.txt": "a 1 2\n"}[name]
    (tmp_path / name).write_text(line, "utf-8-sig")
    [pair] = read_pairs(tmp_path / name, None)
    assert (pair.first, pair.second) == (tmp_path / "a/a_0001.jpg", tmp_path / "a/a_0002.jpg")


def test_poses_are_degrees_beside_pictures(tmp_path: Path) -> None:
    file = tmp_path / "poses.csv"
    file.write_text("picture,yaw,pitch,roll\na.jpg,-30.5,10,0\n\n/b.jpg, 1, 2, 3\n")
    assert [(each.file, each.pose) for each in read_poses(file)] == [
        (tmp_path / "a.jpg", Pose(-30.5, 10, 0)),
        (Path("/b.jpg"), Pose(1, 2, 3)),
    ]


def test_a_first_line_that_names_a_picture_is_no_heading(tmp_path: Path) -> None:
    (tmp_path / "poses.csv").write_text("a.jpg,1,O,3\nb.jpg,1,2,3\n")
    with pytest.raises(SetupError, match="Line 1"):
        read_poses(tmp_path / "poses.csv")


@pytest.mark.parametrize("line", ["a.jpg,1,2", "a.jpg,1,2,nan", "a.jpg,1,2,x", ",1,2,3"])
def test_a_line_that_is_no_pose_is_refused(line: str, tmp_path: Path) -> None:
    (tmp_path / "poses.csv").write_text(f"a.jpg,1,2,3\n{line}\n")
    with pytest.raises(SetupError, match="Line 2"):
        read_poses(tmp_path / "poses.csv")


def test_species_of_attacks_are_folders_and_the_rest_is_one(tmp_path: Path) -> None:
    touch(tmp_path, "live/a.jpg", "spoof/b.jpg", "spoof/print/c.jpg", "spoof/print/matt/d.jpg", "spoof/mask/e.png")
    live, species = live_and_species(tmp_path)
    assert [file.name for file in live] == ["a.jpg"]
    assert {name: [file.name for file in files] for name, files in species.items()} == {
        "spoof": ["b.jpg"],
        "mask": ["e.png"],
        "print": ["c.jpg", "d.jpg"],
    }


@pytest.mark.parametrize("there", ["live/a.jpg", "spoof/a.jpg"])
def test_attacks_without_living_people_and_the_other_way_round_are_refused(there: str, tmp_path: Path) -> None:
    touch(tmp_path, there)
    with pytest.raises(SetupError, match=r"folder|pictures"):
        live_and_species(tmp_path)
