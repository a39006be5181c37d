"""No ZIP, however broken, does anything else than be read or be refused with a sentence."""

from __future__ import annotations

import io
import zipfile
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from visavis.cli.sources import entries_of
from visavis.cli.zips import open_zip
from visavis.errors import ServiceError, SetupError


def _sample() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("김민수/1.jpg", b"picture " * 20)
        archive.writestr("e-7/2.jpg", b"other " * 20)
        archive.writestr("list.csv", "path,name\n김민수/1.jpg,김민수\n")
    return file.getvalue()


SAMPLE = _sample()


@given(st.lists(st.tuples(st.integers(0, len(SAMPLE) - 1), st.integers(0, 255)), max_size=8), st.integers(0, 40))
def test_a_zip_with_changed_bytes_is_read_or_refused(changes: list[tuple[int, int]], cut: int) -> None:
    data = bytearray(SAMPLE)
    for at, value in changes:
        data[at] = value
    _read_or_refused(bytes(data[: len(data) - cut]))


@given(st.lists(st.binary(min_size=1, max_size=12), min_size=1, max_size=4, unique=True))
def test_any_name_in_any_encoding_stays_in_the_zip(names: list[bytes]) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for letter, name in zip("abcd", names, strict=False):
            archive.writestr(letter * len(name), b"x")
    data = file.getvalue()
    for letter, name in zip("abcd", names, strict=False):
        for _ in range(2):  # before the file, and in the directory
            data = data.replace(letter.encode() * len(name), name, 1)
    _read_or_refused(data)


def _read_or_refused(data: bytes) -> None:
    with TemporaryDirectory() as folder:
        source = Path(folder) / "people.zip"
        source.write_bytes(data)
        try:
            for name in open_zip(source).files:
                assert ".." not in name.split("/")
                assert not name.startswith("/")
            entries = entries_of(source)
        except SetupError:
            return
        for entry in entries:
            with suppress(ServiceError, OSError):
                entry.read()
