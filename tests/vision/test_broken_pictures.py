from __future__ import annotations

import struct
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vision.pictures import encoded, exif, png, png_chunk, scenery, with_exif
from visavis.errors import ErrorCode, ServiceError
from visavis.vision.decode import decode

RGB = scenery()
NOISE = np.random.default_rng(1).integers(0, 255, (96, 120, 3), dtype=np.uint8)
WHOLE = {
    "png": encoded(NOISE, "PNG"),
    "palette png": encoded(NOISE, "PNG", "P"),
    "jpeg": encoded(NOISE, "JPEG"),
    "progressive jpeg": encoded(NOISE, "JPEG", progressive=True),
    "cmyk jpeg": encoded(NOISE, "JPEG", "CMYK"),
    "jpeg with exif": with_exif(encoded(NOISE, "JPEG"), exif(6)),
}


def code_of(data: bytes) -> ErrorCode | None:
    """The error that decoding ends in, None if it succeeds; nothing may be warned of on the way."""
    refusal: ServiceError | None = None
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            decode(data)
        except ServiceError as error:
            refusal = error
    assert not warned
    assert refusal is None or (refusal.detail.isascii() and len(refusal.detail) <= 200)
    return refusal.code if refusal else None


@pytest.mark.parametrize("kind", WHOLE)
def test_a_whole_picture_is_read(kind: str) -> None:
    assert code_of(WHOLE[kind]) is None


@pytest.mark.parametrize("kind", WHOLE)
def test_a_truncated_picture_is_broken_wherever_it_ends(kind: str) -> None:
    data = WHOLE[kind]
    for length in [*range(8, 700, 7), *range(700, len(data) - 64, 211)]:
        assert code_of(data[:length]) is ErrorCode.BROKEN_IMAGE, length


@pytest.mark.parametrize("kind", WHOLE)
def test_a_picture_without_its_last_bytes_is_read_or_broken(kind: str) -> None:
    for missing in range(1, 64):
        assert code_of(WHOLE[kind][:-missing]) in {None, ErrorCode.BROKEN_IMAGE}


@pytest.mark.parametrize("left", [0, 1], ids=["nothing", "half"])
def test_a_jpeg_that_lacks_nothing_but_its_end_marker_is_read(left: int) -> None:
    whole = WHOLE["jpeg"]
    assert whole.endswith(b"\xff\xd9")
    without_end = whole[: len(whole) - 2 + left]
    assert np.array_equal(decode(without_end).pixels, decode(whole).pixels)


def test_a_jpeg_that_lacks_more_is_broken() -> None:
    assert code_of(WHOLE["jpeg"][:-6]) is ErrorCode.BROKEN_IMAGE
    assert code_of(WHOLE["jpeg"][:-6] + b"\xff") is ErrorCode.BROKEN_IMAGE


@given(
    kind=st.sampled_from(sorted(WHOLE)),
    changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=20),
    near_the_start=st.booleans(),
)
def test_a_damaged_picture_ends_in_pixels_or_in_an_image_error(
    kind: str, changes: list[tuple[float, int]], near_the_start: bool
) -> None:
    data = bytearray(WHOLE[kind])
    for place, value in changes:
        data[int(place * min(len(data), 800 if near_the_start else len(data)))] = value
    assert code_of(bytes(data)) in {
        None,
        ErrorCode.BROKEN_IMAGE,
        ErrorCode.NOT_AN_IMAGE,
        ErrorCode.IMAGE_TOO_LARGE,
        ErrorCode.IMAGE_TOO_SMALL,
    }


def test_a_png_with_one_wrong_byte_anywhere_is_broken() -> None:
    data = WHOLE["png"]
    for place in range(33, len(data), 97):
        damaged = bytearray(data)
        damaged[place] ^= 0x10
        assert code_of(bytes(damaged)) is ErrorCode.BROKEN_IMAGE, place


def test_a_png_whose_data_ends_early_is_broken() -> None:
    header = struct.pack(">IIBBBBB", 5000, 5000, 8, 2, 0, 0, 0)
    small = png(RGB, 8, 2)
    lying = small[:8] + png_chunk(b"IHDR", header) + small[33:]
    assert code_of(lying) is ErrorCode.BROKEN_IMAGE


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n",
        b"\x89PNG\r\n\x1a\n" + png_chunk(b"IEND", b""),
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", struct.pack(">IIBBBBB", 100, 100, 7, 9, 0, 0, 0))
        + png_chunk(b"IDAT", b"")
        + png_chunk(b"IEND", b""),
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8\xff\xe0\x00\x00",
        b"\xff\xd8\xff\xe0\x00\x04ab\xff\xda\x00\x02",
        b"\xff\xd8" + b"\xff" * 100,
    ],
)
def test_a_signature_alone_is_a_broken_picture(data: bytes) -> None:
    assert code_of(data) is ErrorCode.BROKEN_IMAGE


@pytest.mark.parametrize("file_format", ["GIF", "BMP", "WEBP", "TIFF", "ICO", "AVIF", "JPEG2000", "PPM", "DDS"])
def test_a_picture_of_another_kind_is_not_supported(file_format: str) -> None:
    assert code_of(encoded(RGB, file_format)) is ErrorCode.UNSUPPORTED_IMAGE_FORMAT


@pytest.mark.parametrize(
    "start",
    [
        b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
        b"\x00\x00\x00\x1cftypmif1\x00\x00\x00\x00mif1avif",
        b"\xff\x0a\xfa\x1f",
        b"\x00\x00\x00\x0cJXL \r\n\x87\n",
        b"8BPS\x00\x01",
        b"II*\x00\x08\x00\x00\x00",
        b"MM\x00*\x00\x00\x00\x08",
        b'<svg xmlns="http://www.w3.org/2000/svg">',
    ],
)
def test_other_kinds_are_known_by_their_first_bytes(start: bytes) -> None:
    assert code_of(start + bytes(200)) is ErrorCode.UNSUPPORTED_IMAGE_FORMAT


@pytest.mark.parametrize(
    "data", [b"", b"\x89", b"\xff\xd8", b"hello", b"%PDF-1.7\n", b"BMW is a car maker", bytes(99)]
)
def test_what_is_no_picture_is_called_so(data: bytes) -> None:
    assert code_of(data) is ErrorCode.NOT_AN_IMAGE


@given(st.binary(max_size=400))
def test_random_bytes_never_raise_anything_else(data: bytes) -> None:
    for start in (b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"):
        assert code_of(start + data) is not None
