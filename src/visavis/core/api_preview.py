"""What somebody asked of the console, as any dialect might have carried it, and what each would have answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from visavis.core.compare import Compared
from visavis.core.faces import Detected
from visavis.errors import ServiceError
from visavis.identities import App


@dataclass(frozen=True, slots=True)
class SentPicture:
    """A picture of a request: a file, or a URL."""

    role: str
    """What the picture is to the operation: `image`, `sourceImage`, `targetImage`."""
    file: str
    """The file's name, as a shell may be given it; nothing where there is a URL."""
    url: str = ""
    data: bytes | None = None
    """None where it could not be had."""


@dataclass(frozen=True, slots=True)
class PreviewRequest:
    """A request, whatever it travels in."""

    operation: str
    """The name that the dialects have for it; those that have none do not answer."""
    app: App
    pictures: tuple[SentPicture, ...]
    options: Mapping[str, bool | int]
    """Parameters beside the pictures, by the names of the wire; a dialect that does not know one leaves it out."""
    origin: str
    """What URLs of the server begin with."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What one dialect would have answered."""

    dialect: str
    title: str
    request: str
    """The command that gets the answer, with shell variables in the place of keys."""
    status: int
    """Of HTTP."""
    body: str
    """JSON, to the letter."""
    detail: str = ""
    """Of the header X-Error-Detail; nothing if all went well."""


class Previews(Protocol):
    """What the dialects would have answered."""

    @property
    def max_image_bytes(self) -> int:
        """Of a picture, in the most generous dialect."""
        ...

    def to(self, question: PreviewRequest, outcome: Detected | Compared | ServiceError) -> Sequence[Preview]:
        """An answer of each dialect that has the operation, from what core made of the request, or why not."""
        ...
