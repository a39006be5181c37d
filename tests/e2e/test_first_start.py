"""The first start greets with keys and a command that works, at a terminal; no later one shows a key again."""

import json
import re
import subprocess
from pathlib import Path

from harness.servers import running_server, visavis


def test_the_first_start_prints_a_curl_that_finds_a_face_and_the_second_prints_no_keys(tmp_path: Path) -> None:
    with running_server(tmp_path, terminal=True) as server:
        printed = server.log.read_text()
        [curl] = [line for line in printed.splitlines() if line.startswith("curl ")]
        answer = subprocess.run(["bash", "-c", f"{curl} -s"], check=True, capture_output=True, text=True)  # noqa: S603, S607
    assert json.loads(answer.stdout)["data"]["faceDetailCount"] == 1
    keys = re.findall(r"(?:appKey|secretKey|apiKey)  ([0-9a-f]+)", printed)
    assert len(keys) == 3

    with running_server(tmp_path, log="second.log", terminal=True) as server:
        again = server.log.read_text()
    assert "curl " not in again
    assert not any(key in again for key in keys)


def test_what_is_printed_into_a_file_tells_no_secret_and_where_to_get_one(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        told = server.log.read_text()
        assert f"`visavis app create NAME --data-dir {server.data_dir}` creates one and prints its keys" in told
        assert f"`visavis console invite --data-dir {server.data_dir}` prints a link" in told
        assert not re.search(r"curl |Key  |/console/setup", told)
        invited = visavis("console", "invite", "--data-dir", str(server.data_dir)).stdout
        assert invited.startswith(f"{server.url}/console/setup#")
        keys = server.create_app("made")
        with server.v2(keys) as client:
            assert client.get("/groups?limit=1").json()["header"]["isSuccessful"]


def test_a_data_directory_is_for_its_owner_alone(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        files = [path for path in server.data_dir.rglob("*") if path.is_file()]
        assert server.data_dir.stat().st_mode & 0o777 == 0o700
        assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
        assert {"visavis.db", "master.key"} <= {path.name for path in files}


def test_a_server_without_its_master_key_refuses_to_start(tmp_path: Path) -> None:
    with running_server(tmp_path):
        pass
    (tmp_path / "data" / "master.key").unlink()
    try:
        with running_server(tmp_path):
            started = True
    except RuntimeError as refusal:
        started, reason = False, str(refusal)
    assert not started
    assert "master" in reason
    assert "Traceback" not in reason
    assert not (tmp_path / "data" / "master.key").exists()
