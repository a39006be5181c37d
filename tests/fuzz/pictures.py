"""Small whole pictures of every kind that is read, for fuzzers to start from."""

from __future__ import annotations

from functools import cache

import numpy as np

from tests.vision.pictures import encoded, exif, png, with_exif


@cache
def whole() -> dict[str, bytes]:
    """Name to file; 81 x 80 pixels, so that sides are told apart."""
    colours = np.random.default_rng(7).integers(0, 255, (80, 81, 3), dtype=np.uint8)
    colours[20:60, 20:60] = 128
    grey = colours[..., 0]
    jpeg = encoded(colours, "JPEG", quality=60)
    return {
        "png": encoded(colours, "PNG"),
        "png of 16 bits": png(grey.astype(np.uint16) * 257, 16, 0),
        "png of one bit": png(grey & 1, 1, 0),
        "png with a palette": encoded(colours, "PNG", "P"),
        "png with alpha": encoded(colours, "PNG", "RGBA"),
        "png with exif": png(grey, 8, 0, (b"eXIf", exif(6))),
        "jpeg": jpeg,
        "progressive jpeg": encoded(colours, "JPEG", progressive=True),
        "grey jpeg": encoded(grey, "JPEG"),
        "cmyk jpeg": encoded(colours, "JPEG", "CMYK"),
        "jpeg with exif": with_exif(jpeg, exif(8, ">")),
        "jpeg with restarts": encoded(colours, "JPEG", restart_marker_rows=1),
    }
