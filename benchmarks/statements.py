"""What an operation asks of PostgreSQL: transactions, statements, round trips, and its processes' CPU time.

`python -m benchmarks.statements`; docs/scaling.md shows its table. The server's ASGI application is called
directly, on a PostgreSQL that the script starts, so that SQLAlchemy's events can be counted in this process.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from pydantic import SecretStr
from sqlalchemy import Engine, event
from sqlalchemy.pool import Pool

from harness.postgres import Postgres, running_postgres
from visavis.app import create_app, open_apps
from visavis.identities import KeyKind
from visavis.settings import Settings, WorkSettings

TIMES = 40
WARM_UP = 3


@dataclass
class Count:
    """Of what reached the database."""

    transactions: int = 0
    statements: int = 0

    @property
    def round_trips(self) -> int:
        """Each transaction has its ping, its BEGIN and its COMMIT or ROLLBACK as well."""
        return self.statements + 3 * self.transactions


@contextmanager
def counting() -> Iterator[Count]:
    count = Count()

    def statement(*_: object) -> None:
        count.statements += 1

    def transaction(*_: object) -> None:
        count.transactions += 1

    event.listen(Engine, "before_cursor_execute", statement)
    event.listen(Pool, "checkout", transaction)
    try:
        yield count
    finally:
        event.remove(Engine, "before_cursor_execute", statement)
        event.remove(Pool, "checkout", transaction)


@dataclass(frozen=True)
class Client:
    """Requests to the application, in this process and thread."""

    app: Any
    root: str
    headers: dict[str, str]
    loop: asyncio.AbstractEventLoop

    def ask(self, method: str, path: str, **extra: Any) -> Any:
        return self.loop.run_until_complete(self._ask(method, path, extra))

    async def _ask(self, method: str, path: str, extra: dict[str, Any]) -> Any:
        transport = httpx.ASGITransport(app=self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://server", headers=self.headers) as http:
            answer = (await http.request(method, self.root + path, **extra)).json()
        if not answer["header"]["isSuccessful"]:
            raise RuntimeError(str(answer))
        return answer.get("data")


def main() -> None:
    with running_postgres() as postgres, TemporaryDirectory() as folder:
        settings = Settings(
            data_dir=Path(folder), database_url=SecretStr(postgres.new_database()), work=WorkSettings(cpu_places=1)
        )
        with open_apps(settings) as apps:
            keys = apps.create("statements")
        root = f"/v2.0/appkeys/{keys[KeyKind.APP_KEY]}"
        headers = {"Authorization": keys[KeyKind.SECRET_KEY]}
        client = Client(create_app(settings), root, headers, asyncio.new_event_loop())
        sys.stdout.write("| operation | transactions | statements | round trips | CPU of PostgreSQL, ms |\n")
        sys.stdout.write("|---|---|---|---|---|\n")
        for name, operation in operations(client).items():
            sys.stdout.write(f"| {name} | {measured(operation, postgres)} |\n")
            sys.stdout.flush()


def operations(client: Client) -> dict[str, Callable[[], object]]:
    """By name; each can be repeated, and leaves the group warm."""
    picture = (Path(str(resources.files("visavis"))) / "assets" / "ines-small.jpg").read_bytes()
    files = {"imageFile": picture}
    client.ask("POST", "/groups", json={"groupId": "group"})
    stored: list[str] = []

    def register() -> None:
        data = client.ask("POST", "/groups/group/faces", files=files, data={"limit": "1"})
        stored.append(data["addedFaces"][0]["faceId"])

    def search_stored() -> None:
        client.ask("GET", f"/groups/group/faces/{stored[0]}/search", params={"limit": 10, "threshold": 1})

    def search_after_a_change() -> None:
        register()
        search_stored()

    return {
        "detect": lambda: client.ask("POST", "/faces/detect", files=files),
        "register one face": register,
        "search by picture, group in memory": lambda: client.ask(
            "POST", "/groups/group/faces/search", files=files, data={"limit": "10", "threshold": "90"}
        ),
        "search by stored face, group in memory": search_stored,
        "register, then search by stored face": search_after_a_change,
        "list 10 faces": lambda: client.ask("GET", "/groups/group/faces", params={"limit": 10}),
        "group": lambda: client.ask("GET", "/groups/group"),
        "delete a face": lambda: client.ask("DELETE", f"/groups/group/faces/{stored.pop()}"),
    }


def measured(operation: Callable[[], object], postgres: Postgres) -> str:
    """Cells of the table: means over `TIMES`, after a few that do not count."""
    for _ in range(WARM_UP):
        operation()
    before = cpu_seconds(postgres)
    with counting() as count:
        for _ in range(TIMES):
            operation()
    spent = cpu_seconds(postgres) - before
    counts = (count.transactions, count.statements, count.round_trips)
    return " | ".join([*(f"{each / TIMES:g}" for each in counts), f"{spent / TIMES * 1000:.1f}"])


def cpu_seconds(postgres: Postgres) -> float:
    """Of the server's processes, those that have ended included."""
    main = int((postgres.data / "postmaster.pid").read_text().split()[0])
    found = subprocess.run(["pgrep", "-P", str(main)], check=True, capture_output=True, text=True)  # noqa: S603, S607
    ticks = 0
    for process in (main, *map(int, found.stdout.split())):
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        ticks += sum(map(int, fields[11:15] if process == main else fields[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
