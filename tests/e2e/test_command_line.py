"""The command line explains itself and works beside a running server."""

import json
import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from harness.servers import Keys, Server, visavis
from visavis.cli import cli
from visavis.errors import SetupError


def commands() -> list[list[str]]:
    """Every command there is, as it is typed."""
    found: list[list[str]] = []

    def walk(command: object, path: list[str]) -> None:
        children = getattr(command, "commands", None)
        if children is None:
            found.append(path)
            return
        for name, child in children.items():
            walk(child, [*path, name])

    walk(get_command(cli), [])
    return found


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_the_help_of_every_command_has_an_example_of_that_command(command: list[str]) -> None:
    text = re.sub(r"\s+", " ", CliRunner().invoke(cli, [*command, "--help"]).output)
    example = re.search(r"Example: visavis (.+)", text)
    assert example is not None
    assert shlex.split(example[1])[: len(command)] == command


def works(server: Server, keys: Keys) -> bool:
    with server.v2(keys) as client:
        return bool(client.get("/groups", params={"limit": 1}).json()["header"]["isSuccessful"])


def test_an_app_made_beside_a_running_server_works_at_once(server: Server) -> None:
    assert works(server, server.create_app("made beside"))


def test_a_name_can_be_taken_only_once(server: Server) -> None:
    server.create_app("only once")
    second = visavis("app", "create", "only once", "--data-dir", str(server.data_dir), check=False)
    assert second.returncode == 1
    assert "only once" in second.stderr
    assert "Traceback" not in second.stderr


def test_apps_are_listed_by_name_and_without_keys(server: Server) -> None:
    keys = server.create_app("to be listed")
    listing = visavis("app", "list", "--json", "--data-dir", str(server.data_dir)).stdout
    assert "to be listed" in {app["name"] for app in json.loads(listing)}
    assert not any(key in listing for key in (keys.appKey, keys.secretKey, keys.apiKey))


def rotated(server: Server, name: str, hours: str) -> Keys:
    command = ("app", "rotate", name, "--overlap-hours", hours, "--json", "--data-dir", str(server.data_dir))
    return Keys(**json.loads(visavis(*command).stdout))


def test_after_rotation_with_overlap_old_and_new_keys_work(server: Server) -> None:
    old = server.create_app("overlapping")
    new = rotated(server, "overlapping", "1")
    assert works(server, old)
    assert works(server, new)
    assert new != old


def test_after_rotation_without_overlap_only_the_new_keys_work(server: Server) -> None:
    old = server.create_app("compromised")
    new = rotated(server, "compromised", "0")
    assert not works(server, old)
    assert works(server, new)


def test_a_deleted_app_is_gone_for_the_running_server(server: Server) -> None:
    keys = server.create_app("short-lived")
    visavis("app", "delete", "short-lived", "--yes", "--data-dir", str(server.data_dir))
    assert not works(server, keys)


def test_an_app_that_does_not_exist_is_named_in_the_complaint(server: Server) -> None:
    refused = visavis("app", "delete", "nobody", "--yes", "--data-dir", str(server.data_dir), check=False)
    assert refused.returncode == 1
    assert "nobody" in refused.stderr


def test_the_models_are_listed_with_their_licences_and_found_sound() -> None:
    listing = visavis("models", "list").stdout
    assert "MIT" in listing
    assert "Apache" in listing
    assert visavis("models", "verify").returncode == 0


def test_a_master_key_that_is_none_is_refused_and_not_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VISAVIS_MASTER_KEY", "c2hvcnQ=")
    refused = visavis("app", "create", "any", "--data-dir", str(tmp_path), check=False)
    assert refused.returncode == 1
    assert "master key must be 32 bytes" in refused.stderr
    assert "c2hvcnQ=" not in refused.stderr


@pytest.mark.parametrize(
    "command",
    [
        "app list",
        "app rotate default",
        "group list default",
        "console users",
        "db check",
        "db compact",
        "audit verify",
        "audit export",
        "keys status",
        "keys rotate",
        "backup PLACE/backup.tar",
        "export PLACE/archive --app default",
        "calibrate --show",
        "search src/visavis/assets/ines-selfie.jpg --app default --group staff",
    ],
)
@pytest.mark.parametrize("folder", ["", "nowhere"])
def test_what_works_on_records_makes_none_in_a_wrong_place(tmp_path: Path, folder: str, command: str) -> None:
    words = command.replace("PLACE", str(tmp_path)).split()
    done = CliRunner().invoke(cli, [*words, "--data-dir", str(tmp_path / folder)])
    assert done.exit_code != 0
    told = str(done.exception) if isinstance(done.exception, SetupError) else done.output
    assert f"There is no database in {tmp_path / folder}" in told
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    settings = {"DATABASE_URL": "postgresql://nobody:secret@127.0.0.1:1/none"}
    refused = visavis("app", "list", "--data-dir", str(tmp_path), settings=settings, check=False)
    assert refused.returncode == 1
    assert refused.stderr.startswith("visavis: The PostgreSQL at 127.0.0.1, port 1, cannot be used: ")
    assert refused.stderr.count("\n") == 1
    assert "secret" not in refused.stderr


def test_a_setting_out_of_range_is_refused_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISAVIS_QUOTA__FACES_PER_GROUP", "-5")
    refused = visavis("app", "list", "--data-dir", str(tmp_path), check=False)
    assert refused.returncode == 1
    assert "VISAVIS_QUOTA__FACES_PER_GROUP" in refused.stderr
