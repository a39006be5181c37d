"""Java's own HttpClient, which asks for HTTP/2 on plain http, is answered in HTTP/1.1 with its body read."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.servers import Keys, Server
from tests.contract import pictures


@pytest.mark.skipif(shutil.which("java") is None, reason="there is no JDK")
def test_a_java_http_client_as_it_comes_detects_faces(server: Server, keys: Keys, tmp_path: Path) -> None:
    picture = tmp_path / "face.jpg"
    picture.write_bytes(pictures.portrait())
    url = f"{server.url}/v2.0/appkeys/{keys.appKey}/faces/detect"
    command = ["java", str(Path(__file__).with_name("Detect.java")), url, keys.secretKey, str(picture)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)  # noqa: S603
    answers = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [each["data"]["faceDetailCount"] for each in answers] == [1, 1]
