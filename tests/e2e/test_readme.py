"""The tour of the README runs as it is printed."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from harness.servers import Server

ROOT = Path(__file__).parents[2]


def tour(readme: str) -> str:
    """The shell blocks between the marker of the tour and the next heading."""
    section = re.split(r"^<!-- .*-->$|^## ", (ROOT / readme).read_text(), flags=re.MULTILINE)
    [part] = [part for part in section if "APP_KEY=" in part]
    return "\n".join(re.findall(r"```sh\n(.*?)```", part, flags=re.DOTALL))


@pytest.mark.parametrize("readme", ["README.md", "README.ko.md"])
def test_every_command_of_the_tour_succeeds_and_the_search_finds_who_was_registered(
    server: Server, readme: str
) -> None:
    keys = server.create_app(f"tour of {readme}")
    script = tour(readme).replace("http://127.0.0.1:8000", server.url)
    script = script.replace("your-app-key", keys.appKey).replace("your-secret-key", keys.secretKey)
    script = re.sub(r"^curl ", "curl -sS -w '\\\\n' ", script, flags=re.MULTILINE)
    ran = subprocess.run(["bash", "-euc", script], check=True, capture_output=True, text=True, cwd=ROOT)  # noqa: S603, S607
    answers = [json.loads(line) for line in ran.stdout.splitlines() if line]
    assert len(answers) == script.count("curl ")
    assert all(answer["header"]["resultMessage"] == "Success" for answer in answers)
    [match] = answers[2]["data"]["matchFaces"]
    assert match["face"]["externalImageId"] == "ines"
    assert match["similarity"] >= 90
    assert answers[3]["data"]["unmatchedFaceDetailCount"] == 1


def test_both_readmes_show_the_same_commands() -> None:
    assert tour("README.md") == tour("README.ko.md")
