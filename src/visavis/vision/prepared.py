"""Edited networks, stored beside the files that they were made of.

Editing takes a library and time that no start of a server needs. The published file stays what a card pins: it is
verified at every load, and what was made of it is used only if its name says so and its own digest is right.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from visavis.files import AS_USUAL, write_whole

FOLDER = "prepared"
_VERSION = 3
"""The version of the editing: networks that another version has edited are not used."""
_DIGEST = 32


class PreparedNetwork(bytes):
    """A network in ONNX that is edited already."""


@dataclass(frozen=True, slots=True)
class Edits:
    """The edits that turn a file into a network of this product."""

    dynamic_axes: tuple[int, ...] = ()
    takes_pixels: bool = False
    family: Literal["minifas", "yunet"] | None = None
    """Whose file it is, if what is known of such networks makes another of it first."""

    def path(self, models: Path, sha256: str) -> Path:
        """The path of the edited network of the file with this digest."""
        axes = "".join(map(str, self.dynamic_axes))
        parts = [str(_VERSION), f"axes{axes}" if axes else "", "pixels" if self.takes_pixels else ""]
        return models / FOLDER / f"{sha256}-{'-'.join(filter(None, parts))}.onnx"


def read_prepared(path: Path) -> PreparedNetwork | None:
    """The stored network; None if there is none, or it is damaged."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    network = content[_DIGEST:]
    return PreparedNetwork(network) if hashlib.sha256(network).digest() == content[:_DIGEST] else None


def adopt_prepared(aside: Path, models: Path) -> None:
    """Move what was prepared in one models directory to another on the same disk. Raises OSError."""
    for file in (aside / FOLDER).glob("*.onnx"):
        (models / FOLDER).mkdir(exist_ok=True)
        file.replace(models / FOLDER / file.name)


def keep_prepared(path: Path, network: PreparedNetwork) -> None:
    """Store an edited network for later starts. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, hashlib.sha256(network).digest() + network, AS_USUAL)
