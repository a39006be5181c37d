"""Scales pictures down to the limits of the API. Needs Pillow."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

from visavis_client.images import Image, Link, source

MAX_BYTES = 3_000_000
MAX_PIXELS = 50_000_000

_QUALITIES = (95, 90, 80)
_SMALLER = 0.7
"""How much shorter each side becomes where no quality is enough."""


def scaling(*, on: bool) -> Callable[[Image], Image]:
    """What makes a picture fit, or leaves it as it is."""
    return _scaled_down if on else lambda image: image


def _scaled_down(image: Image) -> Image:
    """The picture as it is if it is within 3,000,000 bytes and 50 megapixels, otherwise a JPEG that is.

    A URL stays a URL. Raises ImportError without Pillow, and what Pillow raises for a file that it cannot read.
    """
    given = source(image)
    if isinstance(given, Link):
        return given.url
    from PIL import Image as pillow  # noqa: PLC0415, N813 - needed by those who scale alone

    with pillow.open(io.BytesIO(given.data)) as opened:
        pixels = opened.width * opened.height
        if len(given.data) <= MAX_BYTES and pixels <= MAX_PIXELS:
            return given.data
        exif = opened.getexif()
        return next(data for data in _attempts(opened.convert("RGB"), exif) if len(data) <= MAX_BYTES)


def _attempts(picture: Any, exif: Any) -> Iterator[bytes]:
    """Ever smaller JPEG files of the picture, each upright by its EXIF orientation."""
    share = min(1.0, (MAX_PIXELS / (picture.width * picture.height)) ** 0.5)
    while True:
        size = (max(1, int(picture.width * share)), max(1, int(picture.height * share)))
        smaller = picture.resize(size) if size != picture.size else picture
        for quality in _QUALITIES:
            buffer = io.BytesIO()
            smaller.save(buffer, "JPEG", quality=quality, exif=exif)
            yield buffer.getvalue()
        share *= _SMALLER
