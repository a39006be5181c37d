"""The vendor's own examples work, typed into the real curl."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from . import pictures
from .picture_host import PictureHost
from .servers import Servers
from .session import Session, unique
from .tables import DIALECTS, V1, V2, Dialect

EXAMPLES = [(dialect, example) for dialect in DIALECTS for example in dialect.table("curls")["example"]]

MISPRINTED = [(dialect, example) for dialect, example in EXAMPLES if "repair" in example]

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


def _name(value: Dialect | dict[str, Any]) -> str:
    return value.name if isinstance(value, Dialect) else str(value["name"])


@pytest.fixture(scope="module")
def callers(servers: Servers) -> Callable[[Dialect], Session]:
    """An app for each dialect, in which the ids of the examples are free."""
    server = servers.main.server
    return cache(lambda dialect: Session(server, dialect, server.create_app(unique())).furnished())


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the files that the examples name."""
    folder = tmp_path_factory.mktemp("curl")
    picture = pictures.as_png(pictures.portrait())
    for name in ("image.png", "sourceImage.png", "targetImage.png"):
        (folder / name).write_bytes(picture)
    return folder


def _put_in(example: dict[str, Any], caller: Session, host: PictureHost) -> dict[str, str]:
    """What stands for each placeholder."""
    group, face = caller.group, caller.face
    if example["operation"].startswith("delete"):
        group = caller.new_group()
        face = caller.registered(group, pictures.portrait())[0]
    values = {
        "{domain}": caller.server.url,
        "{appKey}": caller.keys.appKey,
        "{secretKey}": caller.keys.secretKey,
        "{token}": caller.token,
        "{API KEY}": caller.keys.apiKey,
        "{group-id}": group,
        "{face-id}": face,
        "{limit}": "1",
        "{threshold}": "90",
        "https://...": host.url("portrait.jpg"),
    }
    if "{next-token}" in example["command"]:
        call = caller.call(example["operation"]).put("query", "limit", "1")
        values["{next-token}"] = caller.send(call).data["nextToken"]
    return values


def _curl(command: str, values: dict[str, str], client: Path) -> dict[str, Any]:
    for placeholder, value in values.items():
        command = command.replace(placeholder, value)
    # Options of our own: those of the user must not matter, nor a URL that an example names by mistake.
    (client / ".curlrc").write_text("silent\nconnect-timeout = 5\n")
    environment = {"PATH": os.environ["PATH"], "CURL_HOME": str(client), "HOME": str(client)}
    done = subprocess.run(  # noqa: S603 - the examples of our own table
        shlex.split(command), cwd=client, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout, f"curl ended with {done.returncode}: {done.stderr}"
    header: dict[str, Any] = json.loads(done.stdout)["header"]
    return header


@pytest.mark.parametrize(("dialect", "example"), EXAMPLES, ids=_name)
def test_an_example_is_answered_as_it_is_printed(
    dialect: Dialect,
    example: dict[str, Any],
    callers: Callable[[Dialect], Session],
    host: PictureHost,
    client: Path,
) -> None:
    caller = callers(dialect)
    header = _curl(example["command"], _put_in(example, caller, host), client)
    assert header["resultCode"] == example.get("printed_answer", 0)


@pytest.mark.parametrize(("dialect", "example"), MISPRINTED, ids=_name)
def test_an_example_that_is_misprinted_works_once_mended(
    dialect: Dialect,
    example: dict[str, Any],
    callers: Callable[[Dialect], Session],
    host: PictureHost,
    client: Path,
) -> None:
    caller = callers(dialect)
    wrong, right = example["repair"]
    assert wrong in example["command"]
    header = _curl(example["command"].replace(wrong, right), _put_in(example, caller, host), client)
    assert header == {"isSuccessful": True, "resultCode": 0, "resultMessage": dialect.success_message}


@pytest.mark.parametrize("dialect", DIALECTS, ids=_name)
def test_every_operation_has_an_example(dialect: Dialect) -> None:
    shown = {example["operation"] for example in dialect.table("curls")["example"]}
    # v2.0 has no document of its own for the one, and v1.0's shows no request of the other.
    without = {V1.name: {"verify"}, V2.name: {"spoofing"}}
    assert shown == dialect.operations.keys() - without.get(dialect.name, set())
