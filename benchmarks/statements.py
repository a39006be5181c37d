"""What an operation asks of PostgreSQL: transactions, statements, round trips, and its processes' CPU time.

`python -m benchmarks.statements`; docs/scaling.md shows its table. The server's ASGI application is called
directly, without background tasks, on a PostgreSQL that the script starts; what it asks is counted on the wire.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from fastapi import FastAPI
from pydantic import SecretStr

from harness.postgres import Postgres, running_postgres
from harness.postgres_tap import Traffic, tapped
from visavis.app import create_app, open_access_keys, open_apps
from visavis.identities import KeyKind
from visavis.settings import Settings, WorkSettings

TIMES = 40
WARM_UP = 3


@dataclass(frozen=True)
class Client:
    """Requests to the application, in this process and thread."""

    app: Any
    root: str
    headers: dict[str, str]
    by_token: tuple[str, dict[str, str]]
    """Root and headers of the version with access tokens."""
    loop: asyncio.AbstractEventLoop

    def ask(self, method: str, path: str, **extra: Any) -> Any:
        return self.loop.run_until_complete(self._ask(method, path, extra))

    def ask_by_token(self, method: str, path: str) -> Any:
        root, headers = self.by_token
        return replace(self, root=root, headers=headers).ask(method, path)

    async def _ask(self, method: str, path: str, extra: dict[str, Any]) -> Any:
        transport = httpx.ASGITransport(app=self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://server", headers=self.headers) as http:
            answer = (await http.request(method, self.root + path, **extra)).json()
        if not answer["header"]["isSuccessful"]:
            raise RuntimeError(str(answer))
        return answer.get("data")


def main() -> None:
    with running_postgres() as postgres, application(postgres) as (client, traffic):
        sys.stdout.write("| operation | transactions | statements | round trips | CPU of PostgreSQL, ms |\n")
        sys.stdout.write("|---|---|---|---|---|\n")
        for name, operation in operations(client).items():
            sys.stdout.write(f"| {name} | {measured(operation, traffic, postgres)} |\n")
            sys.stdout.flush()


@contextmanager
def application(postgres: Postgres) -> Iterator[tuple[Client, Traffic]]:
    """The application on a new database, and what it asks of that."""
    with TemporaryDirectory() as folder, tapped(postgres.new_database()) as (url, traffic):
        settings = Settings(data_dir=Path(folder), database_url=SecretStr(url), work=WorkSettings(cpu_places=1))
        with open_apps(settings) as apps:
            keys = apps.create("statements")
        root = f"/v2.0/appkeys/{keys[KeyKind.APP_KEY]}"
        headers = {"Authorization": keys[KeyKind.SECRET_KEY]}
        with open_access_keys(settings) as access_keys:
            client, secret = access_keys.create("statements", None, 3600)
        app, loop = create_app(settings), asyncio.new_event_loop()
        token = loop.run_until_complete(_token(app, client.id, secret))
        by_token = root.replace("/v2.0/", "/v2.1/"), {"X-NHN-Authorization": f"Bearer {token}"}
        yield Client(app, root, headers, by_token, loop), traffic
        loop.run_until_complete(_end(app))
        loop.close()


async def _token(app: FastAPI, client_id: str, secret: str) -> str:
    """A new access token."""
    transport, asked = httpx.ASGITransport(app=app), {"grant_type": "client_credentials"}
    async with httpx.AsyncClient(transport=transport, base_url="http://server") as http:
        answer = await http.post("/oauth2/token/create", auth=(client_id, secret), data=asked)
    return str(answer.raise_for_status().json()["access_token"])


async def _end(app: FastAPI) -> None:
    """Close what the application has opened: its background tasks start at last, and all ends."""
    async with app.router.lifespan_context(app):
        pass


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
        "group, by access token": lambda: client.ask_by_token("GET", "/groups/group"),
        "delete a face": lambda: client.ask("DELETE", f"/groups/group/faces/{stored.pop()}"),
    }


def measured(operation: Callable[[], object], traffic: Traffic, postgres: Postgres) -> str:
    """Cells of the table: means over `TIMES`, after a few that do not count."""
    for _ in range(WARM_UP):
        operation()
    before = cpu_seconds(postgres)
    traffic.clear()
    for _ in range(TIMES):
        operation()
    spent = cpu_seconds(postgres) - before
    counts = (traffic.transactions, traffic.statements, traffic.round_trips)
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
