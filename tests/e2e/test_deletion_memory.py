"""What a server deletes is in no page of its memory, where the C library overwrites what is given back to it."""

from __future__ import annotations

import platform
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from harness.servers import Keys, Server, running_server
from tests.conftest import OpenPeoplePicture

TUNABLES = "glibc.malloc.perturb=90:glibc.malloc.tcache_count=0"
PEOPLE = ("P001", "P002", "P003", "P004", "P005", "P006")

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have other means")


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("GLIBC_TUNABLES", TUNABLES)
    with running_server(tmp_path) as server:
        yield server


@pytest.fixture
def keys(server: Server) -> Keys:
    return server.create_app("app")


def memory(server: Server) -> bytes:
    """All that the server can write to."""
    pieces = []
    try:
        with Path(f"/proc/{server.process.pid}/mem").open("rb", 0) as content:
            for line in Path(f"/proc/{server.process.pid}/maps").read_text().splitlines():
                span, rights, *_ = line.split()
                if rights.startswith("rw"):
                    first, end = (int(place, 16) for place in span.split("-"))
                    content.seek(first)
                    pieces.append(content.read(end - first))
    except (FileNotFoundError, PermissionError):
        pytest.skip("the memory of another process cannot be read here")
    return b"\0".join(pieces)


def kept(server: Server) -> dict[str, bytes]:
    """The sealed templates by the ids of their faces."""
    with closing(sqlite3.connect(server.data_dir / "visavis.db")) as connection:
        return dict(connection.execute("SELECT face_id, template FROM faces").fetchall())


def test_no_template_outlives_its_deletion(
    server: Server, keys: Keys, openpeople_picture: OpenPeoplePicture
) -> None:
    with server.v2(keys) as client:
        assert client.post("/groups", json={"groupId": "staff"}).json()["header"]["isSuccessful"]
        for name in PEOPLE:
            files = {"imageFile": (f"{name}.jpg", openpeople_picture(name, "studio_portrait"), "image/jpeg")}
            added = client.post("/groups/staff/faces", data={"limit": "1", "externalImageId": name}, files=files)
            assert added.json()["header"]["isSuccessful"], added.text
        templates = kept(server)
        assert len(templates) == len(PEOPLE)
        for face_id in templates:
            found = client.get(f"/groups/staff/faces/{face_id}/search", params={"limit": 5, "threshold": 1})
            assert found.json()["header"]["isSuccessful"], found.text
        gone, stays = list(templates)[:4], list(templates)[4:]
        for face_id in gone:
            assert client.delete(f"/groups/staff/faces/{face_id}").json()["header"]["isSuccessful"]
        after = memory(server)
        assert [face_id for face_id in gone if templates[face_id][-40:] in after] == []
        for face_id in stays:
            client.get(f"/groups/staff/faces/{face_id}/search", params={"limit": 5, "threshold": 1})
        assert client.delete("/groups/staff").json()["header"]["isSuccessful"]
        after = memory(server)
        assert [face_id for face_id in templates if templates[face_id][-40:] in after] == []
