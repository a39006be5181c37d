"""Traces by OpenTelemetry: a span for each request, with a child for each `Span`.

Imported only if the extra `tracing` is installed. Everything but the endpoint follows the standard variables
`OTEL_*`, which the SDK reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span as TraceSpan
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from visavis import __version__
from visavis.spans import Span
from visavis.web.request_log import RequestLogRecord, log_record_of

_UNTRACED = frozenset({"/livez", "/readyz", "/metrics"})
"""Routes that machines request every few seconds."""


class Tracing:
    """Sends spans in the background. Sets nothing global; a collector that does not answer delays no request."""

    def __init__(self, endpoint: str) -> None:
        """`endpoint`: URL of a collector for OTLP over HTTP, path included."""
        ours = Resource.create({"service.name": "visavis", "service.version": __version__})
        self._provider = TracerProvider(
            resource=ours.merge(OTELResourceDetector().detect()),
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
        self._tracer = self._provider.get_tracer("visavis", __version__)
        self._propagator = TraceContextTextMapPropagator()

    def instrument(self, span: Span) -> AbstractContextManager[None]:
        """A child span in the span of the request (an `Instrumentation`); nothing outside of a request."""
        if not trace.get_current_span().get_span_context().is_valid:
            return nullcontext()
        return self._child(span)

    @contextmanager
    def _child(self, span: Span) -> Iterator[None]:
        with self._tracer.start_as_current_span(span, record_exception=False, set_status_on_exception=False):
            yield

    def request(self, scope: Scope) -> AbstractContextManager[TraceSpan]:
        """The span of a request, in the trace that its `traceparent` header names (W3C Trace Context)."""
        return self._tracer.start_as_current_span(
            scope["method"],
            context=self._propagator.extract(Headers(scope=scope)),
            kind=SpanKind.SERVER,
            record_exception=False,
            set_status_on_exception=False,
        )

    def middleware(self, app: ASGIApp) -> ASGIApp:
        """ASGI middleware that makes a span of every request to `app` except probes.

        `app` must contain `RequestLogMiddleware`, whose record describes the span.
        """
        return _TraceRequests(app, self)

    def close(self) -> None:
        """Send the spans that are not sent yet."""
        self._provider.shutdown()


class _TraceRequests:
    def __init__(self, app: ASGIApp, tracing: Tracing) -> None:
        self._app = app
        self._tracing = tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in _UNTRACED:
            await self._app(scope, receive, send)
            return
        with self._tracing.request(scope) as span:
            try:
                await self._app(scope, receive, send)
            finally:
                record = log_record_of(scope)
                if record is not None:
                    _describe(span, record)


def _describe(span: TraceSpan, record: RequestLogRecord) -> None:
    """Name the span and set its attributes, by OpenTelemetry's semantic conventions for HTTP. Never the path."""
    span.update_name(f"{record.method} {record.route}")
    span.set_attributes(
        {
            "http.request.method": record.method,
            "http.route": record.route,
            "http.response.status_code": record.status,
            "visavis.dialect": record.dialect,
            "visavis.operation": record.operation,
            "visavis.code": record.code,
        }
    )
    if record.request_id:
        span.set_attribute("visavis.request_id", record.request_id)
    if record.error:
        span.set_attribute("error.type", record.error)
    if record.by_server:
        span.set_status(StatusCode.ERROR, record.detail)
