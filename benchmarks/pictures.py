"""Pictures of synthetic people, as files that a client would send."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import openpeople
from PIL import Image

_CURATED = Path(openpeople.__file__).parent / "data" / "curated"
_QUALITY = 80


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG file; the sides are in pixels."""

    name: str
    data: bytes
    width: int
    height: int

    @property
    def described(self) -> str:
        return f"{self.name}, {self.width} x {self.height}, {len(self.data) / 1000:.0f} kB"


def original(person: str, kind: str, name: str) -> Picture:
    """The file as it is published; `kind` as in the package openpeople."""
    return _picture(name, (_CURATED / person / "assets" / f"{kind}.jpg").read_bytes())


def resized(person: str, kind: str, width: int, name: str) -> Picture:
    """The same picture at another width, encoded anew."""
    with Image.open(io.BytesIO(original(person, kind, name).data)) as image:
        small = image.convert("RGB").resize(
            (width, round(image.height * width / image.width)), Image.Resampling.LANCZOS
        )
    file = io.BytesIO()
    small.save(file, "JPEG", quality=_QUALITY)
    return _picture(name, file.getvalue())


def _picture(name: str, data: bytes) -> Picture:
    with Image.open(io.BytesIO(data)) as image:
        return Picture(name, data, image.width, image.height)
