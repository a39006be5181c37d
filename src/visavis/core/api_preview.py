"""The console shows each request as API calls: how every dialect would send it, and what it would answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from visavis.core.compare import Compared
from visavis.core.detection import Detected
from visavis.errors import ServiceError
from visavis.identities import App


@dataclass(frozen=True, slots=True)
class SentPicture:
    """A picture of a request: a file, or a URL."""

    role: str
    """What the picture is to the operation: `image`, `sourceImage`, `targetImage`."""
    file: str
    """The file's name, safe in a shell command; empty where there is a URL."""
    url: str = ""
    data: bytes | None = None
    """The file's bytes; None where they could not be read."""


@dataclass(frozen=True, slots=True)
class PreviewRequest:
    """A request of the console, independent of any dialect."""

    operation: str
    """The operation's name in the dialects; a dialect without it is left out."""
    app: App
    pictures: tuple[SentPicture, ...]
    options: Mapping[str, bool | int]
    """Parameters beside the pictures, by the names of the wire; a dialect that does not know one leaves it out."""
    origin: str
    """Scheme, host and port of the server's URLs."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What one dialect would have answered."""

    dialect: str
    title: str
    request: str
    """The curl command that gets this answer, with shell variables for the keys."""
    status: int
    """HTTP status of the answer."""
    body: str
    """Body of the answer: JSON, exactly as the dialect writes it."""
    detail: str = ""
    """The answer's X-Error-Detail header; empty if the request succeeded."""


class Previews(Protocol):
    """Makes the answers that the dialects would have given."""

    @property
    def max_image_bytes(self) -> int:
        """The largest picture file that any dialect accepts, in bytes."""
        ...

    def to(self, request: PreviewRequest, outcome: Detected | Compared | ServiceError) -> Sequence[Preview]:
        """One answer from each dialect that has the operation; `outcome` is core's result or its error."""
        ...
