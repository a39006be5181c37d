from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np
import pytest

from tests.vision.pictures import encoded, png_chunk
from visavis.errors import ErrorCode, ServiceError
from visavis.vision.decode import decode


def header_only_png(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + b"and no pixel follows"


def header_only_jpeg(width: int, height: int) -> bytes:
    return b"\xff\xd8\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\x01\x11\x00" + b"no pixel"


@pytest.mark.parametrize("header_only", [header_only_png, header_only_jpeg])
@pytest.mark.parametrize(
    ("width", "height", "code"),
    [
        (7072, 7072, ErrorCode.IMAGE_TOO_LARGE),
        (50_001, 1000, ErrorCode.IMAGE_TOO_LARGE),
        (79, 3000, ErrorCode.IMAGE_TOO_SMALL),
        (3000, 79, ErrorCode.IMAGE_TOO_SMALL),
        (50_000, 1000, ErrorCode.BROKEN_IMAGE),
        (80, 80, ErrorCode.BROKEN_IMAGE),
    ],
)
def test_the_size_is_judged_by_the_header_before_any_pixel(
    header_only: Callable[[int, int], bytes], width: int, height: int, code: ErrorCode
) -> None:
    with pytest.raises(ServiceError) as refusal:
        decode(header_only(width, height))
    assert refusal.value.code is code


@pytest.mark.parametrize("file_format", ["PNG", "JPEG"])
def test_the_smallest_picture_is_80_by_80(file_format: str) -> None:
    size = decode(encoded(np.zeros((80, 80, 3), np.uint8), file_format)).size
    assert (size.width, size.height) == (80, 80)


@pytest.mark.slow
def test_a_picture_of_50_megapixels_is_read() -> None:
    size = decode(encoded(np.zeros((5000, 10_000), np.uint8), "PNG")).size
    assert (size.width, size.height) == (10_000, 5000)
