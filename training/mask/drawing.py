"""Masks, and things that are no masks, drawn onto the faces of pictures."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import cv2
import numpy as np
from canvas import ORIGIN, SCALE, SIDE, Face, Layer, Random
from faces import Image, Points, to_template
from masks import gaiter, mask
from obstacles import beard, blindfold, hand, hat, hijab, microphone, scarf, sunglasses, thing

Drawing: TypeAlias = Callable[[Random, Face, Layer], Layer]
MASKS: tuple[tuple[Drawing, float], ...] = ((mask, 0.87), (gaiter, 0.13))
OBSTACLES: tuple[tuple[Drawing, float], ...] = (
    (scarf, 0.19),
    (beard, 0.20),
    (sunglasses, 0.12),
    (hand, 0.16),
    (microphone, 0.09),
    (thing, 0.10),
    (hijab, 0.06),
    (hat, 0.03),
    (blindfold, 0.05),
)
COMPANIONS: tuple[tuple[Drawing, float], ...] = ((sunglasses, 0.5), (hat, 0.25), (hijab, 0.25))


def _pick(rng: Random, choices: tuple[tuple[Drawing, float], ...]) -> Drawing:
    weights = np.array([weight for _, weight in choices])
    return choices[rng.choice(len(choices), p=weights / weights.sum())][0]


def draw(
    rng: Random, picture: Image, points: Points, donor: Image, *, masked: bool, kind: Drawing | None = None
) -> tuple[Image, str]:
    """The picture with a mask, or with something that is no mask, drawn onto its face; and what was drawn.

    `donor` is another picture, for printed masks; `kind` fixes what is drawn, else chance decides.
    """
    transform = to_template(points)
    placed = points @ transform[:, :2].T + transform[:, 2]
    transform[:, 2] += ORIGIN
    transform *= SCALE
    canvas = cv2.warpAffine(picture, transform, (SIDE, SIDE)).astype(np.float32)
    cheeks = canvas[(68 + ORIGIN) * SCALE : (78 + ORIGIN) * SCALE, (30 + ORIGIN) * SCALE : (82 + ORIGIN) * SCALE]
    face = Face(placed, np.median(cheeks.reshape(-1, 3), axis=0), donor)
    chosen = kind or _pick(rng, MASKS if masked else OBSTACLES)
    drawn = chosen(rng, face, canvas)
    if rng.random() < (0.3 if masked else 0.15):
        drawn = _pick(rng, COMPANIONS)(rng, face, drawn)
    changed = (np.abs(drawn - canvas).max(axis=2) > 2).astype(np.float32)
    height, width = picture.shape[:2]
    # The canvas is finer than most pictures: what is carried back is smoothed first, as a lens would.
    blur = max(0.4, 0.35 * float(np.hypot(transform[0, 0], transform[1, 0])))
    back = cv2.invertAffineTransform(transform)
    cloth = cv2.warpAffine(cv2.GaussianBlur(np.clip(drawn, 0, 255), (0, 0), blur), back, (width, height))
    alpha = cv2.warpAffine(cv2.GaussianBlur(changed, (0, 0), blur), back, (width, height))[:, :, None]
    return np.clip(cloth * alpha + picture * (1 - alpha), 0, 255).astype(np.uint8), chosen.__name__
