"""Estimates head pose with three FSA-Nets, on the upright head and its mirror image.

FSA-Net: T.-Y. Yang et al., "FSA-Net: Learning Fine-Grained Structure Aggregation for Head Pose Estimation From a
Single Image", CVPR 2019. What was tried and what it brought: docs/decisions/0018, 0088.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.types import DetectedFace, Pose
from visavis.vision.align import crop
from visavis.vision.decode import DecodedPicture
from visavis.vision.geometry import tilt_of, upright_transform
from visavis.vision.session import Network

_SIDE = 64
_CUT_SIDE = 3 * _SIDE
_ACROSS, _DOWN = 2.2, 1.66
"""What the nets see, in widths and heights of the face box. They were trained on 2.2 times the box of 68
landmarks, which begins at the eyebrows; the detector's box is as wide, but begins at the hair: 3/4 of its height
is theirs.
"""
_NET_SIGNS = np.array([-1.0, 1.0, 1.0])
"""The nets' own yaw grows towards the left edge of the picture."""
_MIRROR_SIGNS = np.array([-1.0, 1.0, -1.0])
_TURNED = 20.0
"""Degrees of any angle from which on all nets are asked: decisions lie beyond. One net alone is 0.6, 0.8 and 0.4
degrees off the mean of all (yaw, pitch, roll; 610 faces, docs/decisions/0088)."""


class PoseEstimator:
    """Estimates head angles. Thread-safe."""

    def __init__(self, networks: Sequence[bytes]) -> None:
        """Raises SetupError if the bytes are no networks."""
        self._networks = [Network(network) for network in networks]

    def estimate(self, picture: DecodedPicture, faces: Sequence[DetectedFace]) -> list[Pose]:
        """Head angles in degrees, one pose for each face of the picture.

        yaw > 0: the face looks towards the right edge of the picture; pitch > 0: it looks up; roll > 0: the head
        is turned clockwise, as seen in the picture. A face that looks straight into the camera has three angles
        near 0 (its pitch tends to come out some degrees low). The nets know heads that are nearly upright, so
        each is first turned upright by its landmarks, and its pose turned back afterwards.
        """
        if not faces:
            return []
        tilts = [tilt_of(face.landmarks.as_array()) for face in faces]
        heads = np.stack([_upright_head(picture, face, tilt) for face, tilt in zip(faces, tilts, strict=True)])
        return [_turned(head, tilt) for head, tilt in zip(self._angles(heads), tilts, strict=True)]

    def _angles(self, heads: NDArray[np.float32]) -> NDArray[np.float64]:
        """Yaw, pitch and roll in degrees, shape (n, 3): the mean of all nets for heads that are turned."""
        first, *others = self._networks
        angles = _seen_by(first, heads)
        turned = (np.abs(angles) > _TURNED).any(axis=1)
        if turned.any():
            seen = [angles[turned], *(_seen_by(network, heads[turned]) for network in others)]
            angles[turned] = np.mean(seen, axis=0)
        return angles


def _seen_by(network: Network, heads: NDArray[np.float32]) -> NDArray[np.float64]:
    """A net's mean of yaw, pitch and roll in degrees for heads and their mirror images, shape (n, 3)."""
    [angles] = network.run(np.concatenate([heads, heads[:, :, ::-1]])).values()
    straight, mirrored = angles.reshape(2, -1, 3)
    return np.asarray((straight + mirrored * _MIRROR_SIGNS) / 2 * _NET_SIGNS, np.float64)


def _upright_head(picture: DecodedPicture, face: DetectedFace, tilt: float) -> NDArray[np.float32]:
    """The face with its surroundings, turned upright, contrast stretched to 0-255; (64, 64, 3).

    Black where the picture ends: to stretch what is left of a tightly cut face would make another pose of it.
    """
    box = face.box
    width, height = _ACROSS * box.width, _DOWN * box.height
    scale = _CUT_SIDE / max(width, height)
    centre = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    cut = crop(picture, upright_transform(centre, tilt, scale, _CUT_SIDE), _CUT_SIDE)
    across, down = (round((_CUT_SIDE - scale * length) / 2) for length in (width, height))
    part = cut[down : _CUT_SIDE - down, across : _CUT_SIDE - across]
    small = cv2.resize(part, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    darkest, brightest = small.min(), small.max()
    return np.asarray((small - darkest) * (255 / max(brightest - darkest, 1)), np.float32)


def _turned(angles: NDArray[np.float64], tilt: float) -> Pose:
    """The pose of a head with these angles in degrees (yaw, pitch, roll) when the picture is turned by `tilt`.

    As in 300W-LP, which the nets learned from, a head rolls first, then turns left or right, then nods: with x to
    the right, y down and z into the picture, its rotation is Rx(-pitch) Ry(-yaw) Rz(roll).
    """
    yaw, pitch, roll = np.radians(angles)
    rotation = _rotation(2, tilt) @ _rotation(0, -pitch) @ _rotation(1, -yaw) @ _rotation(2, roll)
    turned = (
        -math.asin(np.clip(rotation[0, 2], -1, 1)),
        math.atan2(rotation[1, 2], rotation[2, 2]),
        math.atan2(-rotation[0, 1], rotation[0, 0]),
    )
    return Pose(*map(math.degrees, turned))


def _rotation(axis: int, angle: float) -> NDArray[np.float64]:
    """The right-handed rotation about an axis, in radians, shape (3, 3)."""
    first, second = [(1, 2), (2, 0), (0, 1)][axis]
    matrix = np.eye(3)
    matrix[first, first] = matrix[second, second] = math.cos(angle)
    matrix[first, second], matrix[second, first] = -math.sin(angle), math.sin(angle)
    return matrix
