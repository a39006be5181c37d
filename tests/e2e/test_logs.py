"""What a server writes while it works."""

from __future__ import annotations

import json
import re
from pathlib import Path

import httpx
import pytest

from harness.servers import Keys, Server, running_server
from tests.e2e.conftest import sample


def use(server: Server, selfie: bytes) -> Keys:
    """An operation that succeeds, one that does not, and a path that nobody knows."""
    keys = server.create_app("front-door")
    with server.v2(keys) as client:
        assert client.post("/faces/detect", files={"imageFile": selfie}).status_code == httpx.codes.OK
        client.get("/groups/secret-group")
        client.get(f"/groups/{keys.secretKey}/{keys.apiKey}")
    return keys


@pytest.fixture(scope="module", params=["text", "json"])
def written(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, list[str], Keys]:
    """The form, the lines, and the keys of the app that was used."""
    with running_server(tmp_path_factory.mktemp("logs"), {"LOG_FORMAT": request.param}) as server:
        keys = use(server, sample("ines-selfie"))
    return request.param, server.log.read_text().strip().splitlines(), keys


def test_a_request_is_one_line_with_its_facts(written: tuple[str, list[str], Keys]) -> None:
    form, lines, _ = written
    if form == "text":
        told = [line.partition(" visavis.access ")[2] for line in lines if " visavis.access " in line]
        assert [re.sub(r"\d+ ms [0-9a-f]{32}", "N ms ID", line) for line in told if "/livez" not in line] == [
            "POST /v2.0/appkeys/{app_key}/faces/detect 200 N ms ID",
            "GET /v2.0/appkeys/{app_key}/groups/{group_id} 200 N ms ID There is no group with this id.",
            "GET (no such path) 404 N ms ID There is no such path.",
        ]
        return
    requests = [line for line in map(json.loads, lines) if line["logger"] == "visavis.access"]
    detect, group, unknown = [line for line in requests if line["route"] != "/livez"]
    assert detect["operation"] == "detect"
    assert (detect["dialect"], detect["code"], detect["status"], detect["level"]) == ("v2", 0, 200, "INFO")
    assert detect["duration_ms"] > 0
    assert detect["route"] == "/v2.0/appkeys/{app_key}/faces/detect"
    assert re.fullmatch("[0-9a-f]{32}", detect["request_id"])
    assert (group["code"], group["error"]) == (-40030, "group_not_found")
    assert group["detail"] == "There is no group with this id."
    assert (unknown["operation"], unknown["status"], unknown["error"]) == ("unknown", 404, "http_404")


def test_in_json_every_line_is_an_object_with_its_time_in_utc(written: tuple[str, list[str], Keys]) -> None:
    form, lines, _ = written
    for line in map(json.loads, lines if form == "json" else []):
        assert {"time", "level", "logger", "message"} <= line.keys()
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00", line["time"])


def test_in_text_every_line_begins_with_its_time_and_the_offset_from_utc(
    written: tuple[str, list[str], Keys],
) -> None:
    form, lines, _ = written
    for line in lines if form == "text" else []:
        assert re.match(r"\d{4}-\d\d-\d\d [\d:]{8}\.\d{3}[+-]\d\d:\d\d [A-Z]+ ", line), line


def test_no_line_tells_a_key_or_a_group(written: tuple[str, list[str], Keys]) -> None:
    _, lines, keys = written
    for secret in (keys.appKey, keys.secretKey, keys.apiKey, "secret-group"):
        assert secret not in "\n".join(lines)


def test_at_a_higher_level_requests_are_not_logged(tmp_path: Path, selfie: bytes) -> None:
    with running_server(tmp_path, {"LOG_LEVEL": "error"}) as server:
        use(server, selfie)
    assert server.log.read_text() == ""
