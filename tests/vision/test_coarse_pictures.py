"""A large JPEG is decoded as finely as its faces ask for; nothing that is found in it may depend on that."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from tests.conftest import OpenPeoplePicture
from tests.vision.pictures import Array, encoded, exif, png, resized, scenery, with_exif
from visavis.errors import ErrorCode, ServiceError
from visavis.types import DetectedFace
from visavis.vision.analyzer import Analyzer
from visavis.vision.decode import DecodedPicture, decode
from visavis.vision.models import SFACE

SIZES = [(800, 640), (801, 647)]


def mean_of_blocks(pixels: Array, factor: int) -> Array:
    height, width = (side // factor for side in pixels.shape[:2])
    blocks = pixels[: height * factor, : width * factor].astype(float).reshape(height, factor, width, factor, 3)
    return np.asarray(blocks.mean(axis=(1, 3)))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_coarse_picture_shows_what_the_full_one_does(width: int, height: int, orientation: int) -> None:
    data = with_exif(encoded(scenery(width, height), "JPEG", quality=95), exif(orientation))
    full = decode(data).pixels
    for factor in (1, 2, 4, 8, 16):
        picture = decode(data, lambda _: 1 / factor)  # noqa: B023 - called at once
        pixels, found = picture.at(1 / factor)
        expected = mean_of_blocks(full, factor)
        assert found == factor
        assert picture.size == decode(data).size
        assert np.abs(pixels[: len(expected), : expected.shape[1]] - expected).max() < 4


@pytest.mark.parametrize(
    ("scale", "factor"), [(2.0, 1), (1.0, 1), (0.51, 1), (0.5, 2), (0.26, 2), (0.25, 4), (0.1, 8)]
)
def test_a_scale_is_never_missed_by_more_than_one_half(scale: float, factor: int) -> None:
    for picture in (DecodedPicture(scenery(640, 480)), decode(encoded(scenery(640, 480), "JPEG"))):
        pixels, found = picture.at(scale)
        assert found == factor
        assert pixels.shape == (480 // factor, 640 // factor, 3)


@pytest.mark.parametrize("scale", [0.0, 1e-9, float("nan")])
def test_no_scale_is_too_small_to_ask_for(scale: float) -> None:
    pixels, _ = DecodedPicture(scenery(200, 100)).at(scale)
    assert min(pixels.shape[:2]) >= 1


@pytest.mark.parametrize(
    "kind", [{}, {"progressive": True}, {"subsampling": 0}, {"subsampling": 2}, {"mode": "L"}, {"mode": "CMYK"}]
)
def test_every_kind_of_jpeg_looks_as_pillow_shows_it(kind: dict[str, object]) -> None:
    data = encoded(scenery(320, 240), "JPEG", quality=90, **kind)  # type: ignore[arg-type]
    expected = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    assert np.array_equal(decode(data).pixels[..., ::-1], expected)


def test_a_jpeg_in_red_green_and_blue_keeps_its_colours() -> None:
    data = encoded(scenery(320, 240), "JPEG", quality=95, keep_rgb=True)
    assert np.abs(decode(data, lambda _: 0.5).pixels[..., ::-1].astype(int) - scenery(320, 240)).max() < 12


@pytest.mark.parametrize("share", [0.3, 0.9, 0.999])
def test_a_truncated_jpeg_is_broken_however_coarsely_it_is_looked_at(share: float) -> None:
    noise = np.random.default_rng(2).integers(0, 255, (960, 1200, 3), dtype=np.uint8)
    data = encoded(noise, "JPEG")
    with pytest.raises(ServiceError) as refusal:
        decode(data[: int(share * len(data))], lambda _: 0.25)
    assert refusal.value.code is ErrorCode.BROKEN_IMAGE


@pytest.mark.parametrize("side", [400, 1600])
def test_faces_do_not_depend_on_how_the_picture_was_decoded(
    analyzer: Analyzer, openpeople_picture: OpenPeoplePicture, side: int
) -> None:
    rgb = resized(openpeople_picture("P005", "amateur_selfie"), side, side * 3 // 2)
    jpeg = encoded(rgb, "JPEG", quality=95)
    lossless = png(np.asarray(Image.open(io.BytesIO(jpeg))), 8, 2)
    (coarse, coarse_embedding), (full, full_embedding) = seen(analyzer, jpeg), seen(analyzer, lossless)
    off = np.linalg.norm(coarse.landmarks.as_array() - full.landmarks.as_array(), axis=1)
    assert off.max() < 0.01 * full.box.width
    assert coarse_embedding @ full_embedding > 0.98


def test_a_small_face_in_a_large_picture_is_looked_at_in_full(
    analyzer: Analyzer, openpeople_picture: OpenPeoplePicture
) -> None:
    """Of a face of 90 px in 6 megapixels nothing is left at half the size that could tell who it is."""
    small = resized(openpeople_picture("P005", "amateur_selfie"), 240, 360)
    wide = np.full((2000, 3000, 3), 128, np.uint8)
    wide[801:1161, 1203:1443] = small
    _, alone = seen(analyzer, png(small, 8, 2))
    _, inside = seen(analyzer, encoded(wide, "JPEG", quality=98, subsampling=0))
    assert alone @ inside > 0.95


def seen(analyzer: Analyzer, data: bytes) -> tuple[DetectedFace, Array]:
    """The largest face of a picture and its embedding."""
    with analyzer.decode(data) as picture:
        face = analyzer.find(picture)[0]
        return face, analyzer.embed(picture, [face], SFACE.name)[0]
