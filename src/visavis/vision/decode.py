"""Image files to pixels: PNG and JPEG of every common kind, upright, in blue, green, red."""

from __future__ import annotations

import io
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, JpegImagePlugin, PngImagePlugin

from visavis.types import ImageSize
from visavis.vision.container import Container, broken, open_container

Pixels = NDArray[np.uint8]
"""BGR, shape (height, width, 3)."""

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True, slots=True, eq=False)
class DecodedPicture:
    """An upright picture."""

    pixels: Pixels

    @property
    def size(self) -> ImageSize:
        height, width = self.pixels.shape[:2]
        return ImageSize(width, height)


def decode(data: bytes) -> DecodedPicture:
    """Decode a PNG or JPEG file; transparent parts become white, 16 bits become 8, EXIF orientation is applied.

    Raises NOT_AN_IMAGE, UNSUPPORTED_IMAGE_FORMAT, BROKEN_IMAGE, IMAGE_TOO_LARGE, IMAGE_TOO_SMALL.
    """
    container = open_container(data)
    try:
        image = _flatten(_load(container))
        if container.orientation in _UPRIGHT:
            image = image.transpose(_UPRIGHT[container.orientation])
        return DecodedPicture(cv2.cvtColor(np.asarray(image), cv2.COLOR_RGB2BGR).astype(np.uint8, copy=False))
    except Exception as error:  # a decoder fed by strangers may raise anything, and every kind means the same
        raise broken("its picture data cannot be decoded") from error


def _load(container: Container) -> Image.Image:
    file = io.BytesIO(container.stripped)
    # The classes themselves: Image.open would register plugins, guess, and warn.
    image = PngImagePlugin.PngImageFile(file) if container.kind == "PNG" else JpegImagePlugin.JpegImageFile(file)
    if image.size != (container.size.width, container.size.height):
        raise ValueError("two headers disagree")
    image.load()
    return image


def _flatten(image: Image.Image) -> Image.Image:
    """The picture in RGB, laid on white where it is transparent."""
    if image.mode.startswith("I"):
        # Pillow would clip 16-bit grey to 255, not scale it.
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert("RGB")
    if not image.has_transparency_data:
        return image.convert("RGB")
    colours = image.convert("RGBA")
    white = Image.new("RGB", image.size, "white")
    white.paste(colours, mask=colours.getchannel("A"))
    return white
