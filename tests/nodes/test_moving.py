"""An installation that began on one machine moves to a PostgreSQL by the commands that the guide names."""

from __future__ import annotations

import shutil
from pathlib import Path

from harness.postgres import Postgres
from harness.servers import running_server, visavis
from harness.v2 import code, face_id, neighbours, register


def test_faces_groups_and_keys_are_there_after_the_move(tmp_path: Path, postgres: Postgres) -> None:
    url = postgres.new_database()
    with running_server(tmp_path) as old:
        keys = old.create_app("front-door")
        with old.v2(keys) as client:
            client.post("/groups", json={"groupId": "staff"})
            faces = {face_id(register(client, "staff")) for _ in range(3)}
    place = f"sqlite:{old.data_dir / 'visavis.db'}"
    moved = visavis("db", "copy", "--from", place, "--to", url)
    assert "Both databases are identical, row by row." in moved.stdout
    refused = visavis("db", "copy", "--from", place, "--to", url, check=False)
    assert (refused.returncode, "has records already" in refused.stderr) == (1, True)

    node = tmp_path / "node"
    (node / "data").mkdir(parents=True)
    shutil.copy(old.data_dir / "master.key", node / "data")
    settings = {"DATABASE_URL": url}
    with running_server(node, settings) as new, new.v2(keys) as client:
        one, *others = faces
        assert neighbours(client, "staff", one) == set(others)
        assert code(register(client, "staff")) == 0
        checked = visavis("db", "check", "--data-dir", str(node / "data"), settings=settings)
        assert checked.stdout == "No faults.\n"


def test_a_source_that_is_not_there_is_refused_and_not_made(tmp_path: Path, postgres: Postgres) -> None:
    missing = tmp_path / "visavis.db"
    refused = visavis("db", "copy", "--from", f"sqlite:{missing}", "--to", postgres.new_database(), check=False)
    assert (refused.returncode, "There is no database at" in refused.stderr) == (1, True)
    assert not missing.exists()
