"""Requests as the audit log tells of them."""

from __future__ import annotations

from typing import Any

from fastapi import Request

from visavis.api.edge.request_id import NAMELESS, request_id
from visavis.api.operation import Call, Operation
from visavis.errors import ErrorCode
from visavis.trail import Actor, ActorKind, Effect, Event


def client_address(request: Request) -> str:
    """Where a request comes from, as far as the server or a proxy that it trusts can tell."""
    return request.client.host if request.client else ""


def actor_of(request: Request, kind: ActorKind, *, key_id: int | None = None, user: str | None = None) -> Actor:
    """Who sent it, and from where."""
    name = request_id.get()
    return Actor(
        kind=kind,
        user=user,
        key_id=key_id,
        address=client_address(request) or None,
        request_id=None if name == NAMELESS else name,
    )


def event_of(call: Call[Any], operation: Operation, dialect: str) -> Event:
    """An operation that an app has asked for."""
    about = operation.about(call)
    return Event(
        actor=call.actor,
        operation=operation.name,
        effect=operation.effect,
        dialect=dialect,
        app_id=call.caller.id,
        app=call.caller.name,
        group=about.group,
        faces=(about.face,) if about.face else (),
    )


def refusal_of(request: Request, kind: ActorKind, code: ErrorCode, dialect: str | None = None) -> Event:
    """A request whose credentials were not right; they themselves are not told."""
    return Event(
        actor=actor_of(request, kind),
        operation="authenticate",
        effect=Effect.CHANGE,
        dialect=dialect,
        result=code,
    )


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
