"""Reads ZIP files of pictures in place, without unpacking them: nothing of them reaches the disk."""

from __future__ import annotations

import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from visavis.core.bulk import MAX_FILE_BYTES, at_most
from visavis.errors import SetupError, reason

MOST_FILES = 200_000
MOST_BYTES = 1 << 37
"""Bytes of all files together, unpacked: 128 GiB."""
MOST_RATIO = 200
"""How much longer a file may be than what it is packed in. Pictures hardly shrink; bombs grow a thousandfold."""
_SMALL = 1 << 20
"""A file of fewer bytes is no bomb, whatever its ratio."""

_UTF8, _ENCRYPTED = 0x800, 0x1
_UNIX = 3
_BY_SYSTEMS = frozenset({"__MACOSX", "Thumbs.db", "desktop.ini"})
_DAMAGES = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError, ValueError)
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""Others are unpacked by Python without a bound on memory."""
_HANGUL = re.compile("[\uac00-\ud7a3\u3131-\u318e]")
_HANGUL_IN_A_WORD = re.compile("[A-Za-z][\uac00-\ud7a3][a-z]")


@dataclass(frozen=True, slots=True)
class ZipOfPictures:
    """The files of a ZIP by their paths in it, ascending: NFC, with slashes, none that leads out of it."""

    path: Path
    archive: zipfile.ZipFile
    files: dict[str, zipfile.ZipInfo]

    def reader(self, name: str) -> Callable[[], bytes]:
        """Reads a file of the ZIP; from any thread. Calls raise OSError, IMAGE_TOO_LARGE."""
        info = self.files.get(unicodedata.normalize("NFC", name))

        def read() -> bytes:
            if info is None:
                raise FileNotFoundError("There is no such file in the ZIP")
            return at_most(self._unpacked(info, MAX_FILE_BYTES + 1))

        return read

    def text(self, name: str, limit: int) -> bytes:
        """A file that is no picture. Raises SetupError, also for one of more than `limit` bytes."""
        try:
            data = self._unpacked(self.files[name], limit + 1)
        except OSError as error:
            raise SetupError(f"{name} in {self.path} cannot be read: {error}.") from None
        if len(data) > limit:
            raise SetupError(f"{name} in {self.path} has more than {limit:,} bytes: import it in parts.")
        return data

    def _unpacked(self, info: zipfile.ZipInfo, limit: int) -> bytes:
        try:
            with self.archive.open(info) as file:
                return file.read(limit)
        except _DAMAGES as error:
            raise OSError(f"The ZIP is damaged: {error}") from None


def open_zip(path: Path) -> ZipOfPictures:
    """Open a ZIP and check all its entries.

    Raises SetupError for what is no ZIP, and for one with encrypted files, links, other ZIP files, two files of
    one path, paths that lead out of it, or more than anybody's pictures take.
    """
    try:
        archive = zipfile.ZipFile(path)
        size = path.stat().st_size
    except (OSError, ValueError) as error:
        raise SetupError(f"The ZIP {path} cannot be read: {reason(error)}.") from None
    except (zipfile.BadZipFile, NotImplementedError, struct.error) as error:
        raise SetupError(f"The ZIP {path} cannot be read: {error}.") from None
    infos = [info for info in archive.infolist() if not info.orig_filename.endswith(("/", "\\"))]
    _check_sizes(path, infos, size)
    files: dict[str, zipfile.ZipInfo] = {}
    for name, info in zip(_names(infos), infos, strict=True):
        if _is_of_a_system(name):
            continue
        if why := _objection(name, info) or ("is in it twice" if name in files else ""):
            raise SetupError(f"The ZIP {path} cannot be imported: {name!r} {why}.")
        files[name] = info
    return ZipOfPictures(path, archive, dict(sorted(files.items())))


def _check_sizes(path: Path, infos: Sequence[zipfile.ZipInfo], size: int) -> None:
    if len(infos) > MOST_FILES:
        raise SetupError(f"The ZIP {path} has more than {MOST_FILES:,} files: import it in parts.")
    if sum(info.file_size for info in infos) > MOST_BYTES:
        raise SetupError(f"The ZIP {path} holds more than {MOST_BYTES:,} bytes: import it in parts.")
    if sum(info.compress_size for info in infos) > size:
        raise SetupError(f"The ZIP {path} cannot be imported: its files overlap.")


def _objection(name: str, info: zipfile.ZipInfo) -> str:
    """Why a ZIP with this file is not imported; empty if there is no reason."""
    parts = name.split("/")
    is_link = info.create_system == _UNIX and stat.S_IFMT(info.external_attr >> 16) not in {0, stat.S_IFREG}
    reasons = (
        ("\0" in name or ".." in parts or not parts[0] or re.match("[A-Za-z]:", name), "points outside it"),
        (info.flag_bits & _ENCRYPTED, "is encrypted; unpack it and import the folder"),
        (is_link, "is a link or a device, not a file"),
        (name.lower().endswith(".zip"), "is a ZIP itself; unpack it and import the folder"),
        (info.compress_type not in _METHODS, "is not compressed with Deflate; unpack it and import the folder"),
        (info.file_size > max(_SMALL, MOST_RATIO * info.compress_size), f"expands more than {MOST_RATIO} times"),
    )
    return next((why for applies, why in reasons if applies), "")


def _is_of_a_system(name: str) -> bool:
    """Whether some program left the file, and nobody put it there. Names that begin with a dot do not count."""
    return any((part.startswith(".") and part != "..") or part in _BY_SYSTEMS for part in name.split("/"))


def _names(infos: Sequence[zipfile.ZipInfo]) -> Iterator[str]:
    """The names of files as people typed them: with slashes, and in NFC, which macOS does not write."""
    encoding = _encoding([_raw(info) for info in infos if not info.flag_bits & _UTF8])
    for info in infos:
        name = info.orig_filename if info.flag_bits & _UTF8 else _raw(info).decode(encoding)
        first, *others = unicodedata.normalize("NFC", name.replace("\\", "/")).split("/")
        yield "/".join([*([] if first == "." else [first]), *(part for part in others if part not in {"", "."})])


def _raw(info: zipfile.ZipInfo) -> bytes:
    """The bytes of a name that does not say that it is UTF-8; Python takes it for CP437."""
    return info.orig_filename.encode("cp437")


def _encoding(names: Sequence[bytes]) -> str:
    """The encoding of names that do not say it: UTF-8, CP949 of Korean Windows, or CP437 of the format."""
    for encoding in ("utf-8", "cp949"):
        try:
            text = "\n".join(name.decode(encoding) for name in names)
        except UnicodeDecodeError:
            continue
        if encoding == "utf-8" or _is_korean(text):
            return encoding
    return "cp437"


def _is_korean(text: str) -> bool:
    """Whether text that was decoded from CP949 is Korean, and not by chance: Müller in CP437 would be M걄ler."""
    foreign = sum(not character.isascii() for character in text)
    return 2 * len(_HANGUL.findall(text)) > foreign and not _HANGUL_IN_A_WORD.search(text)
