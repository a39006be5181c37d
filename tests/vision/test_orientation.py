from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from tests.conftest import OpenPeoplePicture
from tests.vision.pictures import Array, encoded, exif, png, resized, scenery, with_exif
from visavis.vision.analyzer import Analyzer
from visavis.vision.decode import decode

AS_STORED = {
    1: lambda upright: upright,
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.swapaxes(0, 1),
    6: lambda upright: np.rot90(upright, 1),
    7: lambda upright: upright[::-1, ::-1].swapaxes(0, 1),
    8: lambda upright: np.rot90(upright, -1),
}
"""How a camera that writes this orientation stores an upright scene (EXIF 2.3, tag 274)."""


@pytest.mark.parametrize("byte_order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_turns_the_picture_upright(orientation: int, byte_order: str) -> None:
    upright = scenery()
    stored = np.ascontiguousarray(AS_STORED[orientation](upright))
    for data in (
        with_exif(encoded(stored, "JPEG", quality=95, subsampling=0), exif(orientation, byte_order)),
        png(stored, 8, 2, (b"eXIf", exif(orientation, byte_order))),
    ):
        result = decode(data).pixels[..., ::-1].astype(float)
        assert result.shape == upright.shape
        assert np.abs(result - upright).mean() < 3


@pytest.mark.parametrize("orientation", range(2, 9))
def test_pillow_agrees_about_the_orientation(orientation: int) -> None:
    upright = scenery()
    file = io.BytesIO()
    stored = Image.fromarray(np.ascontiguousarray(AS_STORED[orientation](upright)))
    tags = Image.Exif()
    tags[0x010F] = "a camera maker"
    tags[0x0112] = orientation
    stored.save(file, "PNG", exif=tags)
    assert np.array_equal(decode(file.getvalue()).pixels[..., ::-1], upright)


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"II*\x00",
        b"MM\x00*\xff\xff\xff\xff",
        b"nonsense that is no directory",
        exif(0),
        exif(9),
        exif(6)[:14],
        exif(6).replace(b"\x03\x00", b"\x04\x00"),
        b"II*\x00\x08\x00\x00\x00\xff\xff",
    ],
)
def test_broken_exif_means_upright(block: bytes) -> None:
    upright = scenery()
    jpeg = encoded(upright, "JPEG")
    assert np.array_equal(decode(with_exif(jpeg, block)).pixels, decode(jpeg).pixels)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_turned_pictures_give_the_same_faces(
    analyzer: Analyzer, openpeople_picture: OpenPeoplePicture, orientation: int
) -> None:
    upright = resized(openpeople_picture("P004", "amateur_selfie"), 640, 960)

    def faces(picture: Array, block: bytes) -> list[list[float]]:
        with analyzer.decode(png(picture, 8, 2, (b"eXIf", block))) as decoded:
            return [
                [face.box.x0, face.box.y0, face.box.x1, face.box.y1, *face.landmarks.as_array().ravel()]
                for face in analyzer.find(decoded)
            ]

    stored = np.ascontiguousarray(AS_STORED[orientation](upright))
    (expected,) = faces(upright, exif(1))
    (found,) = faces(stored, exif(orientation))
    assert found == pytest.approx(expected, abs=0.01)
