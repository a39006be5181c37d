"""Describes requests for the audit log."""

from __future__ import annotations

from fastapi import Request

from visavis.audit_events import Actor, ActorKind, Effect, Event
from visavis.errors import ErrorCode
from visavis.web.edge.request_id import NAMELESS, request_id


def client_address(request: Request) -> str:
    """The client's IP address, by the connection or by a trusted proxy; empty if unknown."""
    return request.client.host if request.client else ""


def actor_of(request: Request, kind: ActorKind, *, key_id: int | None = None, user: str | None = None) -> Actor:
    """The sender of a request, its address and its request id."""
    name = request_id.get()
    return Actor(
        kind=kind,
        user=user,
        key_id=key_id,
        address=client_address(request) or None,
        request_id=None if name == NAMELESS else name,
    )


def refusal_of(request: Request, kind: ActorKind, code: ErrorCode, dialect: str | None = None) -> Event:
    """The event of a request whose credentials were refused. It does not hold the credentials."""
    return Event(
        actor=actor_of(request, kind),
        operation="authenticate",
        effect=Effect.CHANGE,
        dialect=dialect,
        result=code,
    )
