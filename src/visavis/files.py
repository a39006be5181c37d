"""Files that are whole or not there, whatever happens: an error, a full disk, a killed process, a power loss.

What is written goes to a draft first: a hidden file beside the target, on the same disk. A draft is removed when
writing fails; one that a killed process leaves behind is never read.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

OWNER_ONLY = 0o600
AS_USUAL = 0o666
"""Less the umask of the process, as for any file that its user makes."""


def write_whole(path: Path, data: bytes) -> None:
    """Let a file hold these bytes and nothing else, for its owner alone. Raises OSError as `replacing` does."""
    with replacing(path) as file:
        file.write(data)


@contextmanager
def replacing(path: Path, mode: int = OWNER_ONLY) -> Iterator[BinaryIO]:
    """A file to write, which takes the place of `path` when the block ends, and is on disk then.

    Readers see what was there before or all that is new, never a part. If the block raises, or the disk is full
    (OSError), what was there stays. A link at `path` is replaced, not the file that it points to.
    """
    with draft_of(path, mode) as draft:
        with _filled(draft) as file:
            yield file
        draft.replace(path)
    sync(path.parent)


@contextmanager
def creating(path: Path, mode: int = OWNER_ONLY) -> Iterator[BinaryIO]:
    """A file to write, which appears as `path` when the block ends, and is on disk then.

    Raises FileExistsError, and leaves what is there, if there is something at `path` by then. If the block raises,
    or the disk is full (OSError), nothing appears. Needs a file system with hard links.
    """
    with draft_of(path, mode) as draft:
        with _filled(draft) as file:
            yield file
        path.hardlink_to(draft)
    sync(path.parent)


@contextmanager
def draft_of(path: Path, mode: int = OWNER_ONLY) -> Iterator[Path]:
    """An empty draft, for content that is written by name; removed when the block ends, unless it was moved."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    draft.touch(mode=mode, exist_ok=False)
    try:
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Wait until the content of a file, or the names in a directory, are on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _filled(draft: Path) -> Iterator[BinaryIO]:
    """The draft, to write; its content is on disk when the block ends."""
    with draft.open("wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
