"""Pictures of things that are no faces: drawn, the same at each call, and the sample pictures of scikit-image."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, SupportsFloat

import cv2
import numpy as np
import skimage
from numpy.random import Generator
from numpy.typing import NDArray

from visavis.vision.decode import Pixels, decode

SIDE = 320
OF_EACH_KIND = 8
PEOPLE = ("astronaut", "camera")
"""Sample pictures that do show a person."""


def drawn(kind: str) -> list[Pixels]:
    """Pictures, BGR, of this kind of KINDS."""
    return [KINDS[kind](np.random.default_rng([number, *kind.encode()])) for number in range(OF_EACH_KIND)]


def samples() -> list[Pixels]:
    """What scikit-image brings along besides people, BGR: a cat, coffee, a rocket, textures, cells, letters."""
    folder = Path(skimage.__file__).parent / "data"
    files = sorted([*folder.glob("*.png"), *folder.glob("*.jpg")])
    return [decode(file.read_bytes()).pixels for file in files if file.stem not in PEOPLE]


def flower(chance: Generator) -> Pixels:
    canvas = _meadow(chance)
    petals, colour = int(chance.integers(5, 14)), _colour(chance)
    for turn in np.linspace(0, 360, petals, endpoint=False):
        away = np.deg2rad(turn)
        centre = _point(160 + 70 * np.cos(away), 160 + 70 * np.sin(away))
        shade = tuple(float(value) for value in np.array(colour) * chance.uniform(0.7, 1.0))
        cv2.ellipse(canvas, centre, (62, 30), float(turn), 0, 360, shade, -1, cv2.LINE_AA)
    cv2.circle(canvas, (160, 160), int(chance.integers(30, 55)), _colour(chance), -1, cv2.LINE_AA)
    return _seen_by_a_camera(canvas, chance)


def waterfall(chance: Generator) -> Pixels:
    streaks = cv2.GaussianBlur(chance.normal(0, 90, (SIDE, SIDE)), (0, 0), sigmaX=3, sigmaY=40) * 6 + 150
    foam = cv2.GaussianBlur(chance.normal(0, 60, (SIDE, SIDE)), (0, 0), 6) * 5
    water = streaks + foam * np.linspace(0, 1, SIDE)[:, np.newaxis] ** 2
    rocks = cv2.GaussianBlur(chance.normal(0, 60, (SIDE, SIDE)), (0, 0), 9) * 9 + 60
    middle = np.abs(np.linspace(-1, 1, SIDE))[np.newaxis] < chance.uniform(0.3, 0.7)
    return _seen_by_a_camera(np.repeat(np.where(middle, water, rocks)[..., np.newaxis], 3, axis=2), chance)


def pumpkin(chance: Generator) -> Pixels:
    """Carved: two eyes, a nose and a grin with teeth."""
    canvas = _meadow(chance)
    for across in np.linspace(-80, 80, 7):
        shade = 190 + 40 * np.cos(across / 60)
        cv2.ellipse(canvas, _point(160 + across, 170), (45, 115), 0, 0, 360, (20, shade * 0.55, shade), -1)
    hole = (10, 40, 60)
    for left in (-1, 1):
        eye = np.array([[160 + left * 55, 120], [160 + left * 85, 165], [160 + left * 25, 165]])
        cv2.fillPoly(canvas, [eye + chance.integers(-8, 8, (3, 2))], hole)
    cv2.fillPoly(canvas, [np.array([[160, 170], [175, 195], [145, 195]]) + chance.integers(-4, 4, (3, 2))], hole)
    grin = [(x, 215 + (18 if number % 2 else 0)) for number, x in enumerate(range(95, 226, 13))]
    back = [(x, 245 + 12 * np.sin((x - 95) / 130 * np.pi)) for x in range(225, 94, -13)]
    cv2.fillPoly(canvas, [np.array([*grin, *back], np.int32)], hole)
    return _seen_by_a_camera(canvas, chance)


def cartoon(chance: Generator) -> Pixels:
    """A disc with two dots and a curve."""
    canvas = np.full((SIDE, SIDE, 3), _colour(chance), np.uint8)
    cv2.circle(canvas, (160, 160), int(chance.integers(95, 130)), _colour(chance), -1, cv2.LINE_AA)
    apart, high, size = chance.integers(32, 52), chance.integers(115, 140), int(chance.integers(8, 20))
    for x in (160 - apart, 160 + apart):
        cv2.circle(canvas, _point(x, high), size, (20, 20, 20), -1, cv2.LINE_AA)
    mouth = (int(chance.integers(30, 60)), int(chance.integers(12, 40)))
    cv2.ellipse(canvas, (160, 200), mouth, 0, 0, 180, (30, 20, 60), int(chance.integers(4, 12)), cv2.LINE_AA)
    return canvas


def drawn_portrait(chance: Generator) -> Pixels:
    """Skin, hair, eyes with pupils, brows, nose and lips, always by the same hand."""
    canvas = np.full((SIDE, SIDE, 3), _colour(chance), np.uint8)
    skin = np.array([chance.uniform(90, 190), chance.uniform(120, 205), chance.uniform(150, 235)])
    cv2.ellipse(canvas, (160, 130), (105, 110), 0, 0, 360, _times(skin, 0.2), -1, cv2.LINE_AA)
    cv2.ellipse(canvas, (160, 170), (85, 110), 0, 0, 360, _times(skin, 1.0), -1, cv2.LINE_AA)
    apart, high = chance.integers(32, 42), int(chance.integers(145, 160))
    for left in (-1, 1):
        x = int(160 + left * apart)
        cv2.ellipse(canvas, (x, high), (17, 9), 0, 0, 360, (235, 235, 235), -1, cv2.LINE_AA)
        cv2.circle(canvas, (x, high), 8, _times(skin, 0.25), -1, cv2.LINE_AA)
        cv2.ellipse(canvas, (x, high - 20), (22, 6), 0, 180, 360, _times(skin, 0.3), 5, cv2.LINE_AA)
    nose = np.array([[160, high + 5], [160 + chance.integers(8, 18), high + 45], [150, high + 47]])
    cv2.polylines(canvas, [nose], False, _times(skin, 0.7), 4, cv2.LINE_AA)
    mouth = (int(chance.integers(22, 38)), int(chance.integers(6, 14)))
    cv2.ellipse(canvas, (160, 235), mouth, 0, 0, 360, _times(skin * [0.7, 0.6, 0.95], 0.8), -1, cv2.LINE_AA)
    return _seen_by_a_camera(cv2.GaussianBlur(canvas, (0, 0), 2.5), chance)


def socket(chance: Generator) -> Pixels:
    """A plate on a wall with two holes and a slot."""
    canvas = np.full((SIDE, SIDE, 3), _times(np.full(3, 255.0), chance.uniform(0.5, 0.9)), np.uint8)
    cv2.rectangle(canvas, (70, 60), (250, 260), (230, 235, 240), -1, cv2.LINE_AA)
    cv2.rectangle(canvas, (70, 60), (250, 260), (150, 150, 150), 3, cv2.LINE_AA)
    apart = int(chance.integers(28, 45))
    for x in (160 - apart, 160 + apart):
        cv2.rectangle(canvas, (x - 6, 115), (x + 6, 160), (30, 30, 30), -1, cv2.LINE_AA)
    cv2.circle(canvas, (160, 205), int(chance.integers(12, 22)), (30, 30, 30), -1, cv2.LINE_AA)
    return _seen_by_a_camera(canvas, chance)


def front_of_a_car(chance: Generator) -> Pixels:
    """Two lamps, a grille, a windscreen."""
    canvas = np.full((SIDE, SIDE, 3), (120, 125, 120), np.uint8)
    paint = np.array(_colour(chance))
    cv2.rectangle(canvas, (50, 130), (270, 250), _times(paint, 1.0), -1)
    cv2.fillPoly(canvas, [np.array([[80, 130], [105, 60], [215, 60], [240, 130]])], _times(paint, 0.6))
    cv2.fillPoly(canvas, [np.array([[92, 125], [112, 70], [208, 70], [228, 125]])], (90, 80, 60))
    size = int(chance.integers(16, 26))
    for x in (85, 235):
        cv2.circle(canvas, (x, 170), size, (240, 245, 245), -1, cv2.LINE_AA)
        cv2.circle(canvas, (x, 170), size // 2, (160, 160, 150), -1, cv2.LINE_AA)
    for y in range(165, 215, int(chance.integers(7, 12))):
        cv2.line(canvas, (120, y), (200, y), (30, 30, 30), 3)
    cv2.rectangle(canvas, (115, 222), (205, 240), (220, 220, 220), -1)
    return _seen_by_a_camera(canvas, chance)


def stain(chance: Generator) -> Pixels:
    """A pale patch with three dark spots on a wall that is not clean."""
    wall = np.full((SIDE, SIDE), chance.uniform(40, 160))
    patch = int(chance.integers(70, 120)), int(chance.integers(90, 140))
    cv2.ellipse(wall, (160, 160), patch, 0, 0, 360, float(chance.uniform(120, 240)), -1)
    left, right, high = chance.integers(25, 50), chance.integers(25, 50), chance.integers(115, 150, 2)
    low = chance.integers(-12, 12), chance.integers(200, 235)
    for x, y in ((160 - left, high[0]), (160 + right, high[1]), (160 + low[0], low[1])):
        spot = int(chance.integers(8, 30)), int(chance.integers(5, 16))
        cv2.ellipse(wall, _point(x, y), spot, 0, 0, 360, float(chance.uniform(0, 90)), -1)
    soft = cv2.GaussianBlur(wall, (0, 0), float(chance.uniform(3, 9)))
    dirt = cv2.GaussianBlur(chance.normal(0, 60, (SIDE, SIDE)), (0, 0), float(chance.uniform(2, 7)))
    dirty = soft + dirt * chance.uniform(0, 6)
    return _seen_by_a_camera(dirty[..., np.newaxis] * chance.uniform(0.7, 1.2, 3), chance)


def dog(chance: Generator) -> Pixels:
    """Ears that hang, a long muzzle with a black nose, two dark eyes."""
    canvas = _meadow(chance)
    coat = np.array([chance.uniform(30, 120), chance.uniform(60, 160), chance.uniform(90, 200)])
    cv2.ellipse(canvas, (160, 150), (90, 100), 0, 0, 360, _times(coat, 1.0), -1, cv2.LINE_AA)
    for left in (-1, 1):
        ear = (160 + left * 95, int(chance.integers(130, 170)))
        cv2.ellipse(canvas, ear, (30, 80), left * -15, 0, 360, _times(coat, 0.6), -1, cv2.LINE_AA)
        eye = (160 + left * int(chance.integers(32, 44)), 130)
        cv2.circle(canvas, eye, int(chance.integers(9, 14)), (15, 20, 30), -1, cv2.LINE_AA)
    cv2.ellipse(canvas, (160, 205), (50, 60), 0, 0, 360, _times(coat, 1.15), -1, cv2.LINE_AA)
    cv2.ellipse(canvas, (160, 180), (24, 17), 0, 0, 360, (20, 20, 20), -1, cv2.LINE_AA)
    cv2.line(canvas, (160, 195), (160, 230), (30, 30, 30), 4, cv2.LINE_AA)
    return _seen_by_a_camera(cv2.GaussianBlur(canvas, (0, 0), 1.5), chance)


def landscape(chance: Generator) -> Pixels:
    """A sky, hills one behind the other, a sun."""
    down = np.linspace(0, 1, SIDE)[:, np.newaxis, np.newaxis]
    canvas = np.asarray((1 - down) * [230, 190, 150] + down * [200, 220, 240], np.float64).repeat(SIDE, axis=1)
    canvas = np.ascontiguousarray(canvas)
    cv2.circle(canvas, _point(*chance.integers(40, 280, 2) * [1, 0.4]), 22, (210, 245, 255), -1, cv2.LINE_AA)
    across = np.arange(SIDE)
    for level in (150, 190, 230):
        wave = level + 18 * np.sin(across / chance.uniform(20, 60) + chance.uniform(0, 6))
        outline = [*zip(across, wave, strict=True), (SIDE, SIDE), (0, SIDE)]
        cv2.fillPoly(canvas, [np.array(outline, np.int32)], _times(np.array([90, 150, 110]), 1.4 - level / 260))
    return _seen_by_a_camera(canvas, chance)


def plate(chance: Generator) -> Pixels:
    """A white plate with round and long pieces of food."""
    canvas = np.full((SIDE, SIDE, 3), _colour(chance), np.uint8)
    cv2.circle(canvas, (160, 160), 135, (235, 238, 240), -1, cv2.LINE_AA)
    cv2.circle(canvas, (160, 160), 95, (220, 224, 228), 3, cv2.LINE_AA)
    for _ in range(int(chance.integers(4, 9))):
        centre, size = _point(*chance.integers(95, 225, 2)), chance.integers(10, 38, 2).tolist()
        cv2.ellipse(canvas, centre, size, float(chance.uniform(0, 180)), 0, 360, _colour(chance), -1, cv2.LINE_AA)
    return _seen_by_a_camera(canvas, chance)


def totem(chance: Generator) -> Pixels:
    """A wooden post with deep round eyes, a block for a nose and a square mouth."""
    canvas = _meadow(chance)
    wood = np.array([60.0, 100.0, 140.0]) * chance.uniform(0.7, 1.3)
    cv2.rectangle(canvas, (85, 20), (235, 310), _times(wood, 1.0), -1)
    for x in range(95, 230, int(chance.integers(12, 22))):
        cv2.line(canvas, (x, 20), (x, 310), _times(wood, 0.75), 2, cv2.LINE_AA)
    apart = int(chance.integers(30, 44))
    for x in (160 - apart, 160 + apart):
        cv2.circle(canvas, (x, 120), int(chance.integers(14, 24)), _times(wood, 0.25), -1, cv2.LINE_AA)
    cv2.rectangle(canvas, (148, 135), (172, 195), _times(wood, 1.4), -1)
    cv2.rectangle(canvas, (115, 225), (205, int(chance.integers(245, 275))), _times(wood, 0.2), -1)
    return _seen_by_a_camera(canvas, chance)


def clouds(chance: Generator) -> Pixels:
    """Noise of all sizes, in which anything can be seen."""
    grain = (chance.normal(0, 1, (SIDE, SIDE, 3)) for _ in range(4))
    layers = [
        cv2.GaussianBlur(each, (0, 0), size) * size for each, size in zip(grain, (2, 5, 12, 30), strict=True)
    ]
    spread = np.sum(layers, axis=0) / np.std(np.sum(layers, axis=0))
    return np.asarray((128 + 50 * spread).clip(0, 255), np.uint8)


KINDS: dict[str, Callable[[Generator], Pixels]] = {
    "flower": flower,
    "waterfall": waterfall,
    "pumpkin": pumpkin,
    "cartoon": cartoon,
    "socket": socket,
    "front of a car": front_of_a_car,
    "clouds": clouds,
    "dog": dog,
    "landscape": landscape,
    "plate": plate,
    "totem": totem,
    "drawn portrait": drawn_portrait,
    "stain": stain,
}
TAKEN_FOR_FACES = ("drawn portrait", "stain")
"""The kinds that are found as faces, and alike (docs/robustness.md)."""


def _meadow(chance: Generator) -> Pixels:
    grass = cv2.GaussianBlur(chance.normal(0, 60, (SIDE, SIDE)), (0, 0), sigmaX=1, sigmaY=5) * 3 + 90
    return np.asarray((grass[..., np.newaxis] * [0.4, 0.9, 0.5]).clip(0, 255), np.uint8)


def _seen_by_a_camera(pixels: NDArray[Any], chance: Generator) -> Pixels:
    """Lit from one side, with a little noise."""
    light = np.linspace(chance.uniform(0.6, 1.0), chance.uniform(0.6, 1.0), SIDE)[np.newaxis, :, np.newaxis]
    return np.asarray((pixels * light + chance.normal(0, 4, (SIDE, SIDE, 3))).clip(0, 255), np.uint8)


def _colour(chance: Generator) -> tuple[float, float, float]:
    blue, green, red = chance.uniform(60, 240, 3).tolist()
    return blue, green, red


def _times(colour: NDArray[np.floating], factor: float) -> tuple[float, float, float]:
    blue, green, red = (colour * factor).clip(0, 255).tolist()
    return blue, green, red


def _point(x: SupportsFloat, y: SupportsFloat) -> tuple[int, int]:
    return round(float(x)), round(float(y))
