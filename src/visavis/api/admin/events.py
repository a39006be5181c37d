"""Describes requests of the admin API for the audit log."""

from __future__ import annotations

from fastapi import Request

from visavis.audit_events import ActorKind, Effect, Event
from visavis.web.recording import actor_of

_ADMIN_READS = {"read_audit": Effect.USE, "list_events": Effect.USE}
"""Reads that are recorded as a use, not as a listing."""


def admin_event(request: Request, operation: str) -> Event:
    """The audit event of a request to the admin API."""
    return Event(
        actor=actor_of(request, ActorKind.ADMIN),
        operation=operation,
        effect=Effect.CHANGE if request.method != "GET" else _ADMIN_READS.get(operation, Effect.LISTING),
        app=request.path_params.get("name"),
        group=request.path_params.get("group_id"),
    )
