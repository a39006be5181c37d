"""The access log: one line for each request, as text or as JSON fields."""

from __future__ import annotations

import logging

from visavis.web.request_log import RequestLogRecord

logger = logging.getLogger("visavis.access")


def log_request(record: RequestLogRecord) -> None:
    """Log method, route, HTTP status, time in milliseconds, request id, and why the request failed."""
    milliseconds = round(record.seconds * 1000, 1)
    fields = {
        "method": record.method,
        "route": record.route,
        "status": record.status,
        "duration_ms": milliseconds,
        "dialect": record.dialect,
        "operation": record.operation,
        "code": record.code,
        "error": record.error,
        "detail": record.detail,
        "request_id": record.request_id,
    }
    logger.info(
        "%s %s %d %.0f ms %s%s",
        record.method,
        record.route,
        record.status,
        milliseconds,
        record.request_id or "-",
        f" {record.detail}" if record.detail else "",
        extra={name: value for name, value in fields.items() if value not in {"", None}},
    )
