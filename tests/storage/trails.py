"""Events to be recorded."""

from __future__ import annotations

from visavis.audit_events import Actor, ActorKind, Effect, Event

CLIENT = Actor(kind=ActorKind.APP, key_id=7, address="192.0.2.7", request_id="r-1")


def event(number: int = 0, actor: Actor = CLIENT) -> Event:
    return Event(
        actor=actor,
        operation="search_by_image",
        effect=Effect.USE,
        dialect="v2",
        app_id=3,
        app="front-door",
        group=f"group-{number}",
        faces=(f"face-{number}",),
    )
