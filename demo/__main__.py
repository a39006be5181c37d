"""`python -m demo`: exit code 0 if every search was answered and at least 95 % named the right person."""

from __future__ import annotations

import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.progress import track
from rich.table import Table

from demo.contact_sheet import BLUE, GREEN, RED, Tile, draw
from demo.people import PORTRAIT, PROBES, Photo, photos
from demo.server import running_server

GROUP = "people"
SHEET = Path("visavis-demo.png")
REQUIRED_SHARE = 0.95
MATCH = 90
"""At this similarity one stranger in 10,000 would match."""

console = Console()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a search by one photo came to; `best` is None when the answer was an error or named nobody."""

    photo: Photo
    best: str | None
    similarity: float
    face: dict[str, Any] | None
    answered: bool
    seconds: float

    @property
    def right(self) -> bool:
        return self.best == self.photo.person


def main() -> int:
    start = time.perf_counter()
    with running_server() as client:
        console.print(f"The server is up after {time.perf_counter() - start:.1f} s; its gallery is empty.")
        _answer(client.post("/groups", json={"groupId": GROUP}))
        portraits = [register(client, photo) for photo in track(photos((PORTRAIT,)), "Registering portraits")]
        outcomes = [search(client, photo) for photo in track(photos(PROBES), "Searching")]
    console.print(table_of(outcomes))
    draw(rows_of(portraits, outcomes), SHEET)
    console.print(f"Boxes, landmarks, names and similarities are drawn in {SHEET}.", highlight=False)
    return summarise(len(portraits), outcomes, time.perf_counter() - start)


def register(client: httpx.Client, photo: Photo) -> Tile:
    response = client.post(
        f"/groups/{GROUP}/faces",
        files={"imageFile": photo.path.read_bytes()},
        data={"limit": "1", "externalImageId": photo.person},
    )
    return Tile(photo.path, _answer(response)["addedFaceDetails"][0], f"{photo.person}\nregistered", BLUE)


def search(client: httpx.Client, photo: Photo) -> Outcome:
    start = time.perf_counter()
    response = client.post(
        f"/groups/{GROUP}/faces/search",
        files={"imageFile": photo.path.read_bytes()},
        data={"limit": "1", "threshold": "1"},
    )
    seconds = time.perf_counter() - start
    body = response.json()
    if not body["header"]["isSuccessful"]:
        return Outcome(photo, None, 0.0, None, answered=False, seconds=seconds)
    data = body["data"]
    best = data["matchFaces"][0] if data["matchFaces"] else None
    return Outcome(
        photo,
        best["face"]["externalImageId"] if best else None,
        best["similarity"] if best else 0.0,
        data["sourceFace"],
        answered=True,
        seconds=seconds,
    )


def _answer(response: httpx.Response) -> dict[str, Any]:
    """The data of a successful answer; anything else ends the demo."""
    body: dict[str, Any] = response.json()
    if not body["header"]["isSuccessful"]:
        raise RuntimeError(f"{body['header']}: {response.headers.get('x-error-detail')}")
    data: dict[str, Any] = body.get("data", {})
    return data


def table_of(outcomes: list[Outcome]) -> Table:
    table = Table("picture", "best match", "similarity", "", title="Who is it?")
    for outcome in outcomes:
        verdict = "[green]right[/]" if outcome.right else "[bold red]wrong[/]"
        table.add_row(outcome.photo.title, outcome.best or "nobody", f"{outcome.similarity:.2f}", verdict)
    return table


def rows_of(portraits: list[Tile], outcomes: list[Outcome]) -> list[list[Tile]]:
    """One column a person: the portrait on top, then one row for each kind of probe."""
    probes = ([_tile(outcome) for outcome in outcomes if outcome.photo.kind == kind] for kind in PROBES)
    return [portraits, *probes]


def _tile(outcome: Outcome) -> Tile:
    caption = f"{outcome.best or 'nobody'}  {outcome.similarity:.1f}\n{outcome.photo.kind.replace('_', ' ')}"
    return Tile(outcome.photo.path, outcome.face, caption, GREEN if outcome.right else RED)


def summarise(registered: int, outcomes: list[Outcome], seconds: float) -> int:
    """Print the one line that counts; return the exit code."""
    answered = sum(outcome.answered for outcome in outcomes)
    right = sum(outcome.right for outcome in outcomes)
    confident = sum(outcome.right and outcome.similarity >= MATCH for outcome in outcomes)
    median_ms = 1000 * statistics.median(outcome.seconds for outcome in outcomes)
    console.print(
        f"{registered} people registered, {answered} of {len(outcomes)} searches answered, "
        f"{right} named the right person ({right / len(outcomes):.0%}), {confident} of them with a similarity "
        f"of {MATCH} or more; "
        f"median {median_ms:.0f} ms a search over HTTP, {seconds:.0f} s in all.",
        highlight=False,
        soft_wrap=True,
    )
    return 0 if answered == len(outcomes) and right >= REQUIRED_SHARE * len(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
