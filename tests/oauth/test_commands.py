"""`visavis access-key`: what it prints, what it refuses, and that a server sweeps what has expired."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from tenacity import retry, retry_if_result, stop_after_delay, wait_fixed

from harness.servers import running_server, visavis
from visavis.storage.database.schema import access_tokens
from visavis.storage.store import Storage, open_storage


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """With two apps."""
    where = tmp_path / "data"
    for name in ("front", "back"):
        visavis("app", "create", name, "--data-dir", str(where), "--json")
    return where


def run(data_dir: Path, *arguments: str) -> str:
    return visavis("access-key", *arguments, "--data-dir", str(data_dir)).stdout


def refused(data_dir: Path, *arguments: str) -> tuple[int, str]:
    done = visavis("access-key", *arguments, "--data-dir", str(data_dir), check=False)
    assert done.stdout == ""
    return done.returncode, done.stderr.strip().splitlines()[-1]


def test_a_key_is_printed_once(data_dir: Path) -> None:
    made = json.loads(run(data_dir, "create", "turnstile", "--app", "front", "--lifetime", "600", "--json"))
    assert made.keys() == {"id", "secret"}
    assert (len(made["id"]), len(made["secret"])) == (20, 64)
    [listed] = json.loads(run(data_dir, "list", "--json"))
    assert (listed["name"], listed["id"], listed["apps"], listed["lifetime"]) == (
        "turnstile",
        made["id"],
        ["front"],
        600,
    )
    assert made["secret"] not in run(data_dir, "list") + json.dumps(listed)


def test_people_are_told_that_it_is_shown_once(data_dir: Path) -> None:
    printed = run(data_dir, "create", "turnstile")
    assert "id  " in printed
    assert "secret  " in printed
    assert "The secret is shown only now" in printed
    assert "all" in run(data_dir, "list")


def test_the_first_key_makes_the_database(tmp_path: Path) -> None:
    assert json.loads(run(tmp_path / "new", "create", "first", "--json")).keys() == {"id", "secret"}


def test_a_key_is_limited(data_dir: Path) -> None:
    run(data_dir, "create", "turnstile", "--app", "front", "--app", "back", "--lifetime", "60")
    assert run(data_dir, "set", "turnstile", "--app", "back") == "turnstile: back; tokens for 60 s\n"
    assert run(data_dir, "set", "turnstile", "--lifetime", "90") == "turnstile: back; tokens for 90 s\n"
    assert run(data_dir, "set", "turnstile", "--all-apps") == "turnstile: all apps; tokens for 90 s\n"
    assert run(data_dir, "set", "turnstile") == "turnstile: all apps; tokens for 90 s\n"


def test_a_rotation_keeps_the_id(data_dir: Path) -> None:
    made = json.loads(run(data_dir, "create", "turnstile", "--json"))
    again = json.loads(run(data_dir, "rotate", "turnstile", "--json"))
    assert again["id"] == made["id"]
    assert again["secret"] != made["secret"]
    [listed] = json.loads(run(data_dir, "list", "--json"))
    assert listed["old_secret_until"] is not None


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("create", "taken"), 1, "A user access key named 'taken' already exists."),
        (("create", "x", "--app", "nobody"), 1, "There is no app named 'nobody'."),
        (("create", ""), 1, "A user access key's name has 1 to 100 printable characters."),
        (("create", "x", "--lifetime", "59"), 2, ""),
        (("create", "x", "--lifetime", "86401"), 2, ""),
        (("revoke", "x"), 1, "There is no user access key named 'x'."),
        (("rotate", "x"), 1, "There is no user access key named 'x'."),
        (("set", "x"), 1, "There is no user access key named 'x'."),
        (("set", "taken", "--app", "front", "--all-apps"), 2, ""),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    data_dir: Path, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    run(data_dir, "create", "taken")
    ended, said = refused(data_dir, *arguments)
    assert ended == code
    assert sentence in said


def tokens_in(storage: Storage) -> int:
    with storage.database.read() as connection:
        return connection.execute(select(func.count()).select_from(access_tokens)).scalar_one()


@retry(retry=retry_if_result(lambda count: count != 1), stop=stop_after_delay(60), wait=wait_fixed(0.2))
def swept(storage: Storage) -> int:
    return tokens_in(storage)


def test_a_server_deletes_tokens_that_have_expired(data_dir: Path) -> None:
    run(data_dir, "create", "turnstile")
    then = datetime.now(UTC) - timedelta(hours=2)
    with closing(open_storage(data_dir)) as storage:
        [key] = storage.access_keys.list_keys()
        for number, hours in enumerate((1, 1, 9)):
            end = then + timedelta(hours=hours)
            storage.access_keys.add_token(key, f"token-{number}", then, end, keep=9)
        assert tokens_in(storage) == 3
        with running_server(data_dir.parent):
            assert swept(storage) == 1
