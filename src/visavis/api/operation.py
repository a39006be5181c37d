"""Operations: the rows of each dialect's table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from pydantic import BaseModel

from visavis.audit_events import Actor, Effect, Event
from visavis.identities import App
from visavis.recognition_events import Asked
from visavis.web.services import Services

P = TypeVar("P")
P_co = TypeVar("P_co", covariant=True)
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Call(Generic[P_co]):
    """A request that was authenticated and validated."""

    services: Services
    caller: App
    actor: Actor
    """The actor for the audit log."""
    parameters: P_co
    path: Mapping[str, str]
    max_image_bytes: int
    door: str = ""
    """The door that the request names in X-Visavis-Door; empty if it names none."""

    @property
    def asked(self) -> Asked:
        """Who asks for a recognition, and where."""
        return Asked(self.actor, self.door)

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
    """The group and the face that a request names."""

    group: str | None
    face: str | None = None


@dataclass(frozen=True, kw_only=True)  # no slots: typing could not make an `Operation[...]` then, in Python 3.11
class Operation(Generic[P, Result]):
    """An operation of a dialect: its path, its parameters, what it does, and how it presents the result.

    `run` calls core in a worker thread. `present` turns its result into the data of the answer; its second
    argument is the confidence scale, 100 for percent or 1 for fractions. Each row of a table names the type of
    its parameters and of its result, `Operation[HasImage, Detected](...)`: mypy checks only rows that do.
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
    """The type that `present` returns; None for an answer without data."""
    schema: type[P]
    """Its parameters in query and JSON body."""
    form: type[P] | None = None
    """Its parameters in a multipart form; None if it takes none."""
    image: bool = False
    """Whether it handles pictures, and so waits in the queue for pictures."""
    registers: bool = False
    """Whether it adds faces, and so answers with X-Not-Added."""
    about: Callable[[Call[P]], About] = by_path
    """The group and the face that the audit log names."""


AnyOperation: TypeAlias = Operation[Any, Any]
"""An operation of any dialect; its `schema` and `form` are classes of `Parameters`."""


def event_of(call: Call[Any], operation: AnyOperation, dialect: str) -> Event:
    """The audit event of an operation that an app requests."""
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
