"""The commands of the API guide run as they are printed, page by page."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.servers import Keys, Server

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "api"
REFUSED = "limit=500"
"""In the one command that is printed to show an error."""

SHELL = f"""
set -euo pipefail
curl() {{ command curl -sS -w '\\n' "$@"; }}
visavis() {{ "{sys.executable}" -m visavis "$@"; }}
"""


def blocks(page: str, language: str) -> list[str]:
    found = re.findall(rf"^```{language}\n(.*?)^```$", (GUIDE / page).read_text(), flags=re.MULTILINE | re.DOTALL)
    return [str(block) for block in found]


def run(server: Server, script: str) -> list[dict[str, Any]]:
    """The JSON answers of the commands, in order."""
    environment = os.environ | {"VISAVIS_DATA_DIR": str(server.data_dir)}
    ran = subprocess.run(  # noqa: S603 - our own pages
        ["bash", "-c", SHELL + script],  # noqa: S607 - wherever it is
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
    )
    return [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]


def filled_in(script: str, server: Server, keys: Keys) -> str:
    if "your-key-id" in script:
        key = server.create_access_key(f"of {keys.name}", "--app", keys.name)
        script = script.replace("your-key-id", key.id).replace("your-key-secret", key.secret)
    values = {
        "http://127.0.0.1:8000": server.url,
        "your-app-key": keys.appKey,
        "your-secret-key": keys.secretKey,
        "your-api-key": keys.apiKey,
        "front-door": keys.name,
    }
    for printed, value in values.items():
        script = script.replace(printed, value)
    return script


def succeeded(answer: dict[str, Any]) -> bool:
    if "header" in answer:
        return answer["header"]["isSuccessful"] is True
    return "apiType" in answer or answer["message"] == "success"


@pytest.mark.parametrize("page", ["v2.md", "v2.1.md", "v1.md", "plus.md", "searchface.md", "index.md"])
def test_every_command_of_a_page_succeeds_but_for_the_one_that_shows_an_error(server: Server, page: str) -> None:
    keys = server.create_app(f"guide-{page}")
    variables, *commands = blocks(page, "sh") if page != "index.md" else ["", *blocks(page, "sh")]
    script = filled_in("".join([variables, *commands]), server, keys)
    before, placeholder, after = script.partition("FACE_ID=your-face-id\n")
    answers = run(server, before)
    if placeholder:
        [face_id, *_] = re.findall(r'"faceId": "(.+?)"', json.dumps(answers))
        answers += run(server, f"{filled_in(variables, server, keys)}FACE_ID={face_id}\n{after}")
    assert len(answers) == len(re.findall(r"^\s*curl ", script, flags=re.MULTILINE))
    assert [succeeded(answer) for answer in answers].count(False) == script.count(REFUSED)


def test_the_error_that_is_shown_is_the_one_that_is_answered(server: Server) -> None:
    keys = server.create_app("guide-error")
    [shown] = blocks("v2.md", "text")
    [detail] = re.findall(r"^x-error-detail: (.+)$", shown, flags=re.MULTILINE)
    with server.v2(keys) as client:
        answer = client.get(f"/groups?{REFUSED}")
    assert answer.headers["x-error-detail"] == detail
    assert answer.text == shown.splitlines()[-1]
