"""The file of a backup: a tar file with a manifest and then one SQLite database."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from visavis.errors import SetupError
from visavis.files import replacing, temporary_file

_FORMAT = "visavis backup 1"
_MANIFEST, _DATABASE = "manifest.json", "visavis.db"
_MANIFEST_BYTES = 65_536
_AT_ONCE = 1 << 20


@dataclass(frozen=True, slots=True)
class Manifest:
    """Describes a backup: enough to check that it is complete, and nothing about any person."""

    made_at: str
    """ISO 8601, UTC."""
    made_by: str
    """The version of Visavis."""
    made_from: str
    """The kind of database: sqlite or postgresql."""
    apps: int
    groups: int
    faces: int
    bytes: int
    """Size of the database file."""
    sha256: str
    """SHA-256 of the database file, in hexadecimal."""
    format: str = _FORMAT


def pack(file: Path, manifest: Manifest, database: Path) -> None:
    """Write the backup file: complete and on disk, or not at all."""
    with replacing(file) as raw, tarfile.open(fileobj=raw, mode="w") as archive:
        described = json.dumps(asdict(manifest), indent=1).encode()
        _add(archive, _MANIFEST, len(described), io.BytesIO(described))
        with database.open("rb") as content:
            _add(archive, _DATABASE, manifest.bytes, content)


def unpack(file: Path, database: Path) -> Manifest:
    """Write the database in a backup to an empty file. Raises SetupError unless the backup is complete."""
    try:
        with file.open("rb") as raw, tarfile.open(fileobj=raw, mode="r:") as archive:
            manifest = _manifest(_content(archive, _MANIFEST).read(_MANIFEST_BYTES))
            content, sha256, size = _content(archive, _DATABASE), hashlib.sha256(), 0
            with database.open("wb") as target:
                while piece := content.read(_AT_ONCE):
                    target.write(piece)
                    sha256.update(piece)
                    size += len(piece)
    except (tarfile.TarError, ValueError, TypeError, KeyError) as error:
        raise SetupError(f"{file} is no backup of Visavis, or not a whole one.") from error
    if (size, sha256.hexdigest()) != (manifest.bytes, manifest.sha256):
        raise SetupError(f"{file} is damaged: what is in it is not what was put there.")
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
            for suffix in ("-wal", "-shm", "-journal"):
                temporary.with_name(temporary.name + suffix).unlink(missing_ok=True)


def _add(archive: tarfile.TarFile, name: str, size: int, content: BinaryIO) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    archive.addfile(entry, content)


def _content(archive: tarfile.TarFile, name: str) -> io.BufferedReader:
    """The content of the next entry, which must be a plain file of this name. Paths in a tar file are not used."""
    entry = archive.next()
    found = archive.extractfile(entry) if entry is not None and entry.isreg() and entry.name == name else None
    if found is None:
        raise ValueError(name)
    assert isinstance(found, io.BufferedReader)  # noqa: S101 - of a plain file
    return found


def _manifest(content: bytes) -> Manifest:
    manifest = Manifest(**json.loads(content))
    if manifest.format != _FORMAT:
        raise ValueError(manifest.format)
    return manifest
