"""Files that are complete or absent, whatever happens: an error, a full disk, a killed process, a power loss.

Data is written to a temporary file first: a hidden file beside the target, on the same disk. It is removed if
writing fails; one that a killed process leaves behind is never read.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

if sys.platform != "win32":
    import fcntl

OWNER_ONLY = 0o600
AS_USUAL = 0o666
"""Mode before the umask of the process, as for any file that its user makes."""


def write_whole(path: Path, data: bytes, mode: int = OWNER_ONLY) -> None:
    """Write these bytes to a file; replace what is there. Raises OSError."""
    with replacing(path, mode) as file:
        file.write(data)


@contextmanager
def replacing(path: Path, mode: int = OWNER_ONLY) -> Iterator[BinaryIO]:
    """A file to write, which replaces `path` when the block ends, and is on disk then.

    Readers see the old content or all of the new content, never a part. If the block raises, or the disk is full
    (OSError), the old content stays. A link at `path` is replaced, not the file that it points to.
    """
    with temporary_file(path, mode) as temporary:
        with _filled(temporary) as file:
            yield file
        temporary.replace(path)
    sync(path.parent)


@contextmanager
def creating(path: Path, mode: int = OWNER_ONLY) -> Iterator[BinaryIO]:
    """A file to write, which appears as `path` when the block ends, and is on disk then.

    Raises FileExistsError, and changes nothing, if `path` exists by then. If the block raises, or the disk is full
    (OSError), nothing appears. Needs a file system with hard links.
    """
    with temporary_file(path, mode) as temporary:
        with _filled(temporary) as file:
            yield file
        path.hardlink_to(temporary)
    sync(path.parent)


@contextmanager
def temporary_file(path: Path, mode: int = OWNER_ONLY) -> Iterator[Path]:
    """An empty temporary file beside `path`, to be written by name; deleted when the block ends, unless moved."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    temporary.touch(mode=mode, exist_ok=False)
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def locked(directory: Path) -> Iterator[bool]:
    """Whether this process alone is in such a block for the directory; the system ends that with the process.

    On Windows, which has no such locks, always True.
    """
    if sys.platform == "win32":
        yield True
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def sync(path: Path) -> None:
    """Wait until the content of a file, or the names in a directory, are on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _filled(path: Path) -> Iterator[BinaryIO]:
    """The file, open for writing; its content is on disk when the block ends."""
    with path.open("wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
