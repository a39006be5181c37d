"""Picture files made on the fly."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Array = NDArray[Any]


def scenery(width: int = 200, height: int = 160) -> Array:
    """A smooth colourful picture without symmetry, RGB, uint8."""
    y, x = np.mgrid[0:height, 0:width]
    across, down = x / (width - 1), y / (height - 1)
    channels = [across, down, (across * down + 1 - across) / 2]
    return np.stack([np.round(255 * channel) for channel in channels], axis=-1).astype(np.uint8)


def encoded(pixels: Array, file_format: str, mode: str | None = None, **options: Any) -> bytes:
    """RGB or grey pixels as a file, converted to a Pillow mode first."""
    image = Image.fromarray(pixels)
    file = io.BytesIO()
    (image.convert(mode) if mode else image).save(file, file_format, **options)
    return file.getvalue()


def png(samples: Array, bit_depth: int, colour_type: int, *extra: tuple[bytes, bytes]) -> bytes:
    """A PNG of any kind: samples (height, width) or (height, width, channels) of up to `bit_depth` bits.

    `extra`: (name, body) of chunks between header and data.
    """
    height, width = samples.shape[:2]
    rows = samples.reshape(height, -1)
    if bit_depth == 16:
        packed = rows.astype(">u2").view(np.uint8)
    elif bit_depth == 8:
        packed = rows.astype(np.uint8)
    else:
        shifts = np.arange(bit_depth - 1, -1, -1)
        bits = (rows[..., np.newaxis] >> shifts) & 1
        packed = np.packbits(bits.reshape(height, -1).astype(np.uint8), axis=1)
    raw = np.hstack([np.zeros((height, 1), np.uint8), packed]).tobytes()
    header = struct.pack(">IIBBBBB", width, height, bit_depth, colour_type, 0, 0, 0)
    chunks = [(b"IHDR", header), *extra, (b"IDAT", zlib.compress(raw)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(name, body) for name, body in chunks)


def png_chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def exif(orientation: int, byte_order: str = "<") -> bytes:
    """An EXIF block, without the "Exif" prefix, that says nothing but the orientation."""
    mark = b"II*\x00" if byte_order == "<" else b"MM\x00*"
    return mark + struct.pack(f"{byte_order}IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)


def with_exif(jpeg: bytes, block: bytes) -> bytes:
    """The JPEG file with an EXIF segment at its beginning."""
    body = b"Exif\x00\x00" + block
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


def resized(data: bytes, width: int, height: int) -> Array:
    """The picture in a file, stretched to a size, RGB."""
    image = Image.open(io.BytesIO(data)).convert("RGB")
    return np.asarray(cv2.resize(np.asarray(image), (width, height), interpolation=cv2.INTER_AREA))
