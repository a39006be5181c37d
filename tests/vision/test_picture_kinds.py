from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.vision.pictures import Array, encoded, png, scenery
from visavis.vision.decode import decode

RGB = scenery()
GREY = RGB[..., 0]
ALPHA = RGB[..., 1]


def decoded(data: bytes) -> Array:
    """RGB, as float."""
    return decode(data).pixels[..., ::-1].astype(float)


def on_white(colours: Array, alpha: Array) -> Array:
    share = alpha[..., np.newaxis] / 255
    return np.asarray(colours * share + 255 * (1 - share))


def grey(samples: Array) -> Array:
    return np.repeat(samples[..., np.newaxis], 3, axis=2)


def test_an_rgb_png_is_read_exactly() -> None:
    assert np.array_equal(decoded(encoded(RGB, "PNG")), RGB)


def test_a_grey_png_is_read_exactly() -> None:
    assert np.array_equal(decoded(encoded(GREY, "PNG")), grey(GREY))


def test_an_rgba_png_is_laid_on_white() -> None:
    data = png(np.dstack([RGB, ALPHA]), 8, 6)
    assert np.abs(decoded(data) - on_white(RGB, ALPHA)).max() <= 1


def test_a_grey_png_with_alpha_is_laid_on_white() -> None:
    data = png(np.dstack([GREY, ALPHA]), 8, 4)
    assert np.abs(decoded(data) - on_white(grey(GREY), ALPHA)).max() <= 1


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_a_grey_png_of_few_bits_is_scaled_to_the_full_range(bits: int) -> None:
    samples = GREY >> (8 - bits)
    assert np.array_equal(decoded(png(samples, bits, 0)), grey(samples * (255 // (2**bits - 1))))


def test_a_1_bit_png_is_black_and_white() -> None:
    data = encoded(GREY, "PNG", "1")
    assert set(np.unique(decoded(data))) == {0, 255}


@pytest.mark.parametrize(("colour_type", "channels"), [(0, 1), (2, 3)])
def test_a_16_bit_png_is_scaled_and_not_clipped(colour_type: int, channels: int) -> None:
    samples = RGB[..., :channels].astype(np.uint16) * 257
    expected = grey(GREY) if channels == 1 else RGB
    assert np.abs(decoded(png(samples, 16, colour_type)) - expected).max() <= 1


@pytest.mark.parametrize("colour_type", [4, 6])
def test_a_16_bit_png_with_alpha_is_laid_on_white(colour_type: int) -> None:
    colours = RGB if colour_type == 6 else GREY
    samples = np.dstack([colours, ALPHA]).astype(np.uint16) * 257
    expected = on_white(RGB if colour_type == 6 else grey(GREY), ALPHA)
    assert np.abs(decoded(png(samples, 16, colour_type)) - expected).max() <= 2


def test_a_16_bit_png_with_a_transparent_colour_is_read() -> None:
    samples = RGB.astype(np.uint16) * 257
    data = png(samples, 16, 2, (b"tRNS", struct.pack(">HHH", 65535, 65535, 65535)))
    assert np.abs(decoded(data) - RGB).max() <= 1


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_a_palette_png_takes_its_colours_from_the_palette(bits: int) -> None:
    palette = np.linspace((250, 0, 10), (5, 255, 90), 2**bits).astype(np.uint8)
    indices = GREY >> (8 - bits)
    assert np.array_equal(decoded(png(indices, bits, 3, (b"PLTE", palette.tobytes()))), palette[indices])


def test_a_palette_png_with_transparency_is_laid_on_white() -> None:
    palette = np.linspace((250, 0, 10), (5, 255, 90), 256).astype(np.uint8)
    alphas = np.arange(256, dtype=np.uint8)
    data = png(GREY, 8, 3, (b"PLTE", palette.tobytes()), (b"tRNS", alphas.tobytes()))
    assert np.abs(decoded(data) - on_white(palette[GREY], alphas[GREY])).max() <= 1


def test_a_png_with_one_transparent_colour_is_white_there() -> None:
    pixels = RGB.copy()
    pixels[:50] = (9, 8, 7)
    result = decoded(png(pixels, 8, 2, (b"tRNS", struct.pack(">HHH", 9, 8, 7))))
    assert np.all(result[:50] == 255)
    assert np.array_equal(result[50:], RGB[50:])


def test_an_animated_png_is_its_first_picture() -> None:
    file = io.BytesIO()
    Image.fromarray(RGB).save(file, "PNG", save_all=True, append_images=[Image.fromarray(255 - RGB)])
    assert np.array_equal(decoded(file.getvalue()), RGB)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}, {"optimize": True}])
def test_a_jpeg_is_read(options: dict[str, Any]) -> None:
    data = encoded(RGB, "JPEG", quality=95, **options)
    assert np.abs(decoded(data) - RGB).mean() < 3


def test_a_grey_jpeg_is_read() -> None:
    assert np.abs(decoded(encoded(GREY, "JPEG", quality=95)) - grey(GREY)).mean() < 2


def test_a_cmyk_jpeg_has_the_colours_of_its_picture() -> None:
    assert np.abs(decoded(encoded(RGB, "JPEG", "CMYK", quality=95)) - RGB).mean() < 3


def test_a_ycck_jpeg_has_the_colours_of_its_picture() -> None:
    # Adobe stores 255 - ink, and libjpeg turns 255 minus that from RGB to YCbCr. A CMYK file whose planes hold the
    # outcome becomes a YCCK file when its Adobe segment says so; Pillow inverts what it saves as CMYK.
    planes = np.asarray(Image.fromarray(255 - RGB).convert("YCbCr"))
    inks = np.dstack([255 - planes, np.zeros_like(GREY)])
    file = io.BytesIO()
    Image.fromarray(inks, "CMYK").save(file, "JPEG", quality=95, subsampling=0)
    data = bytearray(file.getvalue())
    data[data.index(b"Adobe") + 11] = 2
    assert np.abs(decoded(bytes(data)) - RGB).mean() < 4


def test_a_phone_picture_with_several_frames_is_its_first_one() -> None:
    file = io.BytesIO()
    first, second = Image.fromarray(RGB), Image.fromarray(255 - RGB)
    first.save(file, "MPO", save_all=True, append_images=[second], quality=95)
    assert np.abs(decoded(file.getvalue()) - RGB).mean() < 3


def test_metadata_beyond_all_measure_does_not_hinder() -> None:
    file = io.BytesIO()
    Image.fromarray(RGB).save(file, "PNG", icc_profile=bytes(3_000_000))
    assert np.array_equal(decoded(file.getvalue()), RGB)
