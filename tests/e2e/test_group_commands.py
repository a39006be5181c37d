"""Settings of apps and groups, changed by command beside a running server, hold from the next request on."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from subprocess import CompletedProcess
from typing import Any
from uuid import uuid4

import pytest

from harness.servers import Keys, Server, visavis

from .conftest import sample

DEFAULTS = {
    "liveness": False,
    "liveness_threshold": 50,
    "similarity": 90,
    "min_quality": 0,
    "min_comparability": 50,
    "retention_hours": 0,
}


@pytest.fixture(scope="module")
def keys(server: Server) -> Keys:
    return server.create_app("groups by command")


@pytest.fixture
def group(server: Server, keys: Keys) -> str:
    """A new group's id."""
    return new_group(server, keys, f"group-{uuid4().hex}")


def new_group(server: Server, keys: Keys, name: str) -> str:
    with server.v2(keys) as client:
        assert client.post("/groups", json={"groupId": name}).json()["header"]["isSuccessful"]
    return name


def command(server: Server, *arguments: str) -> CompletedProcess[str]:
    return visavis(*arguments, "--data-dir", str(server.data_dir), check=False)


def groups(server: Server, keys: Keys) -> Mapping[str, Any]:
    """The rows of `group list`, by the group's id."""
    rows = json.loads(command(server, "group", "list", keys.name, "--json").stdout)
    return {row.pop("group"): row for row in rows}


def search(server: Server, keys: Keys, group: str) -> Any:
    """What Search Face answers."""
    body = {
        "collectionId": group,
        "userName": "ines",
        "faceImage": base64.b64encode(sample("ines-selfie")).decode(),
    }
    headers = {"x-api-key": keys.apiKey}
    return server.client.post("/modules/search", json=body, headers=headers).json()


def test_a_group_setting_changed_by_command_holds_for_the_next_search(
    server: Server, keys: Keys, group: str
) -> None:
    assert search(server, keys, group)["option"]["policy_similarity"] == 90
    options = ("--liveness", "--liveness-threshold", "0", "--similarity", "95.5", "--min-quality", "20")
    done = command(server, "group", "set", keys.name, group, *options)
    assert done.stdout == (
        f"{group}: liveness on, threshold 0, similarity 95.5, quality 20, comparability 50, "
        "faces are kept always, recognition events are off\n"
    )
    option = search(server, keys, group)["option"]
    assert option.pop("liveNessScore") > 0
    assert option == {"option_liveness": True, "liveNess_threshold": 0, "policy_similarity": 95.5}
    command(server, "group", "set", keys.name, group, "--liveness-threshold", "100")
    assert search(server, keys, group)["errorCode"] == 6035
    command(server, "group", "set", keys.name, group, "--no-liveness")
    assert search(server, keys, group)["option"]["liveNessScore"] == 0


def test_what_a_command_does_not_name_stays_as_it_is(server: Server, keys: Keys, group: str) -> None:
    other = new_group(server, keys, f"{group}-other")
    command(server, "group", "set", keys.name, group, "--similarity", "80")
    command(server, "group", "set", keys.name, group, "--liveness")
    listed = groups(server, keys)
    assert settings(listed[group]) == DEFAULTS | {"similarity": 80, "liveness": True}
    assert settings(listed[other]) == DEFAULTS


def settings(row: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: row[name] for name in DEFAULTS}


def test_groups_are_listed_with_the_faces_they_have_now(
    server: Server, keys: Keys, group: str, selfie: bytes
) -> None:
    gone = new_group(server, keys, f"{group}-gone")
    with server.v2(keys) as client:
        client.post(f"/groups/{group}/faces", files={"imageFile": selfie, "limit": (None, "1")})
        client.delete(f"/groups/{gone}")
    listed = groups(server, keys)
    assert listed[group]["faces"] == 1
    assert gone not in listed


