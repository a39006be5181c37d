"""A data directory or key file that other users can read is told of at the start, or keeps the server from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.servers import create_app, running_server, visavis

REQUIRED = {"REQUIRE_PRIVATE_FILES": "true"}


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A data directory with a database and a key in it."""
    create_app(tmp_path / "data", "app")
    return tmp_path / "data"


def test_what_the_server_makes_itself_is_private(kept: Path) -> None:
    with running_server(kept.parent, REQUIRED) as server:
        assert "Other users of this machine" not in server.log.read_text()


@pytest.mark.parametrize(("name", "rights"), [("", 0o755), ("master.key", 0o640), ("visavis.db", 0o604)])
def test_what_others_can_read_is_told_of_and_refused_if_told(kept: Path, name: str, rights: int) -> None:
    place = kept / name
    place.chmod(rights)
    said = f"Other users of this machine can access {place} ({rights:04o})"
    refused = visavis("serve", "--port", "0", "--data-dir", str(kept), check=False, settings=REQUIRED)
    assert refused.returncode == 1
    assert said in refused.stderr
    with running_server(kept.parent) as server:
        assert said in server.log.read_text()


def test_a_key_file_elsewhere_is_looked_at_too(kept: Path, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_bytes((kept / "master.key").read_bytes())
    key.chmod(0o444)
    settings = REQUIRED | {"MASTER_KEY_FILE": str(key)}
    refused = visavis("serve", "--port", "0", "--data-dir", str(kept), check=False, settings=settings)
    assert f"{key} (0444)" in refused.stderr
    assert refused.returncode == 1
