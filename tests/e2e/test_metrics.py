"""What Prometheus sees of a real server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from harness.postgres import running_postgres
from harness.servers import PREFIX, Server, running_server

TOKEN = "a token that is long enough"


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("watched"), {"METRICS_TOKEN": TOKEN}) as server:
        yield server


def page(server: Server) -> str:
    answer = server.client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == httpx.codes.OK
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return answer.text


def value(server: Server, name: str, **labels: str) -> float:
    """The sum of the samples that have these labels."""
    families = text_string_to_metric_families(page(server))
    samples = [sample for family in families for sample in family.samples if sample.name == name]
    return sum(sample.value for sample in samples if labels.items() <= sample.labels.items())


def test_a_server_without_a_token_has_no_such_page(server: Server) -> None:
    assert server.client.get("/metrics").status_code == httpx.codes.NOT_FOUND


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer another"}, {"Authorization": TOKEN}])
def test_the_page_is_for_whoever_has_the_token(watched: Server, header: dict[str, str]) -> None:
    refused = watched.client.get("/metrics", headers=header)
    assert refused.status_code == httpx.codes.UNAUTHORIZED
    assert refused.headers["WWW-Authenticate"] == "Bearer"
    assert "visavis_" not in refused.text


def test_requests_are_counted_by_dialect_operation_and_code_and_their_stages_timed(
    watched: Server, selfie: bytes
) -> None:
    keys = watched.create_app("counted")
    stages = ("queue", "place", "decode", "detect", "describe", "embed", "database_write")
    before = {stage: value(watched, "visavis_stage_duration_seconds_count", stage=stage) for stage in stages}
    with watched.v2(keys) as client:
        client.post("/groups", json={"groupId": "counted"})
        picture = {"imageFile": selfie}
        client.post("/groups/counted/faces", data={"limit": "1"}, files=picture)
        client.post("/groups/nobody/faces", data={"limit": "1"}, files=picture)
        client.post("/groups/counted/faces", files=picture)
    done = {"dialect": "v2", "operation": "register"}
    assert value(watched, "visavis_requests_total", **done, code="0", error="") == 1
    assert value(watched, "visavis_requests_total", **done, code="-40030", error="group_not_found") == 1
    assert value(watched, "visavis_requests_total", **done, code="-40000", error="invalid_parameter") == 1
    assert value(watched, "visavis_request_duration_seconds_count", **done) == 3
    for stage in stages:
        assert value(watched, "visavis_stage_duration_seconds_count", stage=stage) > before[stage], stage


def test_paths_and_methods_that_nobody_knows_make_no_names(watched: Server) -> None:
    before = value(watched, "visavis_requests_total", operation="unknown")
    for path in ("/wp-login.php", "/v2.0/appkeys/x/secrets", "/modules/nothing", "/admin/nothing"):
        watched.client.get(path)
    watched.client.request("PURGE", "/livez")
    watched.client.request("PATCH", "/v2.0/appkeys/x/groups")
    assert value(watched, "visavis_requests_total", operation="unknown") == before + 6
    text = page(watched)
    for invented in ("wp-login", "secrets", "nothing", "PURGE"):
        assert invented not in text


def test_the_page_tells_no_key_no_app_and_no_group(watched: Server, selfie: bytes) -> None:
    keys = watched.create_app("front-door")
    with watched.v2(keys) as client:
        client.post("/groups", json={"groupId": "secret-group"})
        client.post(
            "/groups/secret-group/faces/search",
            data={"limit": "1", "threshold": "90"},
            files={"imageFile": selfie},
        )
        client.get(f"/groups/secret-group/faces/{keys.secretKey}/search?limit=1&threshold=90")
    text = page(watched)
    for secret in (keys.appKey, keys.secretKey, keys.apiKey, "front-door", "secret-group", TOKEN):
        assert secret not in text


def test_a_body_that_is_too_long_is_counted_for_the_operation_it_was_for(watched: Server) -> None:
    keys = watched.create_app("talkative")
    with watched.v2(keys) as client:
        client.post("/faces/detect", content=b" " * 17_000_000, headers={"Content-Type": "application/json"})
    assert value(watched, "visavis_requests_total", operation="detect", code="-41300", error="http_413") == 1


def test_the_groups_in_memory_and_what_they_take_are_told(watched: Server, selfie: bytes) -> None:
    keys = watched.create_app("searching")
    with watched.v2(keys) as client:
        client.post("/groups", json={"groupId": "searched"})
        client.post("/groups/searched/faces", data={"limit": "1"}, files={"imageFile": selfie})
        groups, size = value(watched, "visavis_index_groups"), value(watched, "visavis_index_bytes")
        found = client.post(
            "/groups/searched/faces/search", data={"limit": "1", "threshold": "90"}, files={"imageFile": selfie}
        )
        assert found.json()["data"]["matchFaceCount"] == 1
    assert value(watched, "visavis_index_groups") == groups + 1
    assert size < value(watched, "visavis_index_bytes") < value(watched, "visavis_index_bytes_bound")
    assert value(watched, "visavis_stage_duration_seconds_count", stage="search") >= 1


def test_a_database_that_is_gone_shows_as_failures_of_its_transactions(tmp_path: Path) -> None:
    with running_postgres() as postgres:
        settings = {"METRICS_TOKEN": TOKEN, "DATABASE_URL": postgres.new_database()}
        with running_server(tmp_path, settings) as server:
            assert server.client.get("/readyz").status_code == httpx.codes.OK
            assert value(server, "visavis_stage_failures_total", stage="database_read") == 0
            assert value(server, "visavis_database_connections") >= 1
            postgres.stop("immediate")
            assert server.client.get("/readyz").status_code == httpx.codes.SERVICE_UNAVAILABLE
            assert value(server, "visavis_stage_failures_total", stage="database_read") >= 1
            answer = server.client.get(f"{PREFIX}/x/groups?limit=1", headers={"Authorization": "x"}).json()
            assert not answer["header"]["isSuccessful"]
            assert value(server, "visavis_requests_total", dialect="v2", error="overloaded") == 1
            assert value(server, "visavis_log_records_total", level="error") >= 1
