"""Commands that the console shows say to a shell what they mean, whatever is in them."""

from __future__ import annotations

import base64
import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from visavis.api.curl import curl
from visavis.api.nhn.plus import PLUS
from visavis.core.api_preview import PreviewRequest, SentPicture
from visavis.identities import App

COMPARE = next(operation for operation in PLUS.operations if operation.name == "compare")
APP = App(1, "any", datetime(2026, 1, 1, tzinfo=UTC))


def body_of(command: str, folder: Path) -> object:
    """What the command sends, with a curl that prints it."""
    fake = (
        'curl() { local last; for last; do :; done; if [ "$last" = @- ]; then cat; else printf %s "$last"; fi; }'
    )
    done = subprocess.run(  # noqa: S603 - our own command
        ["bash", "-c", f"{fake}\n{command}"],  # noqa: S607 - whatever shell is there
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    "url",
    [
        "https://pictures.example/100%25.jpg?size=%s",
        'https://pictures.example/it\'s "quoted".jpg',
        "https://pictures.example/$(touch stolen)`touch stolen`.jpg",
        "https://pictures.example/한글\\n.jpg",
    ],
)
def test_a_url_reaches_the_api_as_it_is(url: str, tmp_path: Path) -> None:
    (tmp_path / "face.jpg").write_bytes(b"\xff\xd8 a picture")
    by_url, by_file = SentPicture("sourceImage", "", url), SentPicture("targetImage", "face.jpg", data=b"")
    in_base64 = {"bytes": base64.b64encode(b"\xff\xd8 a picture").decode()}
    for pictures, expected in (
        ((by_url, by_file), {"sourceImage": {"url": url}, "targetImage": in_base64}),
        ((by_url,), {"sourceImage": {"url": url}}),
    ):
        question = PreviewRequest("compare", APP, pictures, {"threshold": 90}, "http://localhost")
        command = curl(PLUS, COMPARE, question, as_form=False)
        assert "?threshold=90" in command
        assert body_of(command, tmp_path) == expected
    assert sorted(path.name for path in tmp_path.iterdir()) == ["face.jpg"]
