"""Composes pictures of several people: heads cut out of portraits, before photographs that show nobody."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from visavis.types import DetectedFace
from visavis.vision.decode import Pixels

sys.path += [str(Path(__file__).parents[1] / "mask"), str(Path(__file__).parents[2])]
from drawing import draw

from harness import things

_WIDE = ((640, 480), (960, 720), (1280, 960), (2000, 1500), (3000, 2250))
SIZES = (*_WIDE, (720, 960), (1080, 1440), (800, 800))
SMALLEST = 64.0
"""Pixels of a face's shorter side: few of these are found to be smaller than the 60 that are reported."""
ATTEMPTS = 50

Sides: TypeAlias = Callable[[Generator, int], list[float]]
"""The sizes of the faces in a picture whose shorter side has so many pixels, largest first."""


@dataclass(frozen=True)
class Head:
    """A portrait that fades out around the head."""

    pixels: Pixels
    opaque: NDArray[np.float32]
    """Shape (height, width, 1), 0-1."""
    side: float
    """Of the face, in pixels: the shorter one."""

    @classmethod
    def of(cls, pixels: Pixels, face: DetectedFace) -> Head:
        box = face.box
        x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
        rows, columns = np.mgrid[: pixels.shape[0], : pixels.shape[1]].astype(np.float32)
        away = np.hypot((columns - x) / (0.95 * box.width), (rows - y) / (0.95 * box.height))
        opaque = ((1 - away) / 0.15).clip(0, 1)[..., np.newaxis]
        shown = opaque.any(axis=2)
        part = np.ix_(shown.any(axis=1), shown.any(axis=0))
        return cls(pixels[part], opaque[part].astype(np.float32), min(box.width, box.height))

    def scaled(self, side: float) -> Head:
        scale = side / self.side
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        pixels = np.asarray(cv2.resize(self.pixels, None, fx=scale, fy=scale, interpolation=method), np.uint8)
        opaque = cv2.resize(self.opaque, (pixels.shape[1], pixels.shape[0]))[..., np.newaxis]
        return Head(pixels, np.asarray(opaque, np.float32), side)


def crowd(chance: Generator, shorter: int) -> list[float]:
    return sorted(chance.uniform(SMALLEST, max(1.2 * SMALLEST, shorter / 5), 12).tolist(), reverse=True)


def selfie(chance: Generator, shorter: int) -> list[float]:
    """One large face, and up to two bystanders."""
    bystanders = chance.uniform(SMALLEST, 2 * SMALLEST, int(chance.integers(0, 3)))
    return [float(chance.uniform(0.2, 0.36)) * shorter, *bystanders.tolist()]


KINDS: Mapping[str, tuple[Sides, bool, int]] = {
    "crowds": (crowd, False, 0),
    "crowds, masked": (crowd, True, 0),
    "crowds on one side": (crowd, False, 1),
    "crowds on the other side": (crowd, False, 3),
    "crowds upside down": (crowd, False, 2),
    "selfies with up to two bystanders": (selfie, False, 0),
    "the same, masked": (selfie, True, 0),
    "the same on one side": (selfie, False, 1),
    "the same on the other side": (selfie, False, 3),
    "the same upside down": (selfie, False, 2),
}
"""How large faces are, whether they are masked, and by how many quarters anticlockwise all is turned."""


def scene(kind: str, number: int, portraits: Sequence[tuple[Pixels, DetectedFace]]) -> Pixels:
    """A scene of this kind of KINDS, the same at each call; the kinds differ in what KINDS says of them alone."""
    sides_of, masked, quarters = KINDS[kind]
    chance = np.random.default_rng(number)
    width, height = SIZES[number % len(SIZES)]
    sides = sides_of(chance, min(width, height))
    chosen = [portraits[index] for index in chance.integers(len(portraits), size=len(sides))]
    heads = [
        head(chance.spawn(1)[0], *portrait, masked=masked).scaled(side)
        for portrait, side in zip(chosen, sides, strict=True)
    ]
    background = cv2.resize(backgrounds()[int(chance.integers(len(backgrounds())))], (width, height))
    together = composed(chance, heads, np.asarray(background, np.uint8))
    return np.ascontiguousarray(np.rot90(together, quarters))


@cache
def backgrounds() -> list[Pixels]:
    return [pixels for pixels in things.samples() if min(pixels.shape[:2]) >= 300]


def head(chance: Generator, pixels: Pixels, face: DetectedFace, *, masked: bool) -> Head:
    if masked:
        points, donor = face.landmarks.as_array().astype(np.float64), np.asarray(cv2.flip(pixels, 0), np.uint8)
        pixels, _ = draw(chance, pixels, points, donor, masked=True)
    return Head.of(pixels, face)


def composed(chance: Generator, heads: Sequence[Head], background: Pixels) -> Pixels:
    """The heads side by side, wherever chance finds room for them."""
    free, canvas = np.ones(background.shape[:2], bool), background.copy()
    for each in heads:
        high, wide = each.pixels.shape[:2]
        down, across = canvas.shape[0] - high, canvas.shape[1] - wide
        for _ in range(ATTEMPTS if min(down, across) >= 0 else 0):
            top, left = int(chance.integers(down + 1)), int(chance.integers(across + 1))
            place = slice(top, top + high), slice(left, left + wide)
            if free[place].all():
                free[place] = False
                canvas[place] = (each.opaque * each.pixels + (1 - each.opaque) * canvas[place]).round()
                break
    return canvas
