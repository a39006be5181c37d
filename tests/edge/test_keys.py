"""Keys are listed without themselves, and revoked at once."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from harness.servers import Keys, Server, visavis
from visavis.cli import cli

from .conftest import OPERATOR, new_app


def works(server: Server, keys: Keys) -> bool:
    with server.v2(keys) as client:
        return bool(client.get("/groups", params={"limit": 1}).json()["header"]["isSuccessful"])


def rotated(server: Server, keys: Keys) -> Keys:
    return Keys(**server.client.post(f"/admin/apps/{keys.name}/keys", json={}, headers=OPERATOR).json())


def test_keys_are_listed_by_id_kind_and_times_and_never_shown(server: Server, keys: Keys) -> None:
    new = rotated(server, keys)
    by_command = visavis("app", "keys", keys.name, "--json", "--data-dir", str(server.data_dir)).stdout
    by_api = server.client.get(f"/admin/apps/{keys.name}/keys", headers=OPERATOR)
    listed = json.loads(by_command)
    assert listed == by_api.json()
    assert [key["kind"] for key in listed] == ["appKey", "secretKey", "apiKey"] * 2
    assert [key["retires"] is None for key in listed] == [False] * 3 + [True] * 3
    for each in (keys, new):
        for key in (each.appKey, each.secretKey, each.apiKey):
            assert key not in by_command


def test_in_the_overlap_of_a_rotation_the_old_keys_can_be_revoked_at_once(server: Server, keys: Keys) -> None:
    new = rotated(server, keys)
    assert works(server, keys)
    told = visavis("app", "revoke", keys.name, "--replaced", "--data-dir", str(server.data_dir)).stdout
    assert told.count("Revoked") == 3
    assert not works(server, keys)
    assert works(server, new)


def test_one_key_can_be_revoked_by_its_id(server: Server, keys: Keys) -> None:
    path = f"/admin/apps/{keys.name}/keys"
    [secret] = [
        key["id"] for key in server.client.get(path, headers=OPERATOR).json() if key["kind"] == "secretKey"
    ]
    assert server.client.delete(f"{path}/{secret}", headers=OPERATOR).status_code == 204
    assert not works(server, keys)
    assert server.client.delete(f"{path}/{secret}", headers=OPERATOR).status_code == 404


def test_no_key_of_another_app_is_revoked(server: Server, keys: Keys) -> None:
    neighbour = new_app(server)
    foreign = server.client.get(f"/admin/apps/{neighbour.name}/keys", headers=OPERATOR).json()[0]["id"]
    refused = server.client.delete(f"/admin/apps/{keys.name}/keys/{foreign}", headers=OPERATOR)
    assert refused.status_code == 404
    assert "no key with the id" in refused.json()["error"]
    assert works(server, neighbour)


@pytest.mark.parametrize("arguments", [[], ["1", "--replaced"]])
def test_the_command_wants_to_know_which_keys(arguments: list[str]) -> None:
    assert CliRunner().invoke(cli, ["app", "revoke", "anybody", *arguments]).exit_code == 2
