"""What the metrics say of stages, queues and storage."""

from __future__ import annotations

import asyncio
import logging
from contextlib import ExitStack

import pytest
from prometheus_client.parser import text_string_to_metric_families

from visavis.errors import ErrorCode, ServiceError
from visavis.spans import Span
from visavis.usage import StorageUse
from visavis.web.admission import AdmissionQueue
from visavis.web.metrics import Metrics

NOTHING = StorageUse(0, 0, 0, 0, 0)


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


@pytest.fixture
def metrics() -> Metrics:
    return Metrics("sface-fr")


def test_every_stage_is_there_from_the_start(metrics: Metrics) -> None:
    for stage in Span:
        assert value(metrics, "visavis_stage_duration_seconds_count", stage=stage) == 0
        assert value(metrics, "visavis_stage_failures_total", stage=stage) == 0


def test_a_stage_is_timed_also_when_it_refuses_the_request_but_only_what_the_server_did_is_a_failure(
    metrics: Metrics,
) -> None:
    refused, failed = (
        ServiceError(ErrorCode.NO_FACE, "There is none."),
        ServiceError(ErrorCode.INTERNAL, "It is gone."),
    )
    for error in (refused, failed, ZeroDivisionError()):
        with pytest.raises(type(error)), metrics.instrument(Span.DETECT):
            raise error
    assert value(metrics, "visavis_stage_duration_seconds_count", stage="detect") == 3
    assert value(metrics, "visavis_stage_failures_total", stage="detect") == 2


def test_the_levels_of_queues_and_storage_are_those_of_the_moment(metrics: Metrics) -> None:
    async def fill() -> None:
        turns = AdmissionQueue(slots=1, queue=1)
        metrics.watch({"images": turns}, lambda: StorageUse(2, 3_000, 9_000, 5, 1))
        with ExitStack() as stack:
            first, _ = (stack.enter_context(turns.admit(owner)) for owner in (1, 2))
            await turns.acquire(first, asyncio.Event().wait)
            with pytest.raises(ServiceError):
                stack.enter_context(turns.admit(2))
            assert value(metrics, "visavis_requests_working", queue="images") == 1
            assert value(metrics, "visavis_requests_waiting", queue="images") == 1
        assert value(metrics, "visavis_requests_working", queue="images") == 0
        assert value(metrics, "visavis_requests_waiting", queue="images") == 0
        assert value(metrics, "visavis_requests_refused_total", queue="images") == 1

    asyncio.run(fill())
    assert value(metrics, "visavis_index_groups") == 2
    assert value(metrics, "visavis_index_bytes") == 3_000
    assert value(metrics, "visavis_index_bytes_bound") == 9_000
    assert value(metrics, "visavis_database_connections") == 5
    assert value(metrics, "visavis_database_connections_in_use") == 1


def test_a_request_that_makes_room_for_another_app_is_counted_as_sent_away(metrics: Metrics) -> None:
    async def fill() -> None:
        turns = AdmissionQueue(slots=1, queue=2)
        metrics.watch({"images": turns}, lambda: NOTHING)
        with ExitStack() as stack:
            for _ in range(3):
                stack.enter_context(turns.admit(1))
            stack.enter_context(turns.admit(2))
        assert value(metrics, "visavis_requests_refused_total", queue="images") == 1

    asyncio.run(fill())


def test_lines_of_the_log_are_counted_by_how_bad_they_are(metrics: Metrics) -> None:
    logger = logging.getLogger("tests.metrics")
    logger.addHandler(metrics.logged)
    for level in (logging.INFO, logging.WARNING, logging.ERROR, logging.ERROR, logging.CRITICAL, 70):
        logger.log(level, "It is so.")
    logger.removeHandler(metrics.logged)
    counted = [
        value(metrics, "visavis_log_records_total", level=name) for name in ("warning", "error", "critical")
    ]
    assert counted == [1, 2, 2]


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("", "text/plain; version=0.0.4; charset=utf-8"),
        (
            "application/openmetrics-text; version=1.0.0",
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
        ),
    ],
)
def test_a_scraper_gets_the_format_that_it_asks_for(metrics: Metrics, accept: str, content_type: str) -> None:
    page, given = metrics.page(accept)
    assert given.startswith(content_type)
    assert b"visavis_build_info{" in page


def test_the_page_can_be_parsed_and_no_two_metrics_share_a_name(metrics: Metrics) -> None:
    metrics.watch({"images": AdmissionQueue(1, 1)}, lambda: NOTHING)
    page, _ = metrics.page("")
    names = [family.name for family in text_string_to_metric_families(page.decode())]
    assert len(names) == len(set(names)) > 10
