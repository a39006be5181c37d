"""What is to be imported is read strictly, before the first picture is looked at."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from visavis.cli.sources import entries_of
from visavis.errors import SetupError


def folder_with(root: Path, *files: str) -> Path:
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_bytes(b"")
    return root


def names(source: Path) -> list[tuple[str, str | None]]:
    folder = source if source.is_dir() else source.parent
    return [(str(entry.path.relative_to(folder)), entry.external_image_id) for entry in entries_of(source)]


def test_pictures_are_named_after_the_folder_of_their_person_or_themselves(tmp_path: Path) -> None:
    folder_with(tmp_path, "anna/1.jpg", "anna/2024/2.JPEG", "ben.png", "c.d-e.jpg")
    assert names(tmp_path) == [
        ("anna/1.jpg", "anna"),
        ("anna/2024/2.JPEG", "anna"),
        ("ben.png", "ben"),
        ("c.d-e.jpg", "c.d-e"),
    ]


def test_formats_that_are_not_decoded_are_not_passed_over_in_silence(tmp_path: Path) -> None:
    folder_with(tmp_path, "anna/1.heic", "anna/2.webp", "anna/notes.txt", "anna/.hidden.jpg", ".trash/3.jpg")
    assert [name for name, _ in names(tmp_path)] == ["anna/1.heic", "anna/2.webp"]


def test_names_that_no_external_image_id_can_have_are_names_of_people(tmp_path: Path) -> None:
    folder_with(tmp_path, "김민수/1.jpg", "two words.jpg", "이영희 2.jpg", "anna/1.jpg")
    found = {entry.path.name: (entry.external_image_id, entry.name) for entry in entries_of(tmp_path)}
    assert found["two words.jpg"] == (None, "two words")
    assert found["이영희 2.jpg"] == (None, "이영희 2")
    assert {(entry.external_image_id, entry.name) for entry in entries_of(tmp_path)} >= {
        ("anna", ""),
        (None, "김민수"),
    }


@pytest.mark.parametrize(
    ("file", "person"),
    [
        ("anna-1.jpg", "anna"),
        ("anna_02.jpg", "anna"),
        ("anna (3).jpg", "anna"),
        ("anna 4.jpg", "anna"),
        ("anna.jpg", "anna"),
        ("anna5.jpg", "anna5"),
        ("anna-2024.jpg", "anna-2024"),
        ("1.jpg", "1"),
        ("-1.jpg", "-1"),
    ],
)
def test_a_number_at_the_end_is_no_part_of_a_name_where_that_is_meant(
    file: str, person: str, tmp_path: Path
) -> None:
    folder_with(tmp_path, file)
    [entry] = entries_of(tmp_path, numbered=True)
    assert entry.external_image_id == person
    [entry] = entries_of(tmp_path)
    assert entry.external_image_id or entry.name == file.removesuffix(".jpg")


def test_letters_put_together_in_two_ways_are_one_name(tmp_path: Path) -> None:
    folder_with(tmp_path, "\u1100\u1161/1.jpg", "\uac00/2.jpg")
    assert {entry.name for entry in entries_of(tmp_path)} == {"\uac00"}


def test_a_name_with_control_characters_is_told_before_anything_is_done(tmp_path: Path) -> None:
    folder_with(tmp_path, "a\tb.jpg")
    with pytest.raises(SetupError, match="cannot be a person's: A name has at most 255 printable characters"):
        entries_of(tmp_path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
def test_a_list_has_names_in_the_encodings_of_spreadsheets(encoding: str, tmp_path: Path) -> None:
    text = "path,external_image_id,name\na.jpg,e-1,김민수\nb.jpg,,이영희\n"
    (tmp_path / "list.csv").write_bytes(text.encode(encoding))
    found = [(entry.external_image_id, entry.name) for entry in entries_of(tmp_path / "list.csv")]
    assert found == [("e-1", "김민수"), (None, "이영희")]


@pytest.mark.parametrize("name", ["list.csv", "list.jsonl"])
def test_a_manifest_names_files_beside_it_and_their_ids(name: str, tmp_path: Path) -> None:
    rows = [("a.jpg", "anna"), ("sub/b, c.jpg", None)]
    (tmp_path / name).write_text(
        '\ufeffpath,external_image_id\r\na.jpg,anna\r\n\r\n"sub/b, c.jpg",\r\n'
        if name.endswith("csv")
        else "".join(json.dumps({"path": path, "external_image_id": id_}) + "\n" for path, id_ in rows)
    )
    assert names(tmp_path / name) == rows
    assert [entry.line for entry in entries_of(tmp_path / name)] == ([2, 4] if name.endswith("csv") else [1, 2])


def test_a_path_that_is_absolute_stays_so_and_ids_may_be_left_out(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("path\n/pictures/a.jpg\n")
    [entry] = entries_of(tmp_path / "list.csv")
    assert (entry.path, entry.external_image_id) == (Path("/pictures/a.jpg"), None)


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("m.csv", "a.jpg,anna\n", "line 1: there is no column 'a.jpg'"),
        ("m.csv", "external_image_id\nanna\n", "line 1: the first line must name the column path"),
        ("m.csv", "path,path\na,b\n", "line 1: a column is named twice"),
        ("m.csv", "path,who\na.jpg,anna\n", "line 1: there is no column 'who'"),
        ("m.csv", "path,external_image_id\na.jpg\n", "line 2: 1 values where 2 are named"),
        ("m.csv", "path,external_image_id\na.jpg,b\n,c\n", "line 3: the path is empty"),
        ("m.csv", "path,external_image_id\na.jpg,no blanks\n", "line 2: 'no blanks' is not a valid"),
        ("m.csv", 'path\n"a.jpg\n', "line 2: not CSV"),
        ("m.csv", "path\n", "no pictures"),
        ("m.csv", "", "line 1: the first line must name"),
        ("m.jsonl", '{"path": "a.jpg"}\n{"path": "a.jpg"\n', "line 2: not JSON"),
        ("m.jsonl", '["a.jpg"]\n', "line 1: not an object"),
        ("m.jsonl", '{"path": 3}\n', "line 1: not an object of strings"),
        ("m.jsonl", '{"external_image_id": "anna"}\n', "line 1: there is no path"),
        ("m.jsonl", '\n{"path": "a", "who": "anna"}\n', "line 2: there is no column 'who'"),
        ("m.jsonl", '{"path": "a", "external_image_id": "%s"}\n' % ("x" * 256), "line 1: 'xxx"),
        ("m.jsonl", '{"path": "a\\u0000.jpg"}\n', "line 1: the path is empty"),
        ("m.txt", "a.jpg", "is not a folder, a ZIP or a manifest"),
    ],
)
def test_a_manifest_that_is_not_as_it_must_be_is_refused_with_the_line(
    name: str, text: str, complaint: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(SetupError, match=complaint.replace("[", r"\[")):
        entries_of(tmp_path / name)


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="does not exist"):
        entries_of(tmp_path / "nowhere")
    (tmp_path / "list.csv").write_bytes(b"path\n\xff\n")
    with pytest.raises(SetupError, match=r"list.csv cannot be read: it is not UTF-8\.$"):
        entries_of(tmp_path / "list.csv")
    with pytest.raises(SetupError, match=r"nowhere.csv cannot be read: No such file or directory\.$"):
        entries_of(tmp_path / "nowhere.csv")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SetupError, match="no pictures"):
        entries_of(tmp_path / "empty")


@pytest.mark.parametrize(
    ("line", "why"),
    [('{"path": ' + "[" * 9_000, "not JSON"), ('{"path": "' + "a" * 20_000 + '"}', "longer than 20,000")],
)
def test_a_line_that_is_deep_or_long_is_a_mistake_like_another(tmp_path: Path, line: str, why: str) -> None:
    manifest = tmp_path / "people.jsonl"
    manifest.write_text(f'{{"path": "a.jpg"}}\n{line}\n')
    with pytest.raises(SetupError, match=f"line 2: {why}"):
        entries_of(manifest)


def test_a_manifest_of_any_size_is_not_read_into_memory(tmp_path: Path) -> None:
    manifest = tmp_path / "people.csv"
    with manifest.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(SetupError, match="import it in parts"):
        entries_of(manifest)
