"""Analyses a picture before workers enter the sandbox, so that files and imports of the first use are loaded."""

from __future__ import annotations

from importlib import resources
from typing import Any

import cv2
import numpy as np

from visavis.errors import ServiceError
from visavis.types import Traits
from visavis.vision.analyzer import Analyzer
from visavis.vision.decode import decode
from visavis.vision.detect import first_scale

_FACE = "ines-portrait.jpg"
_EVERYTHING = Traits(pose=True, mask=True, liveness=True, quality=True, comparability=True)


def warm_up(analyzer: Analyzer, model: str) -> None:
    """Use every decoder, every network and all calibration files once."""
    file = resources.files("visavis").joinpath("assets", _FACE).read_bytes()
    picture = decode(file, first_scale)
    faces = analyzer.find(picture)
    analyzer.describe(picture, faces, _EVERYTHING)
    analyzer.embed(picture, faces, model)
    analyzer.aligned_liveness(picture)
    pixels = picture.pixels[:128, :128]
    for each in (pixels, pixels[..., 0], np.dstack([pixels, pixels[..., :1]]), pixels.astype(np.uint16) * 257):
        decode(_png(each))
    try:
        decode(file[: len(file) // 2])
    except ServiceError:
        return  # as it has to be: what is said of broken files is there now, too


def _png(pixels: np.ndarray[Any, Any]) -> bytes:
    _, encoded = cv2.imencode(".png", pixels)
    return encoded.tobytes()
