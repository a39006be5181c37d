"""A webhook of a real server: told at once, at least once, by nobody who may not, and nothing it should not be."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from typer.testing import CliRunner, Result

from harness.receiver import Receiver, running_receiver
from harness.servers import Keys, Server, running_server
from tests.e2e.test_recognition_events import GROUP, INES, INES_AGAIN, OMAR, TOKEN, search
from visavis.cli import cli

SETTINGS = {"ADMIN_TOKEN": TOKEN, "METRICS_TOKEN": TOKEN, "WEBHOOK__ALLOW_NETWORKS": "127.0.0.1"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("webhooks"), SETTINGS) as server:
        yield server


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running_receiver() as receiver:
        yield receiver


@pytest.fixture
def keys(server: Server) -> Keys:
    return watched(server)


def watched(server: Server) -> Keys:
    """Of a new app whose group records events and has one person, ines."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    made = server.client.post("/admin/apps", json={"name": f"app-{uuid4().hex}"}, headers=headers).json()
    keys = Keys(**made)
    with server.v2(keys) as client:
        client.post("/groups", json={"groupId": GROUP})
        fields = {"limit": "1", "externalImageId": "ines"}
        client.post(f"/groups/{GROUP}/faces", files={"imageFile": INES}, data=fields)
    path = f"/admin/apps/{keys.name}/groups/{GROUP}"
    assert server.client.patch(path, json={"recognition_event_days": 7}, headers=headers).is_success
    return keys


def run(server: Server, keys: Keys, *arguments: str) -> Result:
    """A command about the group, in this process: a start of the interpreter for each takes too long."""
    where = ("--app", keys.name, "--group", GROUP, "--data-dir", str(server.data_dir))
    env = {f"VISAVIS_{name}": value for name, value in server.settings.items()}
    return CliRunner().invoke(cli, [*arguments, *where], env=env)


def command(server: Server, keys: Keys, name: str, *more: str) -> str:
    """What a command about the webhook prints, which succeeds."""
    done = run(server, keys, "events", "webhook", name, *more)
    assert done.exit_code == 0, done.output
    return done.stdout


def set_webhook(server: Server, keys: Keys, receiver: Receiver) -> str:
    """The secret of the new webhook."""
    return str(json.loads(command(server, keys, "set", receiver.url, "--json"))["secret"])


def shown(server: Server, keys: Keys) -> Any:
    return json.loads(command(server, keys, "show", "--json"))


def pass_by(server: Server, keys: Keys, picture: bytes = INES_AGAIN, door: str = "gate") -> None:
    with server.v2(keys) as client:
        assert search(client, picture, door).json()["header"]["isSuccessful"]


def test_whoever_is_recognised_is_told_once_and_signed(server: Server, keys: Keys, receiver: Receiver) -> None:
    secret = set_webhook(server, keys, receiver)
    for _ in range(3):
        pass_by(server, keys)
    pass_by(server, keys, OMAR)
    receiver.wait_for(2)
    assert receiver.people == ["", "ines"]
    for message in receiver.messages:
        assert message.is_signed_by(secret)
        assert not message.is_signed_by("whsec_b3RoZXI=")
    [told] = [message for message in receiver.messages if message.content["type"] == "face.recognised"]
    [event] = json.loads(run(server, keys, "events", "list", "--json").stdout)["events"]
    assert told.headers["webhook-id"] == told.content["data"]["id"] == event["id"]
    assert told.content["data"]["door"] == "gate"
    assert shown(server, keys)["last_result"] == "HTTP status 204."


def test_a_receiver_that_fails_is_told_again(server: Server, keys: Keys, receiver: Receiver) -> None:
    set_webhook(server, keys, receiver)
    receiver.status = 500
    pass_by(server, keys)
    receiver.wait_for(1)
    receiver.status = 204
    first, second = receiver.wait_for(2)
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body


def test_a_receiver_that_is_gone_is_told_nothing_more(server: Server, keys: Keys, receiver: Receiver) -> None:
    set_webhook(server, keys, receiver)
    receiver.status = 410
    pass_by(server, keys)
    receiver.wait_for(1)
    while shown(server, keys)["stopped"] != "gone":
        pass
    pass_by(server, keys, door="back")
    assert shown(server, keys)["waiting"] == 0
    receiver.status = 204
    command(server, keys, "start")
    pass_by(server, keys, door="side")
    assert receiver.wait_for(2)[1].content["data"]["door"] == "side"


def test_a_person_who_is_deleted_is_told_of_no_more(server: Server, keys: Keys, receiver: Receiver) -> None:
    set_webhook(server, keys, receiver)
    receiver.status = 500
    pass_by(server, keys)
    receiver.wait_for(1)
    assert run(server, keys, "person", "delete", "ines", "--yes").exit_code == 0
    assert shown(server, keys)["waiting"] == 0


