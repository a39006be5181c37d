"""Where a head is turned: the mean of two FSA-Nets.

FSA-Net: T.-Y. Yang et al., "FSA-Net: Learning Fine-Grained Structure Aggregation for Head Pose Estimation From a
Single Image", CVPR 2019.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.types import Box, Pose
from visavis.vision.decode import DecodedPicture
from visavis.vision.session import Network

_SIDE = 64
_CONTEXT = 0.6
"""What the nets want to see around a face box on each side, in parts of its width and height."""
_SIGNS = np.array([-1.0, 1.0, 1.0])
"""The nets' own yaw grows towards the left edge of the picture."""


class PoseEstimator:
    """Estimates head angles. Thread-safe."""

    def __init__(self, networks: Sequence[bytes]) -> None:
        """Raises SetupError if the bytes are no networks."""
        self._networks = [Network(network) for network in networks]

    def estimate(self, picture: DecodedPicture, boxes: Sequence[Box]) -> list[Pose]:
        """Head angles in degrees, one pose for each face box.

        yaw > 0: the face looks towards the right edge of the picture; pitch > 0: it looks up; roll > 0: the head
        is turned clockwise, as seen in the picture. A face that looks straight into the camera has three angles
        near 0 (its pitch tends to come out some degrees low).
        """
        if not boxes:
            return []
        crops = np.stack([_crop(picture, box) for box in boxes])
        angles = np.mean([next(iter(network.run(crops).values())) for network in self._networks], axis=0) * _SIGNS
        return [Pose(float(yaw), float(pitch), float(roll)) for yaw, pitch, roll in angles]


def _crop(picture: DecodedPicture, box: Box) -> NDArray[np.float32]:
    """The face with its surroundings, as far as the picture has them, contrast stretched to 0-255; (64, 64, 3)."""
    across, down = _CONTEXT * box.width, _CONTEXT * box.height
    area = Box(box.x0 - across, box.y0 - down, box.x1 + across, box.y1 + down).clipped(picture.size)
    part = picture.pixels[int(area.y0) : int(area.y1), int(area.x0) : int(area.x1)]
    small = cv2.resize(part, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    darkest, brightest = small.min(), small.max()
    return np.asarray((small - darkest) * (255 / max(brightest - darkest, 1)), np.float32)
