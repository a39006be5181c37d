"""A file that is no PNG and no common JPEG is called what it is; the first of several EXIF blocks counts."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from tests.vision.pictures import encoded, exif, png, scenery, with_exif
from visavis.errors import ErrorCode, ServiceError
from visavis.vision.decode import decode

RGB = scenery()
JPEG = encoded(RGB, "JPEG", quality=95)
WIDE, HIGH = (RGB.shape[1], RGB.shape[0]), (RGB.shape[0], RGB.shape[1])
ONLY = "PNG and JPEG are supported."


def refusal(data: bytes) -> tuple[ErrorCode, str]:
    with pytest.raises(ServiceError) as caught:
        decode(data)
    return caught.value.code, caught.value.detail


def made(kind: str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(RGB).save(file, kind)
    return file.getvalue()


def box(brand: bytes) -> bytes:
    """How a file of the ISO base media format begins."""
    return b"\x00\x00\x00\x1cftyp" + brand + b"\x00" * 64


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (box(b"heic"), "a HEIC file"),
        (box(b"heix"), "a HEIC file"),
        (box(b"mif1"), "a HEIF file"),
        (box(b"avif"), "an AVIF file"),
        (box(b"crx "), "a raw file"),
        (made("WEBP"), "a WebP file"),
        (made("GIF"), "a GIF file"),
        (made("BMP"), "a BMP file"),
        (made("TIFF"), "a TIFF file"),
        (b"<svg xmlns=", "an SVG file"),
        (b"\xff\x0a" + b"\x00" * 64, "a JPEG XL file"),
    ],
    ids=str,
)
def test_a_picture_of_another_kind_is_called_by_its_name(data: bytes, kind: str) -> None:
    assert refusal(data) == (ErrorCode.UNSUPPORTED_IMAGE_FORMAT, f"The image is {kind}: {ONLY}")


def test_a_pdf_is_called_one() -> None:
    said = "The file is a PDF document, not an image."
    assert refusal(b"%PDF-1.7\n%\xe2\xe3") == (ErrorCode.NOT_AN_IMAGE, said)


def with_frame(marker: int, precision: int = 8) -> bytes:
    """The JPEG with another frame header, so that it claims to be of another kind."""
    at = JPEG.index(b"\xff\xc0")
    return JPEG[:at] + bytes((0xFF, marker)) + JPEG[at + 2 : at + 4] + bytes((precision,)) + JPEG[at + 5 :]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (with_frame(0xC1, precision=12), "a JPEG with 12 bits per colour"),
        (with_frame(0xF7), "a JPEG-LS file"),
        (with_frame(0xC5), "a JPEG of the rare kind hierarchical"),
        (with_frame(0xC7), "a JPEG of the rare kind lossless"),
    ],
    ids=str,
)
def test_a_jpeg_of_a_kind_that_few_programs_write_is_called_that(data: bytes, kind: str) -> None:
    assert refusal(data) == (ErrorCode.UNSUPPORTED_IMAGE_FORMAT, f"The image is {kind}: {ONLY}")


@pytest.mark.parametrize(
    ("first", "second", "size"),
    [
        (exif(6), exif(1), HIGH),
        (exif(1), exif(6), WIDE),
        (exif(6), b"II*\x00\x08\x00\x00\x00\x00\x00", HIGH),
        (b"II*\x00\x08\x00\x00\x00\x00\x00", exif(6), WIDE),
    ],
    ids=["6, 1", "1, 6", "6, none", "none, 6"],
)
def test_of_two_exif_blocks_the_first_counts(first: bytes, second: bytes, size: tuple[int, int]) -> None:
    jpeg = with_exif(with_exif(JPEG, second), first)  # each is put before the others
    assert jpeg.index(first) < jpeg.index(second) or first == second
    shown = decode(jpeg).size
    assert (shown.width, shown.height) == size
    shown = decode(png(RGB, 8, 2, (b"eXIf", first), (b"eXIf", second))).size
    assert (shown.width, shown.height) == size


def test_pillow_takes_the_first_block_too() -> None:
    jpeg = with_exif(with_exif(JPEG, exif(1)), exif(6))
    assert Image.open(io.BytesIO(jpeg)).getexif()[0x0112] == 6


def test_a_truncated_file_is_still_called_broken() -> None:
    code, detail = refusal(JPEG[: len(JPEG) // 2])
    assert code is ErrorCode.BROKEN_IMAGE
    assert "truncated" in detail
    assert np.array_equal(decode(JPEG).pixels.shape, RGB.shape)
