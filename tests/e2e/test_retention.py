"""A group's retention, from the command that sets it to the row that is gone."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from harness.servers import running_server, visavis
from harness.storage.retagging import tag_anew
from visavis.storage.store import open_storage

from .conftest import sample


def test_a_face_that_has_expired_is_hidden_and_then_deleted_by_the_server(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        keys = server.create_app("door")
        with server.v2(keys) as client:
            client.post("/groups", json={"groupId": "visitors"})
            files = {"imageFile": sample("ines-selfie")}
            face = client.post("/groups/visitors/faces", files=files, data={"limit": "1"}).json()["data"]
            face_id = face["addedFaces"][0]["faceId"]
            command = ("group", "set", "door", "visitors", "--data-dir", str(server.data_dir), "--retention")
            assert visavis(*command, "30d").stdout.endswith("faces are kept 30d, recognition events are off\n")
            assert client.get(f"/groups/visitors/faces/{face_id}/search?limit=1&threshold=1").json()["data"]
            database = server.data_dir / "visavis.db"
            age(database, "-31 days")
            assert listed(client.get("/groups/visitors/faces?limit=10").json()) == []
            gone = client.get(f"/groups/visitors/faces/{face_id}/search?limit=1&threshold=1").json()
            assert gone["header"]["resultCode"] == -40050
            found = client.post(
                "/groups/visitors/faces/search", files=files, data={"limit": "1", "threshold": "1"}
            )
            assert found.json()["data"]["matchFaceCount"] == 0
    with running_server(tmp_path) as server, server.v2(keys) as client:  # its first turn is its first minute
        deadline = time.monotonic() + 30
        while count(database) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert count(database) == 0
        assert client.get("/groups/visitors").json()["data"]["faceCount"] == 0
        assert "Deleted 1 faces of group number" in server.log.read_text()


def listed(answer: dict[str, dict[str, list[dict[str, str]]]]) -> list[str]:
    return [face["faceId"] for face in answer["data"]["faces"]]


def age(database: Path, by: str) -> None:
    """As if the faces had been registered so much earlier, which only who has the key can make them say."""
    with closing(sqlite3.connect(database, timeout=30)) as connection:
        connection.execute("UPDATE faces SET created_at = strftime('%Y-%m-%d %H:%M:%f000', created_at, ?)", (by,))
        connection.commit()
    with closing(open_storage(database.parent)) as storage:
        tag_anew(storage)
    (database.parent / "anchor").unlink()  # versions of sets have begun again


def count(database: Path) -> int:
    with closing(sqlite3.connect(database, timeout=30)) as connection:
        return int(connection.execute("SELECT count(*) FROM faces").fetchone()[0])
