"""Detects masks over mouth and nose, with a small network of our own; its model card has its error rates."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.vision.aligned import AlignedFace
from visavis.vision.decode import Pixels
from visavis.vision.session import Network

_THRESHOLD = 0.65
"""Where networks that were trained on one source of pictures miss 3 % of the masks of another, and take 1 % of its
bare faces for masked (docs/decisions/0018). Lower, and they miss fewer and take more.
"""
_SIDE = 64


class MaskClassifier:
    """Detects masked faces, by the mean of a face and its mirror image. Thread-safe."""

    def __init__(self, network: bytes) -> None:
        """Raises SetupError if the bytes are no network."""
        self._network = Network(network)

    def wear_masks(self, faces: Sequence[AlignedFace]) -> list[bool]:
        """One verdict for each face, which keeps it."""
        unknown = [face for face in faces if face.masked is None]
        for face, masked in zip(unknown, self.wears_mask([face.pixels for face in unknown]), strict=True):
            face.masked = masked
        return [face.masked is True for face in faces]

    def wears_mask(self, crops: Sequence[Pixels]) -> list[bool]:
        """One verdict for each aligned crop (112, 112, 3), BGR."""
        return [bool(probability >= _THRESHOLD) for probability in self.probabilities(crops)]

    def probabilities(self, crops: Sequence[Pixels]) -> NDArray[np.float32]:
        """How sure the network is of a mask in each aligned crop (112, 112, 3), BGR; shape (len(crops),), 0-1."""
        if not crops:
            return np.zeros(0, np.float32)
        batch = np.stack([network_input(crop) for crop in crops])
        (probabilities,) = self._network.run(np.concatenate([batch, batch[..., ::-1]])).values()
        return np.asarray(probabilities.reshape(2, -1).mean(axis=0), np.float32)


def network_input(crop: Pixels) -> NDArray[np.float32]:
    """The aligned crop without its hair and edges, BGR 0-255, shape (3, 64, 64)."""
    face = cv2.resize(crop[8:112, 4:108], (_SIDE, _SIDE), interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(face.transpose(2, 0, 1), np.float32)
