"""The v2.0 API over plain HTTP: registers sample pictures, and reads codes and ids out of answers."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import httpx


def picture(name: str) -> bytes:
    """One of those that ship with the package."""
    return (Path(str(resources.files("visavis"))) / "assets" / f"{name}.jpg").read_bytes()


def code(answer: httpx.Response) -> int:
    return int(answer.json()["header"]["resultCode"])


def register(client: httpx.Client, group: str, name: str = "ines-small") -> httpx.Response:
    return client.post(
        f"/groups/{group}/faces",
        files={"imageFile": picture(name)},
        data={"limit": "1", "orientation": "false", "mask": "false"},
    )


def face_id(answer: httpx.Response) -> str:
    assert code(answer) == 0, answer.text
    return str(answer.json()["data"]["addedFaces"][0]["faceId"])


def neighbours(client: httpx.Client, group: str, face: str) -> set[str]:
    """The ids of the faces that match a stored one: a search that needs no picture."""
    answer = client.get(f"/groups/{group}/faces/{face}/search", params={"limit": 100, "threshold": 1})
    assert code(answer) == 0, answer.text
    return {match["face"]["faceId"] for match in answer.json()["data"]["matchFaces"]}
