"""What a server writes while it works."""

from __future__ import annotations

import json
import re
from pathlib import Path

import httpx
import pytest

from tests.server import Keys, Server, running_server

TOLD_ONCE = "Every operation of every protocol"
"""The end of what the first start prints for people, keys included."""


def log_after_the_first_start(server: Server) -> str:
    return server.log.read_text().partition(TOLD_ONCE)[2].partition("\n")[2].strip()


def use(server: Server, selfie: bytes) -> Keys:
    """An operation that succeeds, one that does not, and a path that nobody knows."""
    keys = server.create_app("front-door")
    with server.v2(keys) as client:
        assert client.post("/faces/detect", files={"imageFile": selfie}).status_code == httpx.codes.OK
        client.get("/groups/secret-group")
        client.get(f"/groups/{keys.secretKey}/{keys.apiKey}")
    return keys


def test_in_json_every_line_is_an_object_and_a_request_is_one_line_with_its_facts(
    tmp_path: Path, selfie: bytes
) -> None:
    with running_server(tmp_path, {"LOG_FORMAT": "json"}) as server:
        use(server, selfie)
    lines = [json.loads(line) for line in log_after_the_first_start(server).splitlines()]
    assert all({"time", "level", "logger", "message"} <= line.keys() for line in lines)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00", line["time"]) for line in lines)
    detect, group, unknown = [
        line for line in lines if line["logger"] == "visavis.access" and line["route"] != "/livez"
    ]
    assert detect["operation"] == "detect"
    assert (detect["dialect"], detect["code"], detect["status"], detect["level"]) == ("v2", 0, 200, "INFO")
    assert detect["duration_ms"] > 0
    assert detect["route"] == "/v2.0/appkeys/{app_key}/faces/detect"
    assert (group["code"], group["error"]) == (-40030, "group_not_found")
    assert group["detail"] == "There is no group of this id."
    assert (unknown["operation"], unknown["status"], unknown["error"]) == ("unknown", 404, "http_404")


def test_in_text_a_request_is_one_line(tmp_path: Path, selfie: bytes) -> None:
    with running_server(tmp_path) as server:
        use(server, selfie)
    lines = [line for line in log_after_the_first_start(server).splitlines() if " visavis.access " in line]
    told = [line.partition(" visavis.access ")[2] for line in lines if "/livez" not in line]
    assert [re.sub(r"\d+ ms [0-9a-f]{32}", "N ms ID", line) for line in told] == [
        "POST /v2.0/appkeys/{app_key}/faces/detect 200 N ms ID",
        "GET /v2.0/appkeys/{app_key}/groups/{group_id} 200 N ms ID There is no group of this id.",
        "GET (no such path) 404 N ms ID There is no such path.",
    ]


def test_at_a_higher_level_requests_are_not_logged(tmp_path: Path, selfie: bytes) -> None:
    with running_server(tmp_path, {"LOG_LEVEL": "error"}) as server:
        use(server, selfie)
    assert log_after_the_first_start(server) == ""


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_line_tells_a_key_or_a_group(tmp_path: Path, selfie: bytes, form: str) -> None:
    with running_server(tmp_path, {"LOG_FORMAT": form}) as server:
        keys = use(server, selfie)
    log = log_after_the_first_start(server)
    for secret in (keys.appKey, keys.secretKey, keys.apiKey, "secret-group"):
        assert secret not in log
