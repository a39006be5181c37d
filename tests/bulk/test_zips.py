"""ZIP files of pictures are read in place, with names as people typed them; what is no album is refused."""

from __future__ import annotations

import hashlib
import io
import struct
import unicodedata
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from visavis.cli.sources import entries_of
from visavis.cli.zips import open_zip
from visavis.core.bulk import MAX_FILE_BYTES
from visavis.errors import ErrorCode, ServiceError, SetupError

UTF8 = 0x800


def zipped(path: Path, files: Mapping[str, bytes], encoding: str = "") -> Path:
    """A ZIP of these files. With an `encoding`, names are written in it, and nothing says which it is."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name if not encoding else stand_in(name.encode(encoding)), content)
    if encoding:
        data = path.read_bytes()
        for name in files:
            raw = name.encode(encoding)
            data = data.replace(stand_in(raw).encode(), raw)
        path.write_bytes(data)
    return path


def stand_in(raw: bytes) -> str:
    """ASCII of the same length, which Python writes without the flag of UTF-8."""
    return (hashlib.sha256(raw).hexdigest() * 4)[: len(raw)]


def people(source: Path, *, numbered: bool = False) -> list[tuple[str | None, str]]:
    return [(entry.external_image_id, entry.name) for entry in entries_of(source, numbered=numbered)]


@pytest.mark.parametrize("encoding", ["", "utf-8", "cp949", "euc-kr"])
def test_korean_names_are_read_whatever_wrote_them(encoding: str, tmp_path: Path) -> None:
    source = zipped(
        tmp_path / "a.zip", {"김민수/1.jpg": b"1", "이영희/사진 2.jpg": b"2", "e-7/3.jpg": b"3"}, encoding
    )
    assert sorted(people(source), key=str) == sorted([(None, "김민수"), (None, "이영희"), ("e-7", "")], key=str)
    assert {entry.read() for entry in entries_of(source)} == {b"1", b"2", b"3"}


def test_syllables_that_only_cp949_has_are_read(tmp_path: Path) -> None:
    assert people(zipped(tmp_path / "a.zip", {"똠방각하.jpg": b""}, "cp949")) == [(None, "똠방각하")]


def test_names_of_macos_are_put_together_and_its_own_files_are_left_out(tmp_path: Path) -> None:
    files = {
        unicodedata.normalize("NFD", "사람들/김민수/1.jpg"): b"1",
        "__MACOSX/사람들/김민수/._1.jpg": b"",
        "사람들/.DS_Store": b"",
        "사람들/김민수/Thumbs.db": b"",
        "사람들/이영희/2.jpg": b"2",
    }
    assert people(zipped(tmp_path / "a.zip", files, "utf-8")) == [(None, "김민수"), (None, "이영희")]


@pytest.mark.parametrize("name", ["Müller", "Zoë Ünal", "André", "Núñez"])
def test_names_of_old_european_tools_are_not_taken_for_korean(name: str, tmp_path: Path) -> None:
    assert people(zipped(tmp_path / "a.zip", {f"{name}.jpg": b""}, "cp437")) == [(None, name)]


def test_files_name_people_as_in_a_folder(tmp_path: Path) -> None:
    source = zipped(tmp_path / "a.zip", {"anna-1.jpg": b"1", "anna-2.jpg": b"2", "ben/2024/x.png": b"3"})
    assert people(source) == [("anna-1", ""), ("anna-2", ""), ("ben", "")]
    assert people(source, numbered=True) == [("anna", ""), ("anna", ""), ("ben", "")]


def test_the_folder_around_everything_is_nobody(tmp_path: Path) -> None:
    assert people(zipped(tmp_path / "a.zip", {"people/anna/1.jpg": b"", "people/ben.jpg": b""})) == [
        ("anna", ""),
        ("ben", ""),
    ]
    assert people(zipped(tmp_path / "b.zip", {"anna/1.jpg": b""})) == [("anna", "")]


def test_one_folder_of_pictures_is_a_question(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="may be of one person or of one each"):
        entries_of(zipped(tmp_path / "a.zip", {"people/anna.jpg": b"", "people/ben.jpg": b""}))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp949"])
def test_a_list_in_the_zip_says_who_is_who(encoding: str, tmp_path: Path) -> None:
    rows = "path,external_image_id,name\n1.jpg,e-7,김민수\n사진/2.jpg,,이영희\nnowhere.jpg,x,\n"
    files = {
        "모두/list.csv": rows.encode(encoding),
        "모두/1.jpg": b"1",
        "모두/사진/2.jpg": b"2",
        "모두/3.jpg": b"3",
    }
    first, second, missing = entries_of(zipped(tmp_path / "a.zip", files))
    assert (first.external_image_id, first.name, first.read()) == ("e-7", "김민수", b"1")
    assert (second.external_image_id, second.name, second.read()) == (None, "이영희", b"2")
    with pytest.raises(FileNotFoundError):
        missing.read()


def test_a_list_beside_the_zip_leads_into_it(tmp_path: Path) -> None:
    zipped(tmp_path / "a.zip", {"사진/1.jpg": b"1"})
    (tmp_path / "list.csv").write_text("path,external_image_id\na.zip/사진/1.jpg,e-7\na.zip/../list.csv,x\n")
    first, outside = entries_of(tmp_path / "list.csv")
    assert (first.external_image_id, first.read()) == ("e-7", b"1")
    with pytest.raises(FileNotFoundError):
        outside.read()


def test_a_list_in_a_zip_reads_no_file_beside_it(tmp_path: Path) -> None:
    secret = tmp_path / "secret.jpg"
    secret.write_bytes(b"secret")
    with pytest.raises(SetupError, match="points outside"):
        entries_of(zipped(tmp_path / "a.zip", {"l.csv": f"path\n{secret}\n".encode()}))
    [entry] = entries_of(zipped(tmp_path / "b.zip", {"l.csv": b"path\n../secret.jpg\n"}))
    with pytest.raises(FileNotFoundError):
        entry.read()


@pytest.mark.parametrize(
    "name", ["../1.jpg", "a/../../1.jpg", "/etc/1.jpg", "C:/1.jpg", "C:\\1.jpg", "..\\1.jpg", "\\\\host\\1.jpg"]
)
def test_a_path_that_leads_out_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="points outside it"):
        entries_of(zipped(tmp_path / "a.zip", {name: b""}))


def with_entry(path: Path, change: str, content: bytes = b"x" * 50, name: str = "1.jpg") -> Path:
    """A ZIP of one file, with something about it that should not be."""
    info = zipfile.ZipInfo(name)
    info.compress_type = {"lzma": zipfile.ZIP_LZMA, "bzip2": zipfile.ZIP_BZIP2}.get(change, zipfile.ZIP_DEFLATED)
    if change == "link":
        info.create_system, info.external_attr = 3, 0o120777 << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(info, content)
    if change == "encrypted":
        data = bytearray(path.read_bytes())
        data[6] |= 1
        data[data.rindex(b"PK\x01\x02") + 8] |= 1
        path.write_bytes(bytes(data))
    return path


@pytest.mark.parametrize(
    ("change", "says"),
    [("link", "is a link"), ("encrypted", "is encrypted"), ("lzma", "Deflate"), ("bzip2", "Deflate")],
)
def test_links_and_what_cannot_be_read_safely_are_refused(change: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=says):
        entries_of(with_entry(tmp_path / "a.zip", change))


def test_a_zip_in_a_zip_is_refused(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("1.jpg", b"")
    with pytest.raises(SetupError, match="is a ZIP itself"):
        entries_of(zipped(tmp_path / "a.zip", {"1.jpg": b"", "more.ZIP": inner.getvalue()}))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_files_of_one_path_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a/1.jpg", b"1")
        archive.writestr("a\\1.jpg".replace("\\", "/"), b"2")
    with pytest.raises(SetupError, match="is in it twice"):
        entries_of(tmp_path / "a.zip")


def test_a_file_that_grows_a_thousandfold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="expands more than"):
        entries_of(zipped(tmp_path / "a.zip", {"1.jpg": bytes(10_000_000)}))


def test_a_size_that_is_a_lie_is_found_when_the_picture_is_read(tmp_path: Path) -> None:
    """Directory and file say 1,000 bytes; what comes out has no end. No more than a picture's worth is read."""
    source = zipped(tmp_path / "a.zip", {"1.jpg": bytes(MAX_FILE_BYTES * 2)})
    data = source.read_bytes().replace(struct.pack("<L", MAX_FILE_BYTES * 2), struct.pack("<L", 1_000))
    source.write_bytes(data)
    [entry] = entries_of(source)
    with pytest.raises(OSError, match="damaged"):
        entry.read()


