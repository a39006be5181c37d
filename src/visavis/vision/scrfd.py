"""Landmarks from SCRFD, for faces that have been found already.

SCRFD: J. Guo et al., "Sample and Computation Redistribution for Efficient Face Detection", ICLR 2022.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from visavis.types import Box, DetectedFace, Landmarks
from visavis.vision.align import crop
from visavis.vision.decode import DecodedPicture, Pixels
from visavis.vision.session import Network

_SIDE = 192
_SPREAD = 1.7
"""Side of the crop, in parts of the longer side of the face box."""
_STRIDES = (8, 16, 32)
_ANCHORS = 2
"""For each cell of a grid."""
_SCORE = 0.3
_SAME_FACE_IOU = 0.3
_AGREEING_IOU = 0.5
_MIRRORED_POINTS = (1, 0, 2, 4, 3)

_Points: TypeAlias = NDArray[np.float32]
"""Shape (5, 2)."""
_Faces: TypeAlias = NDArray[np.float32]
"""Shape (n, 15): score, box x0 y0 x1 y1, five landmarks x y."""


class LandmarkFinder:
    """Finds landmarks anew. Thread-safe."""

    def __init__(self, scrfd: bytes) -> None:
        """Raises SetupError if the bytes are no network."""
        self._network = Network(scrfd, dynamic_axes=(0, 2, 3))

    def find(self, picture: DecodedPicture, faces: Sequence[DetectedFace]) -> list[Landmarks]:
        """Those of each face; where SCRFD sees no face, those that it came with.

        Every face gets a crop of its own and that crop's mirror image; the mean of both counts.
        """
        if not faces:
            return []
        transforms = [_look_transform(face.box) for face in faces]
        looks = np.stack([crop(picture, transform, _SIDE) for transform in transforms])
        seen = self._run(np.concatenate([looks, looks[:, :, ::-1]]))
        found = []
        for face, transform, straight, mirrored in zip(
            faces, transforms, seen[: len(looks)], seen[len(looks) :], strict=True
        ):
            points = [_central(straight), _unmirrored(_central(mirrored))]
            there = [each for each in points if each is not None]
            found.append(_in_picture(np.mean(there, axis=0), transform) if there else face.landmarks)
        return found

    def _run(self, batch: Pixels) -> list[_Faces]:
        """The candidates in each picture of a batch (n, side, side, 3), BGR."""
        rgb = (batch[..., ::-1].transpose(0, 3, 1, 2) - np.float32(127.5)) / np.float32(128)
        outputs = self._network.run(np.ascontiguousarray(rgb, np.float32))
        return [
            np.concatenate([_decoded(outputs, index, stride) for stride in _STRIDES])
            for index in range(len(batch))
        ]


def _look_transform(box: Box) -> NDArray[np.float64]:
    """The shrinking or growing, shape (2, 3), that puts the face into the middle of a crop."""
    scale = _SIDE / (_SPREAD * max(box.x1 - box.x0, box.y1 - box.y0))
    shift_x, shift_y = _SIDE / 2 - scale * (box.x0 + box.x1) / 2, _SIDE / 2 - scale * (box.y0 + box.y1) / 2
    return np.array([[scale, 0, shift_x], [0, scale, shift_y]])


def _decoded(outputs: Mapping[str, NDArray[np.float32]], index: int, stride: int) -> _Faces:
    """The candidates on one grid: distances from the anchor to the sides and to the landmarks, in cells."""
    scores = outputs[f"score_{stride}"][index, :, 0]
    likely = np.flatnonzero(scores >= _SCORE)
    cells, columns = likely // _ANCHORS, _SIDE // stride
    anchors = np.stack([cells % columns, cells // columns], axis=1).astype(np.float32) * stride
    sides = outputs[f"bbox_{stride}"][index, likely] * stride
    points = outputs[f"kps_{stride}"][index, likely].reshape(-1, 5, 2) * stride + anchors[:, np.newaxis]
    return np.hstack(
        [scores[likely, np.newaxis], anchors - sides[:, :2], anchors + sides[:, 2:], points.reshape(-1, 10)]
    )


def _central(faces: _Faces) -> _Points | None:
    """The landmarks of the face that fills the middle of a crop, shape (5, 2): the one that it was made for.

    The mean, weighted by score, of all anchors that agree with the best one.
    """
    low, high = _SIDE * (1 - 1 / _SPREAD) / 2, _SIDE * (1 + 1 / _SPREAD) / 2
    there = faces[_iou(np.array([low, low, high, high], np.float32), faces) >= _SAME_FACE_IOU]
    if not len(there):
        return None
    agreeing = there[_iou(there[there[:, 0].argmax(), 1:5], there) >= _AGREEING_IOU]
    return np.asarray(np.average(agreeing[:, 5:], axis=0, weights=agreeing[:, 0]).reshape(5, 2), np.float32)


def _unmirrored(points: _Points | None) -> _Points | None:
    """Landmarks in a mirrored crop, as they lie in the crop."""
    if points is None:
        return None
    x, y = points[_MIRRORED_POINTS, :].T
    return np.stack([_SIDE - x, y], axis=1)


def _in_picture(points: NDArray[np.float32], transform: NDArray[np.float64]) -> Landmarks:
    return Landmarks(*((float(x), float(y)) for x, y in (points - transform[:, 2]) / transform[0, 0]))


def _iou(box: NDArray[np.float32], faces: _Faces) -> NDArray[np.float32]:
    """Intersection over union of a box (4,) with the boxes of faces; shape (n,)."""
    overlap = np.minimum(box[2:], faces[:, 3:5]) - np.maximum(box[:2], faces[:, 1:3])
    intersection = overlap.clip(0).prod(axis=1)
    areas = (faces[:, 3:5] - faces[:, 1:3]).prod(axis=1)
    return np.asarray(intersection / (areas + (box[2:] - box[:2]).prod() - intersection), np.float32)
