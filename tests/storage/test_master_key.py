"""Where the master key comes from, and what happens when it is not the right one."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from visavis.errors import SetupError
from visavis.storage.keys.providers import decode_keys
from visavis.storage.store import open_storage

KEY = bytes(range(32))
OTHER = bytes(range(1, 33))


def _token_key(data_dir: Path, master_key: bytes | None = None) -> bytes:
    storage = open_storage(data_dir, master_key)
    storage.close()
    return storage.token_key


def test_the_first_start_writes_a_key_file_for_its_owner_alone(data_dir: Path) -> None:
    first = _token_key(data_dir)
    key_file = data_dir / "master.key"
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert len(base64.b64decode(key_file.read_text())) == 32
    assert _token_key(data_dir) == first


def test_a_key_that_is_given_is_written_nowhere(data_dir: Path) -> None:
    _token_key(data_dir, KEY)
    for path in data_dir.iterdir():
        assert KEY not in path.read_bytes()
        assert base64.b64encode(KEY) not in path.read_bytes()
    assert not (data_dir / "master.key").exists()


def test_the_token_key_is_of_the_database_alone_and_not_the_master_key(tmp_path: Path) -> None:
    first = _token_key(tmp_path / "a", KEY)
    assert _token_key(tmp_path / "a", KEY) == first
    assert _token_key(tmp_path / "b", KEY) != first
    assert first != KEY


def test_another_key_than_the_first_is_refused(data_dir: Path) -> None:
    _token_key(data_dir, KEY)
    with pytest.raises(SetupError, match="not the one that this database was created with"):
        open_storage(data_dir, OTHER)
    _token_key(data_dir, KEY)


def test_a_key_file_with_another_key_is_refused(data_dir: Path) -> None:
    _token_key(data_dir)
    (data_dir / "master.key").write_bytes(base64.b64encode(OTHER))
    with pytest.raises(SetupError, match="not the one that this database was created with"):
        open_storage(data_dir)


def test_a_lost_key_file_is_not_made_anew_once_the_database_is_in_use(data_dir: Path) -> None:
    _token_key(data_dir)
    (data_dir / "master.key").unlink()
    with pytest.raises(SetupError, match="Restore the key file at"):
        open_storage(data_dir)
    assert not (data_dir / "master.key").exists()


def test_a_key_file_put_in_before_the_first_start_is_used(data_dir: Path) -> None:
    data_dir.mkdir()
    (data_dir / "master.key").write_bytes(base64.b64encode(KEY) + b"\n")
    assert _token_key(data_dir) == _token_key(data_dir, KEY)


@pytest.mark.parametrize("content", ["", "????", base64.b64encode(KEY[:31]).decode(), KEY.hex(), "kéy"])
def test_a_key_file_that_holds_no_key_is_refused(data_dir: Path, content: str) -> None:
    data_dir.mkdir()
    (data_dir / "master.key").write_text(content, "utf-8")
    with pytest.raises(SetupError, match="32 bytes in Base64"):
        open_storage(data_dir)


def test_the_spelling_of_a_key_may_have_white_space_around_it() -> None:
    assert decode_keys(f" {base64.b64encode(KEY).decode()}\n") == (KEY,)
