"""Aligned faces to embeddings: SFace.

SFace: Y. Zhong et al., "SFace: Sigmoid-Constrained Hypersphere Loss for Robust Face Recognition", TIP 2021.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from visavis.types import Embedding
from visavis.vision.align import SIDE
from visavis.vision.decode import Pixels
from visavis.vision.session import Network


class Embedder:
    """One recognition network. Thread-safe."""

    def __init__(self, network: bytes, mean: Sequence[float]) -> None:
        """`mean`, shape (d,), is the embedding of nobody in particular: the mean of many people's.

        Raises SetupError if the bytes are no network.
        """
        self._network = Network(network, dynamic_axes=(0,))
        self._mean = np.array(mean, np.float32)

    def embed(self, crops: Sequence[Pixels]) -> Embedding:
        """One unit vector for each aligned crop (112, 112, 3): shape (n, d), float32.

        What all faces have in common tells nobody apart, so it is subtracted (docs/decisions/0011).
        """
        if not crops:
            return np.empty((0, len(self._mean)), np.float32)
        rgb = np.stack(crops).reshape(-1, SIDE, SIDE, 3)[..., ::-1].transpose(0, 3, 1, 2)
        (raw,) = self._network.run(np.ascontiguousarray(rgb, np.float32)).values()
        return _unit(_unit(raw) - self._mean)


def _unit(vectors: NDArray[np.float32]) -> Embedding:
    """Every row at length 1."""
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)
