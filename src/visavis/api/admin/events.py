"""Requests of the admin API as the audit log tells of them."""

from __future__ import annotations

from fastapi import Request

from visavis.audit_events import ActorKind, Effect, Event
from visavis.web.recording import actor_of

_ADMIN_READS = {"read_audit": Effect.USE}
"""What is told of more often than other listings."""


def admin_event(request: Request, operation: str) -> Event:
    """Something that was asked of the admin API."""
    return Event(
        actor=actor_of(request, ActorKind.ADMIN),
        operation=operation,
        effect=Effect.CHANGE if request.method != "GET" else _ADMIN_READS.get(operation, Effect.LISTING),
        app=request.path_params.get("name"),
        group=request.path_params.get("group_id"),
    )
