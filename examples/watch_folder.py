"""Watches a folder and registers, or looks for, the faces of the pictures that arrive in it.

A picture goes to `done/` when the server has answered, or to `failed/` when it can never be used. What the server
cannot do now stays where it is, and is tried again. Every picture is one line of JSON on standard output. Keys and
address come from the environment, see examples/README.md. Needs nothing but Python and `visavis_client`.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

from visavis_client import ApiError, Client, ConnectionFailed, Overloaded, ServerError, VisavisError

ENDINGS = {".jpg", ".jpeg", ".png"}
SETTLED_SECONDS = 1.0
"""A file that has not changed for so long is whole. Better still: write it elsewhere, and move it here."""


def register(client: Client, group: str, picture: Path) -> dict[str, object]:
    """Register the largest face under the name of the file, once: also if we were stopped after the answer."""
    name = picture.stem
    for face in client.faces(group, external_image_id=name):
        return {"registered": name, "face_id": face.face_id, "before": True}
    result = client.register(group, picture, external_image_id=name)
    if result.added:
        return {"registered": name, "face_id": result.added[0].face_id}
    return {"registered": None, "reasons": list(result.not_added_reasons) or ["no face"]}


def search(client: Client, group: str, picture: Path) -> dict[str, object]:
    """Who it is: the best match of 90 or more, which one stranger in 10,000 has with a face of the group."""
    matches = client.search(group, picture, limit=1, threshold=90).matches
    if not matches:
        return {"found": None}
    return {"found": matches[0].face.external_image_id, "similarity": round(matches[0].similarity, 1)}


DEEDS = {"register": register, "search": search}


def arrived(folder: Path) -> Iterator[Path]:
    """Pictures that are whole, the oldest first."""
    there = [(each.stat().st_mtime, each) for each in folder.iterdir() if each.suffix.lower() in ENDINGS]
    for changed, picture in sorted(there):
        if time.time() - changed >= SETTLED_SECONDS and not picture.name.startswith("."):
            yield picture


def move(picture: Path, name: str) -> None:
    """Into a folder beside it; one of the same name that is there gets a number behind it."""
    folder = picture.parent / name
    folder.mkdir(exist_ok=True)
    target, number = folder / picture.name, 1
    while target.exists():
        target, number = folder / f"{picture.stem}-{number}{picture.suffix}", number + 1
    picture.rename(target)


def handle(client: Client, group: str, deed: str, picture: Path) -> None:
    """Do it, say what came of it, and put the picture away."""
    place = "done"
    try:
        told = DEEDS[deed](client, group, picture)
    except (ConnectionFailed, Overloaded, ServerError) as error:
        told, place = {"later": str(error)}, ""
    except ApiError as error:
        told, place = {"error": error.detail or str(error), "code": error.code}, "failed"
    print(json.dumps({"picture": picture.name, **told}), flush=True)
    if place:
        move(picture, place)


def main() -> None:
    """Go through the folder, and through what arrives in it until somebody presses Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("deed", choices=DEEDS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--group", required=True)
    parser.add_argument("--once", action="store_true", help="end when all pictures have had their turn")
    options = parser.parse_args()
    url = os.environ.get("VISAVIS_URL", "http://127.0.0.1:8000")
    with Client(url, os.environ["VISAVIS_APP_KEY"], os.environ["VISAVIS_SECRET_KEY"]) as client:
        client.group(options.group)
        while True:
            for picture in arrived(options.folder):
                handle(client, options.group, options.deed, picture)
            if options.once:
                return
            time.sleep(0.5)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
    except VisavisError as error:
        raise SystemExit(str(error)) from None
