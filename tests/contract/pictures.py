"""Pictures of the ten synthetic people of openpeople, made small, and pictures that are wrong in one way each."""

from __future__ import annotations

import base64
import io
import struct
import zlib
from functools import cache
from pathlib import Path
from typing import Any

import openpeople
from PIL import Image, ImageFilter


@cache
def portrait(person: int = 1) -> bytes:
    """One large face, JPEG, 480 x 480."""
    return _shrunk(person, "studio_portrait", 480)


@cache
def selfie(person: int = 1) -> bytes:
    """The same face in another picture, JPEG, long side 720."""
    return _shrunk(person, "amateur_selfie", 720)


@cache
def sheet(person: int = 1) -> bytes:
    """Sixteen faces of one person, JPEG, long side 1600."""
    return _shrunk(person, "emotions_sheet", 1600)


@cache
def turns(person: int = 1) -> bytes:
    """One person three times, JPEG, long side 1600: from the front, which is the largest face, and turned away."""
    return _shrunk(person, "character_sheet", 1600)


@cache
def clear_and_blurred() -> bytes:
    """A portrait and, a little smaller, one out of focus, JPEG, 960 x 480."""
    both = Image.new("RGB", (960, 480))
    both.paste(Image.open(io.BytesIO(portrait(1))), (0, 0))
    smaller = Image.open(io.BytesIO(portrait(2))).resize((440, 440))
    both.paste(smaller.filter(ImageFilter.GaussianBlur(6)), (500, 20))
    return _encoded(both, "JPEG")


@cache
def blurred(person: int = 1) -> bytes:
    """A portrait out of focus that can still be compared, JPEG, 480 x 480."""
    return _encoded(Image.open(io.BytesIO(portrait(person))).filter(ImageFilter.GaussianBlur(6)), "JPEG")


@cache
def too_blurred(person: int = 1) -> bytes:
    """A portrait so far out of focus that it holds too little to be compared, JPEG, 480 x 480."""
    return _encoded(Image.open(io.BytesIO(portrait(person))).filter(ImageFilter.GaussianBlur(16)), "JPEG")


@cache
def too_dark(person: int = 1) -> bytes:
    """A portrait without enough light to be compared, PNG, 480 x 480."""
    return _encoded(Image.open(io.BytesIO(portrait(person))).point(lambda value: value * 0.05), "PNG")


@cache
def doubtful() -> bytes:
    """Four faces of which a strict judge says other things than a mild one, PNG, 800 x 597."""
    whole = Image.open(io.BytesIO(sheet(4)))
    return _encoded(whole.crop((0, 0, whole.width // 2, whole.height // 2)), "PNG")


@cache
def pair(left: int, right: int) -> bytes:
    """Two portraits side by side, JPEG, 960 x 480."""
    both = Image.new("RGB", (960, 480))
    for index, person in enumerate((left, right)):
        both.paste(Image.open(io.BytesIO(portrait(person))), (480 * index, 0))
    return _encoded(both, "JPEG")


@cache
def small_face() -> bytes:
    """A portrait 100 px wide, whose face is smaller than 60 px, in the middle of a picture."""
    canvas = Image.new("RGB", (400, 400), (90, 120, 150))
    canvas.paste(Image.open(io.BytesIO(portrait())).resize((100, 100)), (150, 150))
    return _encoded(canvas, "JPEG")


@cache
def scaled(width: int, height: int) -> bytes:
    """A portrait of that size, PNG."""
    return _encoded(Image.open(io.BytesIO(portrait())).resize((width, height)), "PNG")


@cache
def as_png(jpeg: bytes) -> bytes:
    return _encoded(Image.open(io.BytesIO(jpeg)), "PNG")


@cache
def blank(width: int = 200, height: int = 200, kind: str = "PNG") -> bytes:
    """A picture without a face."""
    return _encoded(Image.new("RGB", (width, height), (90, 120, 150)), kind)


@cache
def padded(length: int) -> bytes:
    """A portrait of exactly `length` bytes: a JPEG lengthened by comment segments."""
    picture = portrait()
    missing = length - len(picture)
    segments = b""
    while missing:
        size = min(missing, 60_000)
        if 0 < missing - size < 4:  # a segment cannot be shorter than its marker and length
            size -= 4
        segments += b"\xff\xfe" + struct.pack(">H", size - 2) + bytes(size - 4)
        missing -= size
    return picture[:2] + segments + picture[2:]


@cache
def huge(width: int, height: int) -> bytes:
    """A small PNG file of many pixels, one bit each, black."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    packer = zlib.compressobj(9)
    row = bytes(1 + (width + 7) // 8)
    rows = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def truncated(picture: bytes) -> bytes:
    """The first half of a file."""
    return picture[: len(picture) // 2]


def text() -> bytes:
    return b"These are words, and no picture at all.\n" * 20


def in_base64(picture: bytes) -> str:
    return base64.b64encode(picture).decode()


def as_object(picture: bytes) -> dict[str, Any]:
    """The image object of a JSON body."""
    return {"bytes": in_base64(picture)}


def _shrunk(person: int, asset: str, long_side: int) -> bytes:
    folder = Path(openpeople.__file__).parent / "data" / "curated" / f"P{person:03}" / "assets"
    with Image.open(folder / f"{asset}.jpg") as original:
        original.thumbnail((long_side, long_side))
        return _encoded(original, "JPEG")


def _encoded(picture: Image.Image, kind: str) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind)
    return file.getvalue()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
