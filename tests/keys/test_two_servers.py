"""Two real servers go on registering and searching while their master key is replaced under them."""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from tenacity import retry, retry_if_result, stop_after_delay, wait_fixed

from harness.servers import Keys, Server, create_app, running_server, visavis
from tests.conftest import OpenPeoplePicture


def register_until(stop: Event, server: Server, keys: Keys, group: str, picture: bytes) -> list[str]:
    """The ids of the faces registered until then; every request succeeds."""
    ids = []
    with server.v2(keys) as client:
        while not stop.is_set():
            sent = {"imageFile": picture, "limit": (None, "1")}
            answer = client.post(f"/groups/{group}/faces", files=sent).json()  # type: ignore[arg-type]
            assert answer["header"]["isSuccessful"], answer
            ids.append(answer["data"]["addedFaces"][0]["faceId"])
    return ids


@retry(retry=retry_if_result(lambda done: not done), stop=stop_after_delay(30), wait=wait_fixed(0.2))
def has_noticed(server: Server) -> bool:
    return "no other is accepted" in server.log.read_text()


def test_a_rotation_under_load_costs_no_request_and_the_old_key_is_refused_afterwards(
    tmp_path: Path, openpeople_picture: OpenPeoplePicture
) -> None:
    picture = openpeople_picture("P001", "amateur_selfie")
    where = ("--data-dir", str(tmp_path / "data"))
    with running_server(tmp_path) as one, running_server(tmp_path, log="other.log") as two:
        keys = create_app(one.data_dir, "app")
        with one.v2(keys) as client:
            for number in range(20):
                client.post("/groups", json={"groupId": f"group-{number}"})
        old = (one.data_dir / "master.key").read_text()
        stop = Event()
        with ThreadPoolExecutor(2) as pool:
            runs = [
                pool.submit(register_until, stop, server, keys, f"group-{number}", picture)
                for number, server in enumerate((one, two))
            ]
            try:
                visavis("keys", "rotate", "--wait", "3", *where)
                assert has_noticed(one)
                assert has_noticed(two)
            finally:
                stop.set()
            registered = [run.result() for run in runs]
        status = json.loads(visavis("keys", "status", "--json", *where).stdout)
        assert status["groups"] == {status["current"]: 20}
        assert len(status["retired"]) == 1
        new = (one.data_dir / "master.key").read_text()
        assert len(base64.b64decode(new)) == 32
        assert new != old
        for ids, server in zip(registered, (two, one), strict=True):  # each by the server that did not write it
            with server.v2(keys) as client:
                group = f"group-{registered.index(ids)}"
                asked = {"limit": 5, "threshold": 90}
                answer = client.get(f"/groups/{group}/faces/{ids[0]}/search", params=asked).json()
                assert answer["header"]["isSuccessful"]
                assert client.post("/groups", json={"groupId": f"after-{group}"}).json()["header"]["isSuccessful"]
        for log in (one.log, two.log):
            assert old.strip() not in log.read_text()
            assert new.strip() not in log.read_text()
    assert visavis("db", "check", *where).stdout == "No faults.\n"
    assert "all as they were recorded" in visavis("audit", "verify", *where).stdout
    (tmp_path / "data" / "master.key").write_text(old)
    refused = visavis("db", "check", *where, check=False)
    assert refused.returncode == 1
    assert "replaced by a newer one" in refused.stderr


@pytest.mark.parametrize("both", [False, True], ids=["servers lack the new key", "servers have both"])
def test_with_keys_from_the_environment_servers_must_have_both_first(tmp_path: Path, *, both: bool) -> None:
    old, new = (base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))
    where = ("--data-dir", str(tmp_path / "data"))
    visavis("app", "create", "app", *where, settings={"MASTER_KEY": old})
    with running_server(tmp_path, {"MASTER_KEY": f"{old} {new}" if both else old}) as server:
        done = visavis(
            "keys", "rotate", "--wait", "4", *where, check=False, settings={"MASTER_KEY": f"{old}\n{new}"}
        )
        assert (done.returncode == 0) is both, done.stderr
        assert both or "is not known to" in done.stderr
        assert server.client.get("/readyz").status_code == 200
        for key in (old, new):
            assert key not in done.stdout + done.stderr + server.log.read_text()
    visavis("app", "list", *where, settings={"MASTER_KEY": new if both else old})
