"""What the console needs of the rest of the server; wired together in `visavis.app`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from fastapi import Request

from visavis.core.accounts import Accounts
from visavis.core.activity import Activity
from visavis.core.apps import Apps
from visavis.core.audit import Audit
from visavis.core.collections import Collections
from visavis.core.compare import Compared
from visavis.core.faces import Detected, Faces
from visavis.core.groups import Groups
from visavis.core.questions import Question, Reply
from visavis.core.search import Search
from visavis.core.sessions import Sessions
from visavis.errors import FaceError
from visavis.trail import Actor
from visavis.types import StorageUse

Result = TypeVar("Result")


class Turns(Protocol):
    """The queue of those who work with pictures, which the console shares with the dialects."""

    def ticket(self, owner: int) -> AbstractContextManager[Any]:
        """Let a request of this app in until the block ends. Raises OVERLOADED."""
        ...

    async def turn(self, ticket: Any, gone: Callable[[], Awaitable[object]]) -> None:
        """Wait until it is the ticket's turn. Raises OVERLOADED, and whatever says that the client is gone."""
        ...


class Workers(Protocol):
    """Threads for everything that computes or waits."""

    @property
    def images(self) -> Turns: ...

    async def quick(self, call: Callable[[], Result]) -> Result:
        """For everything but pictures. Raises OVERLOADED."""
        ...

    async def hashing(self, call: Callable[[], Result]) -> Result:
        """For what hashes a password. Raises OVERLOADED."""
        ...

    async def run(self, call: Callable[[], Result]) -> Result:
        """For whose turn it is."""
        ...


class Replies(Protocol):
    """What the dialects would have answered."""

    @property
    def max_image_bytes(self) -> int:
        """Of a picture, in the most generous dialect."""
        ...

    def to(self, question: Question, outcome: Detected | Compared | FaceError) -> Sequence[Reply]:
        """An answer of each dialect that has the operation, from what core made of the request, or why not."""
        ...


@dataclass(frozen=True, slots=True)
class ModelFact:
    """A model on this server, as people should know it."""

    name: str
    task: str
    """A name of `vision.models.Task`, in small letters."""
    licence: str


@dataclass(frozen=True, slots=True)
class Condition:
    """How the server does."""

    models: Sequence[ModelFact]
    groups_by_model: Callable[[], Mapping[str, int]]
    """Asks the database."""
    use: Callable[[], StorageUse]
    activity: Activity


@dataclass(frozen=True, slots=True)
class ConsoleServices:
    """Core's services, the workers, and the reader of uploads, which keeps pictures in memory."""

    accounts: Accounts
    sessions: Sessions
    apps: Apps
    groups: Groups
    faces: Faces
    search: Search
    collections: Collections
    workers: Workers
    condition: Condition
    audit: Audit
    actor: Callable[[Request, str | None], Actor]
    """A user, by name, who sends this request, and from where; nobody in particular without a name."""
    read_upload: Callable[[Request], Awaitable[Mapping[str, Any]]]
    """The fields of a multipart form: text as str, files as bytes; raises INVALID_PARAMETER and HTTP 413."""
    client_gone: type[Exception]
    """What a turn raises when the client has left."""
    replies: Replies
    scale_set: str
    """Whose faces the similarity of comparisons was calibrated on, in words."""
