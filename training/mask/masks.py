"""Masks to draw: surgical, cloth, cup and printed ones, scarves over the nose."""

from __future__ import annotations

import cv2
import numpy as np
from canvas import (
    SCALE,
    SIDE,
    Face,
    Layer,
    Point,
    Random,
    blend,
    colour,
    filled,
    shaded,
    smooth,
    stroked,
    texture,
)


def _outline(rng: Random, face: Face) -> list[Point]:
    """The edge of a mask from the bridge of the nose to below the chin, with every proportion varied."""
    top, chin = rng.uniform(54, 69), rng.uniform(112, 126)
    side_top, side_low = rng.uniform(60, 76), rng.uniform(88, 106)
    width, jaw = rng.uniform(30, 42), rng.uniform(16, 32)
    points = [(0, top), (rng.uniform(8, 14), top + rng.uniform(1, 7)), (width, side_top), (width, side_low)]
    points += [(jaw, chin - rng.uniform(1, 8)), (rng.uniform(4, 12), chin)]
    mirrored = [(-x, y) for x, y in points[:0:-1]]
    return [face.at(x + rng.normal(0, 0.7), y + rng.normal(0, 0.7)) for x, y in points + mirrored]


def _loops(rng: Random, face: Face, outline: list[Point], canvas: Layer) -> Layer:
    left, right = min(outline), max(outline)
    shade = colour(rng) if rng.random() < 0.3 else np.full(3, rng.choice([20.0, 235.0]), np.float32)
    width = rng.uniform(0.6, 2.0)
    for edge, ear in ((left, face.at(-50, 62)), (right, face.at(50, 62))):
        for drop in (0.0, rng.uniform(14, 30)):
            loop = stroked([(edge[0], edge[1] - 3 + drop), (ear[0], ear[1] + drop * 0.3)], width)
            canvas = blend(canvas, np.tile(shade, (SIDE, SIDE, 1)), loop)
    return canvas


def _details(rng: Random, face: Face, cloth: Layer) -> Layer:
    """Pleats, a seam, a nose wire, a valve: lines and discs that real masks carry."""
    if rng.random() < 0.45:
        for y in np.arange(rng.uniform(72, 80), 112, rng.uniform(5, 12)):
            pleat = stroked([face.at(x, y + 4 * np.cos(x / 25)) for x in range(-40, 41, 8)], rng.uniform(0.5, 1.4))
            cloth = cloth * (1 - rng.uniform(0.08, 0.35) * cv2.GaussianBlur(pleat, (0, 0), 2)[:, :, None])
    if rng.random() < 0.35:
        seam = stroked([face.at(0, y) for y in range(55, 125, 6)], rng.uniform(0.5, 1.2))
        cloth = cloth * (1 - rng.uniform(-0.2, 0.4) * cv2.GaussianBlur(seam, (0, 0), 2)[:, :, None])
    if rng.random() < 0.15:
        x, y = face.at(rng.choice([-1, 1]) * rng.uniform(0, 24), rng.uniform(82, 100))
        radius = rng.uniform(4, 8)
        ring = [(x + radius * np.cos(t), y + radius * np.sin(t)) for t in np.linspace(0, 2 * np.pi, 24)]
        cloth = blend(cloth, np.tile(colour(rng), (SIDE, SIDE, 1)), filled(ring) * rng.uniform(0.6, 1))
    return cloth


def mask(rng: Random, face: Face, canvas: Layer) -> Layer:
    """Surgical, cloth, cup and printed masks over nose, mouth and chin."""
    outline = _outline(rng, face)
    edge = smooth(outline) if rng.random() < 0.8 else outline
    if rng.random() < 0.75:
        canvas = _loops(rng, face, outline, canvas)
    cloth = shaded(rng, _details(rng, face, texture(rng, face)), face)
    alpha = filled(edge, rng.uniform(0.2, 0.8))
    canvas = canvas * (1 - 0.3 * rng.random() * cv2.GaussianBlur(alpha, (0, 0), 3 * SCALE)[:, :, None])
    return blend(canvas, cloth, alpha * rng.uniform(0.95, 1))


def gaiter(rng: Random, face: Face, canvas: Layer) -> Layer:
    """A scarf or bandana drawn over the nose: worn as a mask."""
    top, tip = rng.uniform(56, 70), rng.uniform(135, 165)
    low = rng.uniform(0, 45)
    points = [(0, top), (20, top + 4), (46, top + rng.uniform(0, 8)), (48, 105), (low, tip), (0, tip)]
    outline = [face.at(x, y) for x, y in points + [(-x, y) for x, y in points[:0:-1]]]
    cloth = shaded(rng, texture(rng, face, (3, 1, 3, 1, 2, 3, 1)), face)
    return blend(canvas, cloth, filled(smooth(outline), rng.uniform(0.3, 1)))
