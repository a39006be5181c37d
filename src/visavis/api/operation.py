"""What an operation is: a row of its dialect's table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from pydantic import BaseModel

from visavis.audit_events import Actor, Effect, Event
from visavis.identities import App
from visavis.web.services import Services

P = TypeVar("P")
P_co = TypeVar("P_co", covariant=True)
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Call(Generic[P_co]):
    """One request, authenticated and validated."""

    services: Services
    caller: App
    actor: Actor
    """Whom the audit log names for it."""
    parameters: P_co
    path: Mapping[str, str]
    max_image_bytes: int

    @property
    def group_id(self) -> str:
        return self.path["group_id"]

    @property
    def face_id(self) -> str:
        return self.path["face_id"]


def by_path(call: Call[Any]) -> About:
    """The group and the face that the path names."""
    return About(call.path.get("group_id"), call.path.get("face_id"))


@dataclass(frozen=True, slots=True)
class About:
    """The group and the face that a request is about, as far as it names them."""

    group: str | None
    face: str | None = None


@dataclass(frozen=True, kw_only=True)  # no slots: typing could not make an `Operation[...]` then, in Python 3.11
class Operation(Generic[P, Result]):
    """An operation: where it is, what it takes, what it does, how its result looks.

    `run` calls core in a worker thread; `present` turns its result into what the dialect answers, on the given
    confidence scale (100 for percent, 1 for fractions). A row says which parameters and which result these are:
    `Operation[HasImage, Detected](...)`. mypy lets anything pass where that is left out.
    """

    name: str
    summary: str
    """What it does, in a few words."""
    effect: Effect
    method: str
    path: str
    run: Callable[[Call[P]], Result]
    present: Callable[[Result, float], BaseModel | None]
    data: type[BaseModel] | None = None
    """What `present` returns."""
    schema: type[P]
    form: type[P] | None = None
    image: bool = False
    """Whether it handles pictures, and so takes its turn among those."""
    registers: bool = False
    """Whether it adds faces, and so says why it did not add the others."""
    about: Callable[[Call[P]], About] = by_path
    """For the audit log."""


AnyOperation: TypeAlias = Operation[Any, Any]
"""A row of some dialect's table; its `schema` and `form` are `Parameters`."""


def event_of(call: Call[Any], operation: AnyOperation, dialect: str) -> Event:
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
