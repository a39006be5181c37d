"""The pictures that every engine is given: of ten synthetic people, with small differences between them."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance

from benchmarks.pictures import original

PEOPLE = tuple(f"P{number:03}" for number in range(1, 11))
_WIDTH = 640
_DRAWN_FROM = 800
"""The width that pictures are made smaller to once, before each is cut out of it."""
_QUALITY = 85
_CUT = 0.08
"""How much of a side is cut off at most."""


def write(kind: str, count: int, folder: Path) -> list[str]:
    """`count` pictures of this kind, of one person after the other: PERSON-NUMBER.jpg, 640 pixels wide."""
    folder.mkdir()
    rng = np.random.default_rng(len(kind))
    opened = {person: _opened(person, kind) for person in PEOPLE[:count]}
    files = []
    for number in range(count):
        person = PEOPLE[number % len(PEOPLE)]
        file = folder / f"{person}-{number:04}.jpg"
        _changed(opened[person], rng).save(file, "JPEG", quality=_QUALITY)
        files.append(str(file))
    return files


def person_in(name: str) -> str:
    """Who is in the picture of this name."""
    return name.partition("-")[0]


def _opened(person: str, kind: str) -> Image.Image:
    with Image.open(io.BytesIO(original(person, kind, kind).data)) as picture:
        height = round(_DRAWN_FROM * picture.height / picture.width)
        return picture.convert("RGB").resize((_DRAWN_FROM, height), Image.Resampling.LANCZOS)


def _changed(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Cut off a little at each side, make it a little darker or brighter."""
    left, top, right, bottom = rng.uniform(0, _CUT, 4)
    box = (left * picture.width, top * picture.height, (1 - right) * picture.width, (1 - bottom) * picture.height)
    height = round(_WIDTH * (box[3] - box[1]) / (box[2] - box[0]))
    cut = picture.resize((_WIDTH, height), Image.Resampling.LANCZOS, box=box)
    return ImageEnhance.Brightness(cut).enhance(rng.uniform(0.9, 1.1))
