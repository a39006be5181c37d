"""Files are whole or not there."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO, TypeAlias

import pytest

from visavis.files import AS_USUAL, creating, replacing, sync, temporary_file, write_whole

Writing: TypeAlias = Callable[[Path], AbstractContextManager[BinaryIO]]

both = pytest.mark.parametrize("writing", [replacing, creating])


class StoppedError(Exception):
    """Something goes wrong while a file is written."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "target"


@pytest.fixture
def synced(path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What has been synced, in order: the directory of the target, or a file."""
    seen = []

    def observed(descriptor: int, real: Callable[[int], None] = os.fsync) -> None:
        is_directory = os.path.samestat(os.fstat(descriptor), path.parent.stat())
        seen.append("directory" if is_directory else "file")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", observed)
    return seen


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def break_off(file: BinaryIO, error: type[BaseException]) -> None:
    file.write(b"a part")
    raise error


def names_beside(path: Path) -> list[str]:
    return sorted(each.name for each in path.parent.iterdir())


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@both
def test_a_file_appears_with_all_that_was_written(path: Path, writing: Writing) -> None:
    with writing(path) as file:
        file.write(b"one ")
        file.write(b"two")
        assert not path.exists()
    assert path.read_bytes() == b"one two"
    assert names_beside(path) == ["target"]


def test_a_file_that_is_there_gives_way_at_the_end_and_not_before(path: Path) -> None:
    path.write_bytes(b"old")
    with replacing(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert names_beside(path) == ["target"]


def test_who_has_the_old_file_open_reads_it_to_its_end(path: Path) -> None:
    path.write_bytes(b"old and long")
    with path.open("rb", buffering=0) as reader:
        assert reader.read(3) == b"old"
        write_whole(path, b"new")
        assert reader.read() == b" and long"


def test_a_file_that_must_be_new_takes_the_place_of_none(path: Path) -> None:
    path.write_bytes(b"old")
    with pytest.raises(FileExistsError), creating(path) as file:
        file.write(b"new")
    assert path.read_bytes() == b"old"
    assert names_beside(path) == ["target"]


def test_of_two_that_create_a_file_the_first_to_finish_has_it(path: Path) -> None:
    with pytest.raises(FileExistsError), creating(path) as slow:  # noqa: PT012 - one within the other
        slow.write(b"slow")
        with creating(path) as fast:
            fast.write(b"fast")
    assert path.read_bytes() == b"fast"
    assert names_beside(path) == ["target"]


@both
def test_where_writing_fails_nothing_appears(path: Path, writing: Writing) -> None:
    with pytest.raises(StoppedError), writing(path) as file:
        break_off(file, StoppedError)
    assert names_beside(path) == []


def test_where_writing_fails_what_was_there_stays(path: Path) -> None:
    path.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt), replacing(path) as file:
        break_off(file, KeyboardInterrupt)
    assert path.read_bytes() == b"old"
    assert names_beside(path) == ["target"]


@both
def test_where_there_is_no_directory_none_is_made(path: Path, writing: Writing) -> None:
    with pytest.raises(FileNotFoundError), writing(path / "below") as file:
        file.write(b"anything")
    assert names_beside(path) == []


def test_a_directory_does_not_give_way(path: Path) -> None:
    path.mkdir()
    with pytest.raises(IsADirectoryError):
        write_whole(path, b"new")
    assert path.is_dir()
    assert names_beside(path) == ["target"]


def test_a_link_gives_way_and_what_it_points_to_stays(path: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"old")
    path.symlink_to(elsewhere)
    write_whole(path, b"new")
    assert (path.read_bytes(), elsewhere.read_bytes()) == (b"new", b"old")
    assert not path.is_symlink()


@both
def test_a_file_is_its_owners_alone_from_the_first_byte(path: Path, writing: Writing) -> None:
    with umask(0), writing(path) as file:
        [temporary] = path.parent.iterdir()
        assert mode(temporary) == 0o600
        file.write(b"a secret")
    assert mode(path) == 0o600


def test_a_file_that_everybody_could_read_is_its_owners_alone_after_it_was_replaced(path: Path) -> None:
    path.touch()
    path.chmod(0o644)
    write_whole(path, b"a secret")
    assert mode(path) == 0o600


def test_a_file_that_is_no_secret_has_the_mode_of_the_users_other_files(path: Path) -> None:
    for mask, expected in ((0o022, 0o644), (0o077, 0o600), (0o002, 0o664)):
        with umask(mask), replacing(path, mode=AS_USUAL):
            pass
        assert mode(path) == expected


@both
def test_content_is_on_disk_before_the_name_and_the_name_before_the_end(
    path: Path, writing: Writing, synced: list[str]
) -> None:
    with writing(path) as file:
        file.write(b"new")
        assert synced == []
    assert synced == ["file", "directory"]


@both
def test_what_was_never_finished_is_not_synced(path: Path, writing: Writing, synced: list[str]) -> None:
    with pytest.raises(StoppedError), writing(path):
        raise StoppedError
    assert synced == []


def test_a_disk_that_cannot_keep_it_gives_no_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_bytes(b"old")

    def fails(_descriptor: int) -> None:
        raise OSError("Input/output error")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OSError, match="Input/output"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert names_beside(path) == ["target"]


def test_a_file_and_a_directory_are_synced_by_name(path: Path, synced: list[str]) -> None:
    path.touch()
    sync(path)
    sync(path.parent)
    assert synced == ["file", "directory"]


def test_a_temporary_file_that_nobody_moves_is_gone_after_the_block(path: Path) -> None:
    with temporary_file(path) as temporary:
        temporary.write_bytes(b"by name")
        assert mode(temporary) == 0o600
        assert temporary.parent == path.parent
    assert names_beside(path) == []


def test_a_temporary_file_that_was_moved_stays_where_it_is(path: Path) -> None:
    with temporary_file(path) as temporary:
        temporary.write_bytes(b"by name")
        temporary.replace(path)
    assert path.read_bytes() == b"by name"
    assert names_beside(path) == ["target"]


def writer(
    writing: Writing, path: Path, then: str, most_bytes: int = resource.RLIM_INFINITY
) -> subprocess.Popen[str]:
    """A process that writes 100,000 bytes, and does something then; no file of its may become larger than told."""
    name = getattr(writing, "__name__", "")
    code = f"""
import sys
from pathlib import Path
from visavis.files import {name}
with {name}(Path(sys.argv[1])) as file:
    file.write(b"x" * 100_000)
    {then}
"""
    return subprocess.Popen(  # noqa: S603 - our own
        [sys.executable, "-c", code, str(path)],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, resource.RLIM_INFINITY)),  # noqa: PLW1509 - no threads here
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@both
@pytest.mark.parametrize("most_bytes", [0, 4096, 99_999])
def test_a_disk_that_takes_a_part_only_keeps_nothing(path: Path, writing: Writing, most_bytes: int) -> None:
    process = writer(writing, path, then="pass", most_bytes=most_bytes)
    _, said = process.communicate()
    assert process.returncode == 1
    assert "File too large" in said  # not always last: what measures coverage cannot write either
    assert names_beside(path) == []


@both
def test_a_disk_that_takes_all_keeps_it(path: Path, writing: Writing) -> None:
    process = writer(writing, path, then="pass", most_bytes=100_000)
    assert process.communicate() == ("", "")
    assert path.read_bytes() == b"x" * 100_000


def test_what_was_there_stays_when_the_disk_is_full(path: Path) -> None:
    path.write_bytes(b"old")
    process = writer(replacing, path, then="pass", most_bytes=4096)
    process.communicate()
    assert process.returncode == 1
    assert path.read_bytes() == b"old"
    assert names_beside(path) == ["target"]


@pytest.mark.parametrize(("writing", "before"), [(replacing, b"old"), (creating, None)])
def test_a_process_that_is_killed_while_it_writes_changes_nothing_that_is_read(
    path: Path, writing: Writing, before: bytes | None
) -> None:
    if before is not None:
        path.write_bytes(before)
    process = writer(writing, path, then="file.flush(); print('written', flush=True); input()")
    assert process.stdout is not None
    assert process.stdout.readline() == "written\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert (path.read_bytes() if path.exists() else None) == before
    assert [name for name in names_beside(path) if not name.startswith(".")] == (
        [] if before is None else ["target"]
    )
    write_whole(path, b"the next")
    assert path.read_bytes() == b"the next"
