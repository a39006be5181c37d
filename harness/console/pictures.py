"""Pictures for the pages that look at them, and what the API answers to the same ones."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from importlib import resources
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

from harness.console.person import Person
from harness.servers import Keys, Server

SAMPLES = Path(str(resources.files("visavis"))) / "assets"
PORTRAIT, SELFIE, OMAR = (SAMPLES / f"{name}.jpg" for name in ("ines-portrait", "ines-selfie", "omar-selfie"))

_TOKENS: dict[Keys, str] = {}


def side_by_side(*paths: Path, height: int = 480) -> bytes:
    """One PNG of several pictures in a row."""
    pictures = [Image.open(path) for path in paths]
    scaled = [picture.resize((round(picture.width * height / picture.height), height)) for picture in pictures]
    row = Image.new("RGB", (sum(picture.width for picture in scaled), height))
    left = 0
    for picture in scaled:
        row.paste(picture, (left, 0))
        left += picture.width
    return png(row)


def png(picture: Image.Image) -> bytes:
    file = BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def nobody() -> bytes:
    return png(Image.new("RGB", (320, 240), "#8899aa"))


def answers(
    server: Server, keys: Keys, operation: str, pictures: dict[str, bytes], **options: int
) -> dict[str, Any]:
    """What each dialect answers: v2 and v2.1 to a form, Plus and v1 to JSON, as the commands of the pages ask."""
    as_json = {role: {"bytes": base64.b64encode(data).decode()} for role, data in pictures.items()}
    path = f"/nhn-face-reco/v1.0/appkeys/{keys.appKey}/{operation}"
    with_spoofing = {"spoofing": True} if operation == "detect" else {}
    with httpx.Client(base_url=server.url, timeout=60, trust_env=False) as client:
        of_form = {
            name: client.post(
                f"/{version}/appkeys/{keys.appKey}/faces/{operation}",
                headers=headers,
                files={f"{role}File": data for role, data in pictures.items()},
                data={name: json.dumps(value) for name, value in (with_spoofing | options).items()},
            ).json()
            for name, version, headers in (
                ("v2", "v2.0", {"Authorization": keys.secretKey}),
                ("v2.1", "v2.1", {"x-nhn-authorization": f"Bearer {token(server, keys)}"}),
            )
        }
        key = {"x-nhn-apikey": keys.apiKey}
        plus = client.post(path, params=options, json=as_json | with_spoofing, headers=key)
        v1 = client.post(path, params=options, json=as_json)
    return {**of_form, "plus": plus.json(), "v1": v1.json()}


def token(server: Server, keys: Keys) -> str:
    """An access token for this app, the same whenever it is asked for."""
    if keys not in _TOKENS:
        _TOKENS[keys] = server.token_of(keys)
    return _TOKENS[keys]


def carried_out(command: str, server: Server, keys: Keys, folder: Path) -> Any:
    """What a command of the pages prints in a folder with the pictures, given the keys of an app."""
    variables = {"APP_KEY": keys.appKey, "SECRET_KEY": keys.secretKey, "API_KEY": keys.apiKey}
    variables["TOKEN"] = token(server, keys)
    done = subprocess.run(  # noqa: S603 - our own command
        ["bash", "-c", f"set -eo pipefail; {command}"],  # noqa: S607 - whatever shell is there
        cwd=folder,
        env={"PATH": os.environ["PATH"], "no_proxy": "*", **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def upload(
    person: Person, group: str, action: str = "faces", picture: bytes | None = None, **fields: str
) -> tuple[int, Any]:
    """What the server answers to a picture, as the page's script sends it."""
    data = PORTRAIT.read_bytes() if picture is None else picture
    answer = person.client.post(
        f"/console/apps/1/groups/{group}/{action}",
        headers={"X-CSRF-Token": person.token(), "Accept": "application/json"},
        files={"picture": data},
        data=fields,
    )
    return answer.status_code, answer.json()
