"""What drawings are made of: a face in template coordinates, shapes, textures, light.

Everything is drawn in template coordinates (eyes near (38, 52) and (74, 52), mouth near y = 92), on a canvas of
twice the template's scale. `Face` bends the shapes with the landmarks, so that a turned head gets a turned mask.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from faces import Image, Points
from numpy.typing import NDArray

SCALE = 2
ORIGIN = 40  # template pixels left of and above the face that the canvas covers
SIDE = (112 + 2 * ORIGIN) * SCALE

Layer = NDArray[np.float32]
Point = tuple[float, float]
Random = np.random.Generator


@dataclass(frozen=True)
class Face:
    """A face in template coordinates, and the canvas it is drawn on."""

    points: Points
    skin: NDArray[np.float32]
    donor: Image

    @property
    def turn(self) -> float:
        """How far the nose stands right of the middle of the eyes, in template pixels; 18: half profile."""
        return float(np.clip(self.points[2, 0] - self.points[:2, 0].mean(), -22, 22))

    def at(self, x: float, y: float) -> Point:
        """A template position (x relative to the midline, frontal face) on this face."""
        turn = self.turn
        half = 40.0
        near, far = (half + abs(turn) * 0.55) / half, (half - abs(turn) * 1.05) / half
        stretch = far if x * turn > 0 else near
        bulge = turn * float(np.clip(1 - abs(x) / half, 0, 1)) * float(np.clip(1 - abs(y - 75) / 60, 0, 1))
        lip_shift = (self.points[3:, 1].mean() - 92.3) * float(np.clip((y - 60) / 40, 0, 1.3))
        return 56 + x * stretch + bulge, y + lip_shift


def _canvas(points: list[Point]) -> NDArray[np.int32]:
    return np.round((np.array(points, np.float64) + ORIGIN) * SCALE * 16).astype(np.int32)


def filled(points: list[Point], soft: float = 0.6) -> Layer:
    """A polygon as an alpha layer, shape (side, side), 0-1, edges blurred by `soft` template pixels."""
    layer = np.zeros((SIDE, SIDE), np.uint8)
    cv2.fillPoly(layer, [_canvas(points)], 255, cv2.LINE_AA, 4)
    return cv2.GaussianBlur(layer, (0, 0), soft * SCALE).astype(np.float32) / 255


def stroked(points: list[Point], width: float) -> Layer:
    layer = np.zeros((SIDE, SIDE), np.uint8)
    thickness = max(1, round(width * SCALE))
    cv2.polylines(layer, [_canvas(points)], isClosed=False, color=255, thickness=thickness, lineType=16, shift=4)
    return layer.astype(np.float32) / 255


def smooth(points: list[Point]) -> list[Point]:
    """Chaikin's corner cutting, three rounds, of a closed polygon."""
    ring = np.array(points, np.float64)
    for _ in range(3):
        following = np.roll(ring, -1, axis=0)
        ring = np.stack([0.75 * ring + 0.25 * following, 0.25 * ring + 0.75 * following], axis=1).reshape(-1, 2)
    return [tuple(point) for point in ring]


def noise(rng: Random, grain: float) -> Layer:
    """Gaussian noise of unit deviation with features of `grain` template pixels."""
    cells = max(4, round(SIDE / SCALE / grain))
    field = rng.normal(size=(cells, cells)).astype(np.float32)
    return cv2.resize(field, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)


def colour(rng: Random) -> NDArray[np.float32]:
    """Any cloth colour, BGR 0-255; greys, black and white among them."""
    hue, saturation = rng.uniform(0, 180), rng.choice([0, 30, rng.uniform(0, 255)])
    hsv = np.array([[[hue, saturation, rng.uniform(15, 255)]]], np.uint8)
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR)[0, 0].astype(np.float32)


def plain(rng: Random, face: Face) -> Layer:  # noqa: ARG001 - all textures take the same arguments
    return np.tile(colour(rng), (SIDE, SIDE, 1))


def medical(rng: Random, face: Face) -> Layer:  # noqa: ARG001
    shades = [(214, 190, 140), (238, 236, 232), (196, 206, 150), (225, 200, 175), (200, 185, 235), (160, 130, 90)]
    shade = np.array(shades[rng.integers(len(shades))], np.float32) * rng.uniform(0.8, 1.08)
    return np.tile(shade, (SIDE, SIDE, 1))


def dark(rng: Random, face: Face) -> Layer:  # noqa: ARG001
    return np.tile(rng.uniform(8, 60) + rng.uniform(-8, 8, 3), (SIDE, SIDE, 1)).astype(np.float32)


def skinlike(rng: Random, face: Face) -> Layer:
    return np.tile(face.skin * rng.uniform(0.75, 1.15) + rng.normal(0, 10, 3), (SIDE, SIDE, 1)).astype(np.float32)


def striped(rng: Random, face: Face) -> Layer:  # noqa: ARG001
    angle, period = rng.uniform(0, np.pi), rng.uniform(3, 14)
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32) / SCALE
    wave = np.sin((x * np.cos(angle) + y * np.sin(angle)) * 2 * np.pi / period)
    if rng.random() < 0.5:  # tartan
        wave = wave + np.sin((-x * np.sin(angle) + y * np.cos(angle)) * 2 * np.pi / period)
    weight = np.clip(wave * 4, 0, 1)[:, :, None]
    return (colour(rng) * weight + colour(rng) * (1 - weight)).astype(np.float32)


def blotched(rng: Random, face: Face) -> Layer:  # noqa: ARG001
    texture = np.tile(colour(rng), (SIDE, SIDE, 1)).astype(np.float32)
    for _ in range(rng.integers(1, 4)):
        spots = (noise(rng, rng.uniform(3, 12)) > rng.uniform(0.2, 1.0)).astype(np.float32)[:, :, None]
        texture = texture * (1 - spots) + colour(rng) * spots
    return texture


def printed(rng: Random, face: Face) -> Layer:
    """A corner of another picture: where no face is, since a printed face would be a bare one to any eye."""
    height, width = face.donor.shape[:2]
    side = int(min(height, width) * rng.uniform(0.12, 0.28))
    top, left = rng.choice([0, height - side]), rng.choice([0, width - side])
    return cv2.resize(face.donor[top : top + side, left : left + side], (SIDE, SIDE)).astype(np.float32)


TEXTURES: list[Callable[[Random, Face], Layer]] = [plain, medical, dark, skinlike, striped, blotched, printed]


def texture(rng: Random, face: Face, weights: tuple[float, ...] = (4, 5, 4, 1, 1.5, 1.5, 1.5)) -> Layer:
    share = np.array(weights) / sum(weights)
    return TEXTURES[rng.choice(len(TEXTURES), p=share)](rng, face)


def shaded(rng: Random, cloth: Layer, face: Face) -> Layer:
    """Light from one side, the roundness of the head, folds and weave."""
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32) / SCALE - ORIGIN
    middle = 56 + face.turn
    light = 1 + rng.uniform(-0.008, 0.008) * (x - middle) - rng.uniform(0, 0.22) * ((x - middle) / 40) ** 2
    light = light - rng.uniform(0, 0.006) * (y - 80) + rng.uniform(0, 0.08) * noise(rng, rng.uniform(6, 25))
    light = light + rng.uniform(0, 0.05) * noise(rng, rng.uniform(0.6, 2))
    return cloth * np.clip(light, 0.25, 1.5)[:, :, None]


def blend(picture: Layer, cloth: Layer, alpha: Layer) -> Layer:
    return picture * (1 - alpha[:, :, None]) + cloth * alpha[:, :, None]
