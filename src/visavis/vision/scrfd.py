"""Finds landmarks with SCRFD, for faces that have been detected already.

SCRFD: J. Guo et al., "Sample and Computation Redistribution for Efficient Face Detection", ICLR 2022.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple

import numpy as np
from numpy.typing import NDArray

from visavis.types import DetectedFace, Landmarks
from visavis.vision.align import crop
from visavis.vision.decode import DecodedPicture, Pixels
from visavis.vision.geometry import FaceCrop, Faces
from visavis.vision.prepared import Edits
from visavis.vision.session import Network

_CROP = FaceCrop(side=192, spread=1.7)
_STRIDES = (8, 16, 32)
_ANCHORS = 2
"""Number of anchors for each cell of a grid."""
_SCORE = 0.3


SCRFD_EDITS = Edits(dynamic_axes=(0, 2, 3))


class LandmarkFinder:
    """Finds landmarks again. Thread-safe."""

    def __init__(self, scrfd: bytes) -> None:
        """Raises SetupError if the bytes are no network."""
        self._network = Network(scrfd, SCRFD_EDITS.dynamic_axes)

    def find(self, picture: DecodedPicture, faces: Sequence[DetectedFace]) -> list[Landmarks]:
        """The landmarks of each face; the given ones if SCRFD finds no face.

        Every face gets a crop of its own and that crop's mirror image; the mean of both counts.
        """
        if not faces:
            return []
        transforms = [_CROP.transform(astuple(face.box)) for face in faces]
        crops = np.stack([crop(picture, transform, _CROP.side) for transform in transforms])
        seen = self._run(np.concatenate([crops, crops[:, :, ::-1]]))
        found = []
        for face, transform, straight, mirrored in zip(
            faces, transforms, seen[: len(crops)], seen[len(crops) :], strict=True
        ):
            there = np.concatenate([_CROP.central(straight), _CROP.unmirrored(_CROP.central(mirrored))])
            found.append(_in_picture(there.mean(axis=0), transform) if len(there) else face.landmarks)
        return found

    def _run(self, batch: Pixels) -> list[Faces]:
        """The candidates in each picture of a batch (n, side, side, 3), BGR."""
        rgb = (batch[..., ::-1].transpose(0, 3, 1, 2) - np.float32(127.5)) / np.float32(128)
        outputs = self._network.run(np.ascontiguousarray(rgb, np.float32))
        return [
            np.concatenate([_decoded(outputs, index, stride) for stride in _STRIDES])
            for index in range(len(batch))
        ]


def _decoded(outputs: Mapping[str, NDArray[np.float32]], index: int, stride: int) -> Faces:
    """The candidates on one grid: distances from the anchor to the sides and to the landmarks, in cells."""
    scores = outputs[f"score_{stride}"][index, :, 0]
    likely = np.flatnonzero(scores >= _SCORE)
    cells, columns = likely // _ANCHORS, _CROP.side // stride
    anchors = np.stack([cells % columns, cells // columns], axis=1).astype(np.float32) * stride
    sides = outputs[f"bbox_{stride}"][index, likely] * stride
    points = outputs[f"kps_{stride}"][index, likely].reshape(-1, 5, 2) * stride + anchors[:, np.newaxis]
    return np.hstack(
        [scores[likely, np.newaxis], anchors - sides[:, :2], anchors + sides[:, 2:], points.reshape(-1, 10)]
    )


def _in_picture(face: NDArray[np.float32], transform: NDArray[np.float64]) -> Landmarks:
    points = (face[5:].reshape(5, 2) - transform[:, 2]) / transform[0, 0]
    return Landmarks(*((float(x), float(y)) for x, y in points))
