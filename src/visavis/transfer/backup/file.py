"""The file of a backup: a tar of a manifest and, after it, one SQLite database, and nothing else.

The reader takes the two entries by hand: what tar knows beside plain files, holes, links and extensions of headers
among it, is refused before anything is written.
"""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from visavis.errors import SetupError
from visavis.files import replacing, temporary_file
from visavis.transfer.backup.manifest import Manifest, Trust

_MANIFEST, _DATABASE = "manifest.json", "visavis.db"
_MANIFEST_BYTES = 65_536
_AT_ONCE = 1 << 20
_BLOCK = tarfile.BLOCKSIZE


def pack(file: Path, manifest: Manifest, database: Path) -> None:
    """Write the archive: whole and on disk under its name, or not at all."""
    # The GNU format has plain headers for files of any size.
    with replacing(file) as raw, tarfile.open(fileobj=raw, mode="w", format=tarfile.GNU_FORMAT) as archive:
        described = manifest.model_dump_json(indent=1).encode()
        _add(archive, _MANIFEST, len(described), io.BytesIO(described))
        with database.open("rb") as content:
            _add(archive, _DATABASE, manifest.bytes, content)


def unpack(file: Path, database: Path, trust: Trust) -> Manifest:
    """Write the database of an archive to an empty file: as many bytes as a manifest states that is believed.

    Raises SetupError unless the archive is whole, and no more than that.
    """
    try:
        with file.open("rb") as raw:
            manifest = _manifest(raw)
            trust.require(manifest)
            _require_room(database, manifest.bytes)
            _begin(raw, manifest.bytes)
            sha256 = _copy(raw, database, manifest.bytes)
            _finish(raw, manifest.bytes)
    except (tarfile.TarError, ValueError) as error:
        raise SetupError(f"{file} is not a backup of Visavis, or is incomplete.") from error
    if sha256 != manifest.sha256:
        raise SetupError(f"{file} is damaged: its contents are not what was written.")
    return manifest


def fingerprint(file: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


@contextmanager
def temporary_database(file: Path) -> Iterator[Path]:
    """A temporary file for a SQLite database, whose logs are removed with it when the block ends."""
    with temporary_file(file) as temporary:
        try:
            yield temporary
        finally:
            for suffix in _LOGS:
                temporary.with_name(temporary.name + suffix).unlink(missing_ok=True)


def remove_drafts(file: Path) -> None:
    """Remove the drafts of this file that processes have left which were killed; nobody may be at work on one."""
    left = re.compile(rf"\.{re.escape(file.name)}\.[0-9a-f]{{16}}({'|'.join(_LOGS)})?")
    for path in file.parent.iterdir():
        if left.fullmatch(path.name):
            path.unlink(missing_ok=True)


_LOGS = ("-wal", "-shm", "-journal")


def _add(archive: tarfile.TarFile, name: str, size: int, content: BinaryIO) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    archive.addfile(entry, content)


def _manifest(raw: BinaryIO) -> Manifest:
    size = _entry(raw, _MANIFEST)
    if size > _MANIFEST_BYTES:
        raise ValueError(_MANIFEST)
    manifest = Manifest.model_validate_json(raw.read(size))
    raw.read(-size % _BLOCK)
    return manifest


def _entry(raw: BinaryIO, name: str) -> int:
    """The size of the next entry, which must be a plain file of this name. Raises TarError, ValueError."""
    entry = tarfile.TarInfo.frombuf(raw.read(_BLOCK), "utf-8", "strict")
    if entry.name != name or entry.type not in {tarfile.REGTYPE, tarfile.AREGTYPE} or entry.size < 0:
        raise ValueError(name)
    return entry.size


def _begin(raw: BinaryIO, size: int) -> None:
    """Raises ValueError unless the database follows, of this size."""
    if _entry(raw, _DATABASE) != size:
        raise ValueError(_DATABASE)


def _require_room(database: Path, size: int) -> None:
    free = shutil.disk_usage(database.parent).free
    if size > free:
        raise SetupError(
            f"The database of the backup has {size:,} bytes, and the disk of {database.parent} has room for "
            f"{free:,}."
        )


def _copy(raw: BinaryIO, database: Path, size: int) -> str:
    """The SHA-256 of what was copied, in hexadecimal. Raises ValueError where there is less than `size` bytes."""
    sha256, left = hashlib.sha256(), size
    with database.open("wb") as target:
        while left:
            piece = raw.read(min(left, _AT_ONCE))
            if not piece:
                raise ValueError(_DATABASE)
            target.write(piece)
            sha256.update(piece)
            left -= len(piece)
    return sha256.hexdigest()


def _finish(raw: BinaryIO, size: int) -> None:
    """Nothing follows but the zeros that end a tar. Raises ValueError."""
    rest = raw.read(-size % _BLOCK + 2 * tarfile.RECORDSIZE)
    if rest.strip(b"\0") or raw.read(1):
        raise ValueError(_DATABASE)