def test_a_picture_that_is_too_long_is_told_as_such(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("1.jpg", bytes(MAX_FILE_BYTES + 1))
    [entry] = entries_of(tmp_path / "a.zip")
    with pytest.raises(ServiceError) as caught:
        entry.read()
    assert caught.value.code is ErrorCode.IMAGE_TOO_LARGE


def test_files_that_lie_over_each_other_are_refused(tmp_path: Path) -> None:
    """As in a bomb whose entries share what they are packed in."""
    source = zipped(tmp_path / "a.zip", {f"{number}.jpg": bytes(range(256)) * 40 for number in range(2)})
    data = source.read_bytes()
    first = data.index(b"PK\x01\x02")
    packed = struct.unpack_from("<L", data, first + 20)[0]
    changed = data.replace(struct.pack("<L", packed), struct.pack("<L", len(data)))
    source.write_bytes(changed)
    with pytest.raises(SetupError):
        entries_of(source)


def test_more_files_than_anybody_has_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = zipped(tmp_path / "a.zip", {f"{number}.jpg": b"" for number in range(3)})
    monkeypatch.setattr("visavis.cli.zips.MOST_FILES", 2)
    with pytest.raises(SetupError, match="more than 2 files"):
        open_zip(source)
    monkeypatch.undo()
    monkeypatch.setattr("visavis.cli.zips.MOST_BYTES", 1)
    with pytest.raises(SetupError, match="more than 1 bytes"):
        open_zip(zipped(tmp_path / "b.zip", {"1.jpg": b"12"}))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no ZIP", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_zip_or_holds_no_pictures_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(SetupError, match=r"a\.zip"):
        entries_of(tmp_path / "a.zip")


def test_a_damaged_picture_is_the_only_one_left_out(tmp_path: Path) -> None:
    source = zipped(tmp_path / "a.zip", {"1.jpg": b"a" * 100, "2.jpg": b"b" * 100})
    data = bytearray(source.read_bytes())
    data[30 + len("1.jpg") + 1] ^= 0xFF
    source.write_bytes(bytes(data))
    first, second = entries_of(source)
    with pytest.raises(OSError, match="damaged"):
        first.read()
    assert second.read() == b"b" * 100
