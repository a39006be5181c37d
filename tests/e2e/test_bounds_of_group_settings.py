"""What a setting of a group may be is the same at every door: admin API, command, console, archive."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from typer.testing import CliRunner

from harness.console.person import Crowd, Person
from harness.servers import Keys, Server, running_server
from visavis.cli import cli
from visavis.core.group_settings import BOUNDS, NAMES
from visavis.transfer.archive.contents import ContentsWriter, GroupHead
from visavis.transfer.archive.header import Cost, write_header
from visavis.transfer.archive.stream import SealedWriter
from visavis.types import GroupSettings

TOKEN = "who-sets-bounds-in-these-tests"  # a made-up token
PASSPHRASE = "several words for an archive"
DEFAULTS = asdict(GroupSettings())
OPTIONS = {
    "retention_hours": "--retention={}h",
    "recognition_event_days": "--recognition-events={}",
    "recognition_event_gap_seconds": "--event-gap={}",
}
"""Settings whose options have other names."""
DOORS = ("admin_api", "command", "console", "archive")
TABLE = [
    row
    for name, bounds in BOUNDS.items()
    for row in (
        (name, bounds.least, True),
        (name, bounds.most, True),
        (name, bounds.least - 3, False),
        (name, bounds.most + 1, False),
        (name, 10.5, not bounds.whole),
    )
]


@dataclass(frozen=True)
class Doors:
    """A server with one app, and every way to the settings of its groups; each tells whether it did it."""

    server: Server
    keys: Keys
    operator: Person
    folder: Path

    def new_group(self) -> str:
        name = f"group-{uuid4().hex}"
        with self.server.v2(self.keys) as client:
            assert client.post("/groups", json={"groupId": name}).json()["header"]["isSuccessful"]
        return name

    def settings(self, group: str) -> dict[str, Any] | None:
        """None where there is no such group."""
        answer = self._ask("GET", group)
        return {name: answer.json()[name] for name in DEFAULTS} if answer.is_success else None

    def admin_api(self, group: str, name: str, value: float) -> bool:
        answer = self._ask("PATCH", group, json={name: value})
        assert answer.status_code in {200, 422}
        return answer.status_code == 200

    def command(self, group: str, name: str, value: float) -> bool:
        given = OPTIONS.get(name, f"--{name.replace('_', '-')}={{}}")
        option = given.format(value)
        done = self._run("group", "set", self.keys.name, group, option)
        assert done in {0, 2}
        return done == 0

    def console(self, group: str, name: str, value: float) -> bool:
        given = DEFAULTS | {name: value}
        fields = {field: str(given[field]) for field in BOUNDS if field not in OPTIONS}
        more = {"retention": str(given["retention_hours"]), "unit": "hours"}
        more["event_gap"] = str(given["recognition_event_gap_seconds"])
        if days := given["recognition_event_days"]:
            more |= {"events": "on", "event_days": str(days)}
        answer = self.operator.post(f"/apps/1/groups/{group}/settings", **fields, **more)
        assert answer.status_code in {303, 422}
        return answer.status_code == 303

    def archive(self, group: str, name: str, value: float) -> bool:
        """Of a group that is not there yet."""
        with self.server.v2(self.keys) as client:
            client.delete(f"/groups/{group}")
        file = self.folder / f"{group}.visavis"
        file.write_bytes(archive_of(group, DEFAULTS | {name: value}))
        return self._run("import", "--archive", str(file), "--app", self.keys.name) == 0

    def _ask(self, method: str, group: str, **body: Any) -> httpx.Response:
        path, headers = f"/admin/apps/{self.keys.name}/groups/{group}", {"Authorization": f"Bearer {TOKEN}"}
        return self.server.client.request(method, path, headers=headers, **body)

    def _run(self, *arguments: str) -> int:
        where = ("--data-dir", str(self.server.data_dir))
        secret = {"VISAVIS_ARCHIVE_PASSPHRASE": PASSPHRASE}
        return CliRunner().invoke(cli, [*arguments, *where], env=secret).exit_code


def archive_of(group: str, settings: dict[str, Any]) -> bytes:
    """One group without faces, with whatever settings."""
    head, file = GroupHead.of(group, "sface", datetime.now(UTC), 0, GroupSettings()), BytesIO()
    header = write_header(file, PASSPHRASE, Cost(memory_kib=64, passes=1, lanes=1))
    writer = ContentsWriter(SealedWriter(file, *header))
    writer.group(head.model_copy(update={"settings": settings}))
    writer.finish()
    return file.getvalue()


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    folder = tmp_path_factory.mktemp("doors")
    with running_server(folder, {"ADMIN_TOKEN": TOKEN}) as server, ExitStack() as stack:
        keys = server.create_app("door")
        yield Doors(server, keys, Crowd(server, stack).newcomer("manager", apps=["door"]), folder)


def test_every_number_among_the_settings_has_bounds() -> None:
    numbers = {name for name, value in DEFAULTS.items() if not isinstance(value, bool)}
    assert numbers == set(BOUNDS)
    assert set(DEFAULTS) == set(NAMES)


@pytest.mark.slow
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(("name", "value", "possible"), TABLE)
def test_a_setting_has_the_same_bounds_at_every_door(
    name: str, value: float, possible: bool, door: str, doors: Doors
) -> None:
    group = doors.new_group()
    assert getattr(doors, door)(group, name, value) is possible
    before = None if door == "archive" else DEFAULTS
    assert doors.settings(group) == (DEFAULTS | {name: value} if possible else before)
