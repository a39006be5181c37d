"""A server that cannot start says why in one sentence, before it has printed or kept anything for nothing."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from harness.servers import free_port, running_server, visavis


def refused(folder: Path, *options: str, **settings: str) -> str:
    """What a start that fails says, all of it."""
    done = visavis("serve", "--data-dir", str(folder / "data"), *options, check=False, settings=settings)
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stdout == ""
    said = [line for line in done.stderr.splitlines() if " WARNING " not in line]
    assert len(said) == 1, done.stderr
    assert said[0].startswith("visavis: ")
    return said[0]


def test_a_port_in_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        said = refused(tmp_path, "--port", str(port))
    assert said == (
        f"visavis: Port {port} of 127.0.0.1 cannot be used: another program is listening there; choose another "
        "port with --port."
    )
    assert not (tmp_path / "data").exists()


def test_an_address_that_is_not_ours(tmp_path: Path) -> None:
    assert "Port 8000 of 203.0.113.1 cannot be used" in refused(tmp_path, "--host", "203.0.113.1")
    assert "There is no address 'no.such.host.invalid'" in refused(tmp_path, "--host", "no.such.host.invalid")


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("EDGE__TRUSTED_PROXY", "VISAVIS_EDGE__TRUSTED_PROXIES"),
        ("DATA_DIRECTORY", "VISAVIS_DATA_DIR"),
        ("EDGE_CONNECTIONS", "VISAVIS_EDGE__CONNECTIONS"),
    ],
)
def test_a_setting_that_does_not_exist(name: str, nearest: str, tmp_path: Path) -> None:
    said = refused(tmp_path, **{name: "1"})
    assert said == f"visavis: There is no setting VISAVIS_{name}: did you mean {nearest}?"


def test_a_trusted_network_with_an_address_in_it(tmp_path: Path) -> None:
    said = refused(tmp_path, EDGE__TRUSTED_PROXIES="10.1.0.5/16")
    assert "VISAVIS_EDGE__TRUSTED_PROXIES" in said
    assert "10.1.0.5/16 has host bits set" in said


def test_a_postgresql_that_cannot_be_reached(tmp_path: Path) -> None:
    port = free_port()
    url = f"postgresql://visavis:marked-password@127.0.0.1:{port}/visavis"
    said = refused(tmp_path, "--port", str(free_port()), DATABASE_URL=url)
    assert f"The PostgreSQL at 127.0.0.1, port {port}, cannot be used: " in said
    assert "refused" in said
    assert "marked-password" not in said


@pytest.mark.skipif(os.geteuid() == 0, reason="root may use any directory")
def test_a_data_directory_of_somebody_else(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0)
    said = refused(tmp_path, "--port", str(free_port()))
    owner = folder.owner()
    folder.chmod(0o700)
    assert said == (
        f"visavis: The data directory {folder} cannot be read and written by this user: it belongs to {owner}."
    )


@pytest.mark.parametrize("damage", ["the beginning", "everything behind it"])
def test_a_sqlite_file_that_is_damaged(damage: str, tmp_path: Path) -> None:
    with running_server(tmp_path):
        pass
    file = tmp_path / "data" / "visavis.db"
    size = file.stat().st_size
    with file.open("r+b") as database:
        if damage == "everything behind it":
            database.seek(100)
        database.write(b"\xa5" * (size - database.tell()))
    said = refused(tmp_path, "--port", str(free_port()))
    assert f"The database {file} cannot be used: " in said
    assert "database disk image is malformed" in said or "file is not a database" in said


def test_a_client_s_own_variables_stop_nobody(tmp_path: Path) -> None:
    done = visavis("app", "create", "x", "--data-dir", str(tmp_path), settings={"URL": "http://x", "APP_KEY": "x"})
    assert done.returncode == 0
