"""Commands that print links or commands name the server and the data directory that there are."""

from __future__ import annotations

from pathlib import Path

import pytest

from visavis.cli.address import command, remember, server_url
from visavis.settings import Settings


def test_a_link_names_where_the_server_listened_last(tmp_path: Path) -> None:
    here = Settings(data_dir=tmp_path)
    assert server_url(here) == "http://127.0.0.1:8000"
    remember(here, "https://127.0.0.1:8443")
    assert server_url(here) == "https://127.0.0.1:8443"
    assert (tmp_path / "address").stat().st_mode & 0o777 == 0o600


def test_an_address_that_somebody_chose_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remember(Settings(data_dir=tmp_path), "http://127.0.0.1:9000")
    assert server_url(Settings(data_dir=tmp_path, port=9001)) == "http://127.0.0.1:9001"
    monkeypatch.setenv("VISAVIS_HOST", "10.0.0.7")
    assert server_url(Settings(data_dir=tmp_path)) == "http://10.0.0.7:8000"


@pytest.mark.parametrize("noted", [b"", b"\xff", b"http://127.0.0.1:9000/\x1b[2J", b"javascript:alert(1)"])
def test_a_note_that_is_none_is_not_printed(tmp_path: Path, noted: bytes) -> None:
    (tmp_path / "address").write_bytes(noted)
    assert server_url(Settings(data_dir=tmp_path)) == "http://127.0.0.1:8000"


def test_a_directory_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    remember(Settings(data_dir=tmp_path / "none"), "http://127.0.0.1:9000")
    assert not (tmp_path / "none").exists()


def test_a_command_has_the_data_directory_if_one_was_given() -> None:
    assert command(Settings(), "visavis console invite") == "visavis console invite"
    given = Settings(data_dir=Path("/srv/my faces"))
    assert command(given, "visavis console invite") == "visavis console invite --data-dir '/srv/my faces'"
