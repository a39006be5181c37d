"""Decodes PNG and JPEG files of every common kind: upright, BGR, only as finely as needed."""

from __future__ import annotations

import io
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image, JpegImagePlugin, PngImagePlugin

from visavis.types import ImageSize
from visavis.vision.container import Container, broken, open_container, unsupported

Pixels = NDArray[np.uint8]
"""BGR, shape (height, width, 3)."""

_Made = TypeVar("_Made")

_COARSEST_JPEG = 8
"""A JPEG can be decoded at one half, a quarter or an eighth of its size, since it is made of blocks of 8 x 8."""

_UPRIGHT: dict[int, Callable[[Pixels], cv2.typing.MatLike]] = {
    2: lambda stored: cv2.flip(stored, 1),
    3: lambda stored: cv2.rotate(stored, cv2.ROTATE_180),
    4: lambda stored: cv2.flip(stored, 0),
    5: cv2.transpose,
    6: lambda stored: cv2.rotate(stored, cv2.ROTATE_90_CLOCKWISE),
    7: lambda stored: cv2.rotate(cv2.transpose(stored), cv2.ROTATE_180),
    8: lambda stored: cv2.rotate(stored, cv2.ROTATE_90_COUNTERCLOCKWISE),
}


class DecodedPicture:
    """Implements core's `Picture`, decoded only as finely as somebody has looked at it. For one thread."""

    def __init__(self, pixels: Pixels, factor: int = 1, jpeg: _Jpeg | None = None) -> None:
        """`pixels`: the picture at 1/`factor` of its size; what is finer comes from the `jpeg`."""
        height, width = pixels.shape[:2]
        self.size = ImageSize(width, height) if jpeg is None else jpeg.size
        self.small_faces = 0
        self._levels = {factor: pixels}
        self._jpeg = jpeg
        self._made: dict[Hashable, Any] = {}

    @property
    def pixels(self) -> Pixels:
        """The picture at its full size."""
        return self._level(1)

    def at(self, scale: float) -> tuple[Pixels, int]:
        """The picture at `scale` (0-1) of its size, or up to twice as large, and how large.

        Where the second is f, the pixel (x, y) of the first shows what those from (f x, f y) to (f x + f - 1,
        f y + f - 1) of the full picture do; f is a power of two. Columns and rows that are no full f are missing,
        or are there.
        """
        factor = _factor(max(scale, 1 / min(self.size.width, self.size.height)))
        return self._level(factor), factor

    def once(self, key: Hashable, make: Callable[[], _Made]) -> _Made:
        """What is made of this picture under a key: made at the first time, the same at every other."""
        if key not in self._made:
            self._made[key] = make()
        made: _Made = self._made[key]
        return made

    def overwrite(self) -> None:
        """Overwrite all pixels; the picture cannot be used any more."""
        self._made.clear()
        for pixels in self._levels.values():
            if pixels.flags.writeable:
                pixels.fill(0)
        self._levels.clear()
        self._jpeg = None

    def _level(self, factor: int) -> Pixels:
        if factor not in self._levels:
            if self._jpeg is None or factor > self._jpeg.coarsest or min(self._levels) < factor:
                self._levels[factor] = _halved(self._level(factor // 2))
            else:
                self._levels[factor] = self._jpeg.decode(factor)
        return self._levels[factor]


def decode(data: bytes, first_scale: Callable[[ImageSize], float] = lambda _: 1.0) -> DecodedPicture:
    """Decode a PNG or JPEG file; transparent parts become white, 16 bits become 8, EXIF orientation is applied.

    `first_scale`: from the picture's size to the scale, 0-1, that it will be looked at first, and perhaps only.
    Raises NOT_AN_IMAGE, UNSUPPORTED_IMAGE_FORMAT, BROKEN_IMAGE, IMAGE_TOO_LARGE, IMAGE_TOO_SMALL.
    """
    container = open_container(data)
    if container.kind == "JPEG":
        jpeg = _Jpeg(container)
        factor = min(_factor(first_scale(jpeg.size)), jpeg.coarsest)
        if (pixels := jpeg.decoded(factor)) is not None:
            return DecodedPicture(pixels, factor, jpeg)
        if not container.has_end:
            raise broken("it ends before its last pixels")
    return DecodedPicture(_upright(_decoded_with_care(container), container.orientation))


@dataclass(frozen=True, slots=True)
class _Jpeg:
    """A JPEG file whose picture can be decoded at a part of its size, for a part of the time."""

    container: Container

    @property
    def size(self) -> ImageSize:
        """Size of the upright picture."""
        stored = self.container.size
        return ImageSize(stored.height, stored.width) if self.container.orientation >= 5 else stored

    @property
    def coarsest(self) -> int:
        """A last column of less than a full block would be the first one of a picture that is turned over."""
        sides = (self.container.size.width, self.container.size.height)
        if self.container.orientation == 1 or not any(side % _COARSEST_JPEG for side in sides):
            return _COARSEST_JPEG
        return 1

    def decode(self, factor: int) -> Pixels:
        """The picture at 1/`factor` of its size. Raises BROKEN_IMAGE."""
        pixels = self.decoded(factor)
        if pixels is None:
            raise broken("its picture data cannot be decoded")
        return pixels

    def decoded(self, factor: int) -> Pixels | None:
        """The picture at 1/`factor` of its size; None if anything about the file is unusual."""
        stored = self.container.size
        shape = (-(-stored.height // factor), -(-stored.width // factor), 3)
        try:
            *_, colours, _ = simplejpeg.decode_jpeg_header(self.container.stripped)
            if colours not in {"YCbCr", "Gray"}:
                return None
            pixels = simplejpeg.decode_jpeg(
                self.container.stripped, "BGR", min_height=shape[0], min_width=shape[1], min_factor=factor
            )
        except (ValueError, LookupError):  # the second for samplings that it has no name for
            return None
        return _upright(pixels, self.container.orientation) if pixels.shape == shape else None


def _factor(scale: float) -> int:
    """The largest power of two by which a picture can be divided and still have this scale."""
    factor = 1
    while 2 * factor * scale <= 1:
        factor *= 2
    return factor


def _halved(pixels: Pixels) -> Pixels:
    """Each pixel the mean of four; the last column or row of an odd number is left out."""
    height, width = (max(side // 2, 1) for side in pixels.shape[:2])
    even = pixels[: 2 * height, : 2 * width]
    return np.asarray(cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _upright(stored: Pixels, orientation: int) -> Pixels:
    turn = _UPRIGHT.get(orientation)
    return stored if turn is None else np.asarray(turn(stored), np.uint8)


def _decoded_with_care(container: Container) -> Pixels:
    """What the file shows, before it is turned upright; says of any file whether it can be decoded."""
    try:
        image = _flatten(_load(container))
        return np.asarray(cv2.cvtColor(np.asarray(image), cv2.COLOR_RGB2BGR), np.uint8)
    except Exception as error:  # a decoder may raise anything on untrusted files, and every kind means the same
        if container.rare_kind:
            raise unsupported(container.rare_kind) from error
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
