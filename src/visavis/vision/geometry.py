"""Boxes, landmarks and the transforms between a picture and a crop. Pure arithmetic, no pixels."""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from visavis.vision.models import ARCFACE

Faces: TypeAlias = NDArray[np.float32]
"""Shape (n, 15): score, box x0 y0 x1 y1, five landmarks x y; in pixels, in the order of `Landmarks`."""

SAME_FACE_IOU = 0.3
"""Boxes that overlap by this much are of one face."""
_AGREEING_IOU = 0.5
_MIRRORED_POINTS = (1, 0, 2, 4, 3)
_ONE_POINT = 1e-100
"""Points no further apart than this, in square pixels, are one: their quotient would overflow."""


@dataclass(frozen=True, slots=True)
class FaceCrop:
    """A square crop with one face in its middle, from which that face is measured anew."""

    side: int
    """Pixels."""
    spread: float
    """Side of the crop, in parts of the longer side of the face box."""

    def transform(self, box: ArrayLike, tilt: float = 0.0) -> NDArray[np.float64]:
        """The similarity, shape (2, 3), from the picture to the crop of a face with this tilt, upright there.

        `box`: x0 y0 x1 y1 in pixels of the picture, shape (4,); `tilt` in radians, clockwise.
        """
        x0, y0, x1, y1 = np.asarray(box, np.float64)
        scale = self.side / (self.spread * max(x1 - x0, y1 - y0))
        return upright_transform(((x0 + x1) / 2, (y0 + y1) / 2), tilt, scale, self.side)

    def central(self, faces: Faces) -> Faces:
        """The face, shape (0, 15) or (1, 15), that fills the middle of the crop: the one that it was made for.

        `faces` are all candidates in the crop, not yet suppressed. Box and landmarks are the mean, weighted by
        score, of those that agree with the best one. Each candidate errs in its own way, which depends on where
        the face lies on the network's grids; the mean errs half as much.
        """
        low, high = self.side * (1 - 1 / self.spread) / 2, self.side * (1 + 1 / self.spread) / 2
        there = faces[iou(np.array([low, low, high, high], np.float32), faces[:, 1:5]) >= SAME_FACE_IOU]
        if not len(there):
            return there
        best = there[there[:, 0].argmax()]
        agreeing = there[iou(best[1:5], there[:, 1:5]) >= _AGREEING_IOU]
        mean = (agreeing * agreeing[:, :1]).sum(axis=0) / agreeing[:, 0].sum()
        mean[0] = best[0]
        return np.asarray(mean[np.newaxis])

    def unmirrored(self, faces: Faces) -> Faces:
        """Faces in the mirrored crop, as they lie in the crop."""
        flipped = faces.copy()
        flipped[:, [1, 3]] = self.side - faces[:, [3, 1]]
        points = faces[:, 5:].reshape(-1, 5, 2)[:, _MIRRORED_POINTS]
        points[:, :, 0] = self.side - points[:, :, 0]
        flipped[:, 5:] = points.reshape(-1, 10)
        return flipped


def iou(box: NDArray[np.float32], boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Intersection over union of one box with others, 0-1, shape (n,); x0 y0 x1 y1, shapes (4,) and (n, 4)."""
    overlap = np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])
    intersection = overlap.clip(0).prod(axis=1)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    return np.asarray(intersection / (areas + (box[2:] - box[:2]).prod() - intersection), np.float32)


def tilt_of(landmarks: NDArray[np.float32]) -> float:
    """By how much a face is turned clockwise in the picture, in radians, as all five landmarks have it.

    `landmarks`: in pixels, shape (5, 2) or (10,).
    """
    return -cmath.phase(_turn(_centred(landmarks.reshape(5, 2))[1], _UPRIGHT))


def upright_transform(centre: ArrayLike, tilt: float, scale: float, side: int) -> NDArray[np.float64]:
    """The similarity, shape (2, 3), that brings `centre` to the middle of a square of `side` px.

    `centre`: x y, shape (2,). The picture is turned back by `tilt`, radians clockwise, and grows by `scale`.
    """
    linear = scale * np.array([[math.cos(tilt), math.sin(tilt)], [-math.sin(tilt), math.cos(tilt)]])
    return np.column_stack([linear, side / 2 - linear @ np.asarray(centre, np.float64)])


def similarity_transform(source: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rotation, scale and shift, shape (2, 3), that brings `source` nearest to `target` in least squares.

    Both have shape (n, 2). Umeyama, "Least-squares estimation of transformation parameters between two point
    patterns", PAMI 1991; in the plane, with points as complex numbers, the solution is one quotient.
    """
    source_mean, z = _centred(source)
    target_mean, w = _centred(target)
    turn = _turn(z, w)
    linear = np.array([[turn.real, -turn.imag], [turn.imag, turn.real]])
    return np.column_stack([linear, target_mean - linear @ source_mean])


def _centred(points: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.complex128]]:
    """The mean of points, (n, 2), and the points about it as complex numbers, (n,)."""
    there = np.asarray(points, np.float64)
    mean = there.sum(axis=0) / len(there)
    return mean, np.ascontiguousarray(there - mean).view(np.complex128)[:, 0]


def _turn(z: NDArray[np.complex128], w: NDArray[np.complex128]) -> complex:
    """What, multiplied with the centred points `z`, comes nearest to the centred points `w`."""
    spread = np.vdot(z, z).real
    return complex(np.vdot(z, w) / spread) if spread > _ONE_POINT else complex(1)


_UPRIGHT = _centred(ARCFACE.points)[1]