def test_a_test_tells_what_came_back(server: Server, keys: Keys, receiver: Receiver) -> None:
    secret = set_webhook(server, keys, receiver)
    assert command(server, keys, "test") == "HTTP status 204.\n"
    new = json.loads(command(server, keys, "rotate", "--json"))["secret"]
    receiver.status = 302
    receiver.headers = {"Location": receiver.url}
    refused = run(server, keys, "events", "webhook", "test")
    assert (refused.exit_code, refused.stdout) == (1, "HTTP status 302: redirects are not followed.\n")
    first, second = receiver.messages
    assert first.content["type"] == "webhook.test"
    assert second.is_signed_by(secret)
    assert second.is_signed_by(new)


@pytest.mark.parametrize("url", ["http://127.0.0.2/", "https://10.0.0.1/", "http://169.254.169.254/latest/"])
def test_what_the_operator_has_not_allowed_is_refused(server: Server, keys: Keys, url: str) -> None:
    said = run(server, keys, "events", "webhook", "set", url).exception
    assert "neither public nor in VISAVIS_WEBHOOK__ALLOW_NETWORKS" in str(said)
    assert "The group has no webhook." in str(run(server, keys, "events", "webhook", "show").exception)


def by_admin(server: Server, keys: Keys, method: str, path: str = "", **body: Any) -> httpx.Response:
    where = f"/admin/apps/{keys.name}/groups/{GROUP}/webhook{path}"
    return server.client.request(method, where, headers={"Authorization": f"Bearer {TOKEN}"}, **body)


def test_the_admin_api_does_all_of_it(server: Server, keys: Keys, receiver: Receiver) -> None:
    assert by_admin(server, keys, "GET").status_code == 404
    made = by_admin(server, keys, "PUT", json={"url": receiver.url}).json()
    assert made["secret"].startswith("whsec_")
    assert by_admin(server, keys, "GET").json() == {name: made[name] for name in made if name != "secret"}
    tested = by_admin(server, keys, "POST", "/test").json()
    assert tested == {"delivered": True, "status": 204, "result": "HTTP status 204."}
    new = by_admin(server, keys, "POST", "/secret", json={"overlap_hours": 0}).json()["secret"]
    assert "secret" not in by_admin(server, keys, "PUT", json={"url": receiver.url}).json()
    assert by_admin(server, keys, "POST", "/start").status_code == 204
    by_admin(server, keys, "POST", "/test")
    assert [message.is_signed_by(made["secret"]) for message in receiver.messages] == [True, False]
    assert receiver.messages[1].is_signed_by(new)
    refused = by_admin(server, keys, "PUT", json={"url": "https://192.168.0.1/"})
    assert (refused.status_code, "neither public" in refused.json()["error"]) == (400, True)
    assert by_admin(server, keys, "DELETE").status_code == 204
    assert by_admin(server, keys, "POST", "/test").status_code == 404


def test_no_secret_reaches_the_log(server: Server, keys: Keys, receiver: Receiver) -> None:
    secret = by_admin(server, keys, "PUT", json={"url": receiver.url}).json()["secret"]
    receiver.status = 500
    pass_by(server, keys)
    receiver.wait_for(1)
    log = server.log.read_text()
    assert secret not in log
    assert "ines" not in log


def test_what_was_recorded_before_kill_9_is_told_after_the_next_start(tmp_path: Path, receiver: Receiver) -> None:
    receiver.is_open.clear()
    with running_server(tmp_path, SETTINGS) as server:
        keys = watched(server)
        secret = set_webhook(server, keys, receiver)
        pass_by(server, keys)
        receiver.wait_for(1)  # and is not answered: nobody knows whether it was taken
        pass_by(server, keys, door="back")  # waits behind it
        server.process.kill()
    receiver.is_open.set()
    with running_server(tmp_path, SETTINGS):
        receiver.wait_for(2)
    assert receiver.messages[1].content["data"]["door"] == "back"
    assert receiver.messages[1].is_signed_by(secret)


def test_metrics_count_what_became_of_deliveries(server: Server, keys: Keys, receiver: Receiver) -> None:
    set_webhook(server, keys, receiver)
    before = delivered(server)
    pass_by(server, keys)
    receiver.wait_for(1)
    while delivered(server) != before + 1:
        pass


def delivered(server: Server) -> float:
    page = server.client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
    [count] = re.findall(r'^visavis_webhook_deliveries_total\{verdict="delivered"\} (.+)$', page, re.MULTILINE)
    return float(count)
