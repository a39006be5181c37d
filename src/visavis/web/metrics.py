"""Metrics for Prometheus, in a registry of their own. Labels have few values, and none of them names a person."""

from __future__ import annotations

import logging
import platform
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from types import TracebackType

from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from visavis import __version__
from visavis.errors import ErrorCode, ServiceError
from visavis.spans import Span
from visavis.usage import StorageUse, VisionUse
from visavis.web.admission import AdmissionQueue
from visavis.web.request_log import RequestLogRecord
from visavis.webhooks import Verdict

_REQUEST_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_SPAN_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_LOG_LEVELS = {logging.WARNING: "warning", logging.ERROR: "error", logging.CRITICAL: "critical"}


class Metrics:
    """Counts and times requests and spans; reads queues and storage when scraped. Safe to use in many threads."""

    def __init__(self, recognition_model: str) -> None:
        # Otherwise each series would have a second one for its time of creation, which nobody uses.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "visavis_requests",
            "Requests answered: code is 0 or the dialect's error number, error what that means.",
            ("dialect", "operation", "code", "error"),
            registry=self.registry,
        )
        self._durations = Histogram(
            "visavis_request_duration_seconds",
            "Time from a request's first byte to the last of its answer.",
            ("dialect", "operation"),
            registry=self.registry,
            buckets=_REQUEST_BUCKETS,
        )
        spans = Histogram(
            "visavis_stage_duration_seconds",
            "Time that a stage of a request took. Stages can contain others: a search reads the database.",
            ("stage",),
            registry=self.registry,
            buckets=_SPAN_BUCKETS,
        )
        failures = Counter(
            "visavis_stage_failures",
            "Stages that failed for a reason that is not the request's: a database that is gone, a bug.",
            ("stage",),
            registry=self.registry,
        )
        # From the start, so that a first failure is a rise from 0.
        self._of_spans = {span: (spans.labels(span), failures.labels(span)) for span in Span}
        self._deliveries = Counter(
            "visavis_webhook_deliveries",
            "Attempts to tell webhooks of recognition events, by what became of the delivery.",
            ("verdict",),
            registry=self.registry,
        )
        for verdict in Verdict:
            self._deliveries.labels(verdict.value)
        self.logged = _Logged(
            Counter(
                "visavis_log_records",
                "Lines of the log that report a problem.",
                ("level",),
                registry=self.registry,
            )
        )
        build = {"version": __version__, "python": platform.python_version()}
        build["recognition_model"] = recognition_model
        Info("visavis_build", "What is running.", registry=self.registry).info(build)
        for standard in (ProcessCollector, PlatformCollector, GCCollector):
            standard(registry=self.registry)

    def listen(self, record: RequestLogRecord) -> None:
        """Count and time a request that has been answered."""
        labels = record.dialect, record.operation
        self._requests.labels(*labels, str(record.code), record.error).inc()
        self._durations.labels(*labels).observe(record.seconds)

    def instrument(self, span: Span) -> AbstractContextManager[None]:
        """Time a span, and count it if the server failed in it (an `Instrumentation`)."""
        return _Timed(*self._of_spans[span])

    def count_delivery(self, verdict: Verdict) -> None:
        """Count an attempt to tell a webhook."""
        self._deliveries.labels(verdict.value).inc()

    def watch(self, queues: Mapping[str, AdmissionQueue], storage: Callable[[], StorageUse]) -> None:
        """Report the state of queues and storage at every scrape from now on."""
        self.registry.register(_Levels(queues, storage))

    def watch_workers(self, use: Callable[[], VisionUse]) -> None:
        """Report the state of the worker processes of vision at every scrape from now on."""
        self.registry.register(_OfWorkers(use))

    def page(self, accept: str) -> tuple[bytes, str]:
        """The metrics in the format that the Accept header asks for, and the content type of that format."""
        encode, content_type = choose_encoder(accept)
        return encode(self.registry), content_type


class _Timed(AbstractContextManager[None]):
    """Times a block. A class, since a request has several of them and a generator takes twice the time."""

    __slots__ = ("_failures", "_start", "_times")

    def __init__(self, times: Histogram, failures: Counter) -> None:
        self._times = times
        self._failures = failures

    def __enter__(self) -> None:
        self._start = time.perf_counter()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._times.observe(time.perf_counter() - self._start)
        if isinstance(error, Exception) and _is_of_server(error):
            self._failures.inc()


def _is_of_server(error: Exception) -> bool:
    return not isinstance(error, ServiceError) or error.code in {ErrorCode.INTERNAL, ErrorCode.OVERLOADED}


class _Logged(logging.Handler):
    """Counts log records by level, from warnings upwards."""

    def __init__(self, counter: Counter) -> None:
        super().__init__(logging.WARNING)
        self._by_level = {level: counter.labels(name) for level, name in _LOG_LEVELS.items()}

    def emit(self, record: logging.LogRecord) -> None:
        """Count a log record."""
        reached = max(level for level in self._by_level if level <= record.levelno)
        self._by_level[reached].inc()


class _OfWorkers(Collector):
    """Reads the gauges of the worker processes at each scrape."""

    def __init__(self, use: Callable[[], VisionUse]) -> None:
        self._use = use

    def collect(self) -> Iterator[Metric]:
        use = self._use()
        yield GaugeMetricFamily("visavis_vision_workers", "Worker processes for pictures.", use.workers)
        yield GaugeMetricFamily("visavis_vision_workers_busy", "Worker processes with a picture.", use.busy)
        yield GaugeMetricFamily("visavis_vision_waiting", "Pictures that wait for a process.", use.waiting)
        replaced = CounterMetricFamily(
            "visavis_vision_workers_replaced", "Processes that made room for others.", labels=("reason",)
        )
        for reason, count in use.replaced.items():
            replaced.add_metric((reason,), count)
        yield replaced


class _Levels(Collector):
    """Reads the gauges of queues and storage at each scrape."""

    def __init__(self, queues: Mapping[str, AdmissionQueue], storage: Callable[[], StorageUse]) -> None:
        self._queues = queues
        self._storage = storage

    def collect(self) -> Iterator[Metric]:
        yield from self._of_queues()
        use = self._storage()
        levels = {
            "visavis_index_groups": ("Groups in memory for searches.", use.groups_loaded),
            "visavis_index_bytes": ("Memory of their embeddings.", use.index_bytes),
            "visavis_index_bytes_bound": (
                "The bound of that memory.",
                use.index_bytes_bound,
            ),
            "visavis_database_connections": ("Connections to the database.", use.connections),
            "visavis_database_connections_in_use": ("Those with a transaction.", use.connections_in_use),
        }
        for name, (text, value) in levels.items():
            yield GaugeMetricFamily(name, text, value)

    def _of_queues(self) -> Iterator[Metric]:
        working = GaugeMetricFamily("visavis_requests_working", "Requests that have a slot.", labels=("queue",))
        waiting = GaugeMetricFamily(
            "visavis_requests_waiting",
            "Requests admitted without a slot yet; some upload.",
            labels=("queue",),
        )
        refused = CounterMetricFamily(
            "visavis_requests_refused", "Requests refused because the queue was full.", labels=("queue",)
        )
        for name, queue in self._queues.items():
            working.add_metric((name,), queue.working)
            waiting.add_metric((name,), queue.waiting)
            refused.add_metric((name,), queue.refused)
        yield from (working, waiting, refused)
