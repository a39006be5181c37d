"""The programs in the client's guide run as they are printed, in both languages."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from harness.servers import Keys, Server

ROOT = Path(__file__).parents[2]


def program(page: str) -> str:
    text = (ROOT / "docs" / "api" / page).read_text()
    return "\n".join(re.findall(r"^```python\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL))


def test_the_programs_of_the_guide_do_what_they_say(server: Server, keys: Keys) -> None:
    script = program("client.md").replace("http://127.0.0.1:8000", server.url)
    script = script.replace("your-app-key", keys.appKey).replace("your-secret-key", keys.secretKey)
    key = server.create_access_key("of the guide", "--app", keys.name)
    script = script.replace("your-key-id", key.id).replace("your-key-secret", key.secret)
    ran = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True, cwd=ROOT)  # noqa: S603
    lines = ran.stdout.splitlines()
    name, similarity = lines[1].split()
    assert (name, float(similarity) >= 90) == ("ines", True)
    assert "-40030 There is no group with this id." in lines
    assert lines[-1] == "1 []"


@pytest.mark.parametrize("page", ["client.ko.md"])
def test_the_translation_shows_the_same_programs(page: str) -> None:
    assert program(page) == program("client.md")
