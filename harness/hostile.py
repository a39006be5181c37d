"""Pictures made to take a decoder's time."""

from __future__ import annotations

import io
import struct

from PIL import Image


def one_colour_jpeg(width: int, height: int, **options: bool) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), (90, 90, 90)).save(file, "JPEG", quality=10, **options)
    return file.getvalue()


def many_scans(count: int, hidden_by: bytes = b"") -> bytes:
    """A large progressive JPEG whose last scan comes again and again: work that its size does not tell.

    `hidden_by`: a marker before each of them, with the length of the scan behind it, as if it were a segment.
    """
    whole = one_colour_jpeg(5_000, 5_000, progressive=True)
    scan = whole[whole.rindex(b"\xff\xda") : -2]
    hiding = hidden_by + struct.pack(">H", len(scan)) if hidden_by else b""
    return whole[:-2] + (hiding + scan) * (count - 1) + whole[-2:]