@pytest.mark.parametrize("listing", ["group list", "app keys"])
def test_nothing_in_a_table_is_cut_off_on_a_narrow_screen(
    server: Server, keys: Keys, group: str, listing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    table = command(server, *listing.split(), keys.name).stdout
    assert "│" in table
    assert "…" not in table


def test_the_table_of_groups_shows_long_ids_in_full(server: Server, keys: Keys) -> None:
    long = new_group(server, keys, "".join(f"{number:04}-" for number in range(50)))
    rows = [line.split("│")[1:-1] for line in command(server, "group", "list", keys.name).stdout.splitlines()]
    assert long in "".join(row[0].strip() for row in rows if row)


@pytest.mark.parametrize(
    "options",
    [
        ("--similarity", "101"),
        ("--similarity", "nan"),
        ("--liveness-threshold", "-0.1"),
        ("--min-quality", "100.1"),
    ],
)
def test_a_setting_out_of_range_is_a_wrong_call_and_changes_nothing(
    options: tuple[str, str], server: Server, keys: Keys, group: str
) -> None:
    refused = command(server, "group", "set", keys.name, group, "--liveness", *options)
    assert refused.returncode == 2
    assert options[0] in refused.stderr
    assert search(server, keys, group)["option"]["option_liveness"] is False


@pytest.mark.parametrize(
    "arguments",
    [
        ("group", "set", "groups by command", "nowhere", "--liveness"),
        ("group", "set", "groups by command", "NO_ID", "--liveness"),
        ("group", "list", "nobody"),
        ("app", "set", "nobody", "--off", "v1"),
    ],
    ids=" ".join,
)
def test_a_group_or_an_app_that_does_not_exist_is_complained_about_in_a_sentence(
    arguments: tuple[str, ...], server: Server, keys: Keys
) -> None:
    refused = command(server, *arguments)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("visavis: ")
    assert "Traceback" not in refused.stderr


def speaks_v1(server: Server, keys: Keys) -> bool:
    path = f"/nhn-face-reco/v1.0/appkeys/{keys.appKey}/groups"
    return bool(server.client.get(path, params={"limit": 1}).json()["header"]["isSuccessful"])


def test_a_dialect_falls_silent_and_speaks_again_with_the_next_request(server: Server) -> None:
    name = "silent at times"
    keys = server.create_app(name)
    group = new_group(server, keys, "staff")
    assert speaks_v1(server, keys)
    assert (
        command(server, "app", "set", name, "--off", "v1", "--off", "plus").stdout
        == f"{name}: off plus, v1; rate limit off\n"
    )
    assert not speaks_v1(server, keys)
    assert search(server, keys, group)["message"] == "success"
    changed = command(server, "app", "set", name, "--off", "searchface", "--on", "v1").stdout
    assert changed == f"{name}: off plus, searchface; rate limit off\n"
    assert speaks_v1(server, keys)
    assert search(server, keys, group)["errorCode"] == 6040


@pytest.mark.parametrize("option", ["--off", "--on"])
def test_a_dialect_that_does_not_exist_is_refused_and_nothing_changes(
    option: str, server: Server, keys: Keys
) -> None:
    refused = command(server, "app", "set", keys.name, "--off", "v1", option, "v9")
    assert refused.returncode == 2
    assert "v9" in refused.stderr
    assert speaks_v1(server, keys)


def test_an_overlap_of_more_than_ten_years_is_refused_and_the_keys_stay(server: Server, keys: Keys) -> None:
    refused = command(server, "app", "rotate", keys.name, "--overlap-hours", "1e300")
    assert refused.returncode == 2
    assert "--overlap-hours" in refused.stderr
    assert speaks_v1(server, keys)


def test_a_name_that_looks_like_markup_is_printed_as_it_is(server: Server) -> None:
    name = "[/red] [bold]door"
    server.create_app(name)
    assert command(server, "app", "set", name).stdout == f"{name}: off none; rate limit off\n"
    assert name in command(server, "app", "list").stdout
    assert command(server, "app", "delete", name, "--yes").stdout == f"Deleted {name}.\n"
    assert name in command(server, "app", "delete", name, "--yes").stderr
