"""What an OpenTelemetry collector is sent: by a real server, over real HTTP, decoded as the protocol says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from harness.servers import Keys, Server, free_port, running_server

TRACE = "0af7651916cd43dd8448eb211c80319c"
CALLER = "b7ad6b7169203331"


@dataclass
class Collector:
    """Takes traces as OTLP over HTTP, and keeps the bodies."""

    url: str
    bodies: list[bytes] = field(default_factory=list)

    def requests(self) -> list[ExportTraceServiceRequest]:
        return [ExportTraceServiceRequest.FromString(body) for body in self.bodies]

    def spans(self) -> list[Span]:
        resources = [resource for request in self.requests() for resource in request.resource_spans]
        return [span for resource in resources for scope in resource.scope_spans for span in scope.spans]

    def service(self) -> str:
        first = self.requests()[0].resource_spans[0].resource
        return attributes(first.attributes)["service.name"]


def attributes(pairs: Iterable[KeyValue]) -> dict[str, str]:
    return {pair.key: str(getattr(pair.value, str(pair.value.WhichOneof("value")))) for pair in pairs}


@contextmanager
def collecting() -> Iterator[Collector]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Content-Type"] == "application/x-protobuf"
            collector.bodies.append(body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        collector = Collector(f"http://127.0.0.1:{http.server_port}/v1/traces")
        thread = Thread(target=http.serve_forever)
        thread.start()
        try:
            yield collector
        finally:
            http.shutdown()
            thread.join()


def use(server: Server, selfie: bytes) -> Keys:
    keys = server.create_app("traced")
    with server.v2(keys) as client:
        client.post("/groups", json={"groupId": "secret-group"})
        client.post("/groups/secret-group/faces", data={"limit": "1"}, files={"imageFile": selfie})
        client.post(
            "/groups/secret-group/faces/search",
            data={"limit": "1", "threshold": "90"},
            files={"imageFile": selfie},
            headers={"traceparent": f"00-{TRACE}-{CALLER}-01"},
        )
        client.get("/groups/no-such-group")
    return keys


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Collector, Keys]]:
    """What was collected of a server that has ended: all that it had to send."""
    picture = (Path(__file__).parents[2] / "src/visavis/assets/ines-selfie.jpg").read_bytes()
    with collecting() as collector:
        with running_server(tmp_path_factory.mktemp("traced"), {"TRACING_ENDPOINT": collector.url}) as server:
            keys = use(server, picture)
        yield collector, keys


def named(collector: Collector, end: str) -> Span:
    [span] = [span for span in collector.spans() if span.name.endswith(end)]
    return span


def test_every_request_is_a_span_but_probes_are_not(traced: tuple[Collector, Keys]) -> None:
    collector, _ = traced
    requests = [span for span in collector.spans() if span.kind == Span.SPAN_KIND_SERVER]
    prefix = "/v2.0/appkeys/{app_key}/groups"
    assert sorted(span.name for span in requests) == [
        f"GET {prefix}/{{group_id}}",
        f"POST {prefix}",
        f"POST {prefix}/{{group_id}}/faces",
        f"POST {prefix}/{{group_id}}/faces/search",
    ]
    assert collector.service() == "visavis"


def test_a_request_goes_on_in_the_trace_of_its_caller(traced: tuple[Collector, Keys]) -> None:
    span = named(traced[0], "/faces/search")
    assert span.trace_id.hex() == TRACE
    assert span.parent_span_id.hex() == CALLER


def test_the_stages_of_a_request_are_spans_within_it_in_worker_threads_too(traced: tuple[Collector, Keys]) -> None:
    collector, _ = traced
    search = named(collector, "/faces/search")
    within = [span for span in collector.spans() if span.trace_id == search.trace_id and span != search]
    children = [span.name for span in within if span.parent_span_id == search.span_id]
    assert {"queue", "place", "decode", "detect", "embed", "search", "database_read"} <= set(children)
    for compared in (span for span in within if span.name == "search"):
        beneath = [span.name for span in within if span.parent_span_id == compared.span_id]
        assert beneath.count("database_read") >= 2
    for span in within:
        assert search.start_time_unix_nano <= span.start_time_unix_nano <= span.end_time_unix_nano
        assert span.end_time_unix_nano <= search.end_time_unix_nano


def test_a_span_says_what_the_request_came_to(traced: tuple[Collector, Keys]) -> None:
    refused = named(traced[0], "GET /v2.0/appkeys/{app_key}/groups/{group_id}")
    told = attributes(refused.attributes)
    assert re.fullmatch("[0-9a-f]{32}", told.pop("visavis.request_id"))
    assert told == {
        "http.request.method": "GET",
        "http.route": "/v2.0/appkeys/{app_key}/groups/{group_id}",
        "http.response.status_code": "200",
        "visavis.dialect": "v2",
        "visavis.operation": "group_details",
        "visavis.code": "-40030",
        "error.type": "group_not_found",
    }
    assert refused.status.code == Status.STATUS_CODE_UNSET, "the request's fault, not the server's"


def test_nothing_secret_is_sent(traced: tuple[Collector, Keys]) -> None:
    collector, keys = traced
    sent = b"".join(collector.bodies)
    for secret in (keys.appKey, keys.secretKey, keys.apiKey, "secret-group", "no-such-group"):
        assert secret.encode() not in sent


def test_the_standard_variables_name_the_service_and_choose_what_is_kept(
    tmp_path: Path, selfie: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "front-door")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_always_off")
    with collecting() as collector:
        with running_server(tmp_path, {"TRACING_ENDPOINT": collector.url}) as server:
            use(server, selfie)
        assert {span.trace_id.hex() for span in collector.spans()} == {TRACE}
        assert collector.service() == "front-door"


def test_the_telemetry_of_the_framework_which_would_tell_paths_is_off_whatever_the_environment_says(
    tmp_path: Path, selfie: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FASTAPI_OTEL_AUTO_CONFIGURE", "true")
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url.removesuffix("/v1/traces"))
        with running_server(tmp_path) as server:
            use(server, selfie)
        assert collector.bodies == []


def test_a_collector_that_is_not_there_costs_no_request_and_no_start(tmp_path: Path, selfie: bytes) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}/v1/traces"
    with running_server(tmp_path, {"TRACING_ENDPOINT": nowhere}) as server:
        keys = server.create_app("untraced")
        with server.v2(keys) as client:
            found = client.post("/faces/detect", files={"imageFile": selfie}).json()
        assert found["data"]["faceDetailCount"] == 1
    assert server.process.returncode == 0


def test_without_its_packages_a_server_that_shall_trace_does_not_start_and_says_what_mends_it(
    tmp_path: Path,
) -> None:
    # As in an installation without the extra: the import fails.
    without = "import sys; sys.modules['opentelemetry.sdk'] = None; from visavis.cli import main; main()"
    ran = subprocess.run(  # noqa: S603 - our own command line
        [sys.executable, "-c", without, "serve", "--data-dir", str(tmp_path)],
        check=False,
        env=os.environ | {"VISAVIS_TRACING_ENDPOINT": "http://127.0.0.1:4318/v1/traces"},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 1
    assert "pip install 'visavis[tracing]'" in ran.stderr
    assert "Traceback" not in ran.stderr
