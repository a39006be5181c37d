"""One line a request, in text or, with the same facts as fields, in JSON."""

from __future__ import annotations

import logging

from visavis.web.request_log import Exchange

logger = logging.getLogger("visavis.access")


def log_exchange(exchange: Exchange) -> None:
    """Method, route, HTTP status, time, request id, and why the request failed."""
    milliseconds = round(exchange.seconds * 1000, 1)
    facts = {
        "method": exchange.method,
        "route": exchange.route,
        "status": exchange.status,
        "duration_ms": milliseconds,
        "dialect": exchange.dialect,
        "operation": exchange.operation,
        "code": exchange.code,
        "error": exchange.error,
        "detail": exchange.detail,
        "request_id": exchange.request_id,
    }
    logger.info(
        "%s %s %d %.0f ms %s%s",
        exchange.method,
        exchange.route,
        exchange.status,
        milliseconds,
        exchange.request_id or "-",
        f" {exchange.detail}" if exchange.detail else "",
        extra={name: fact for name, fact in facts.items() if fact not in {"", None}},
    )
