"""Who is who among pictures without names: groups that a split must not tear apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from dataset import Sample
from faces import MARGIN, SIDE, Image

from visavis.types import Embedding
from visavis.vision.session import Network

SAME_PERSON = 0.55
SAME_MASKED = 0.70
"""Cosines of SFace. Masked faces resemble one another by their masks, so there only near-duplicates are joined."""


def grouped(samples: list[Sample], sface: Network) -> list[Sample]:
    """The same samples; those of unnamed people get the name of their group (single linkage over embeddings)."""
    unnamed = [sample for sample in samples if sample.kind == "photo" and sample.source != "people"]
    inside = slice(MARGIN, MARGIN + SIDE)
    embeddings = np.concatenate([_embedding(sface, one.crops[0][inside, inside]) for one in unnamed])
    masked = np.array([sample.masked for sample in unnamed])
    names = dict(zip([one.group for one in unnamed], _linked(embeddings, masked), strict=True))
    return [replace(one, group=f"group {names[one.group]}") if one.group in names else one for one in samples]


def _embedding(sface: Network, crop: Image) -> Embedding:
    """The bare output, which the limits above are for; shape (1, 128)."""
    rgb = crop[np.newaxis, :, :, ::-1].transpose(0, 3, 1, 2)
    (vector,) = sface.run(np.ascontiguousarray(rgb, np.float32)).values()
    return vector / np.linalg.norm(vector)


def _linked(embeddings: Embedding, masked: np.ndarray) -> list[int]:
    """The smallest index of each picture's group."""
    cosines = embeddings @ embeddings.T
    limit = np.where(masked[:, None] & masked[None, :], SAME_MASKED, SAME_PERSON)
    root = list(range(len(embeddings)))

    def find(index: int) -> int:
        while root[index] != index:
            root[index] = root[root[index]]
            index = root[index]
        return index

    for first, second in zip(*np.nonzero(np.triu(cosines > limit, 1)), strict=True):
        one, two = sorted((find(int(first)), find(int(second))))
        root[two] = one
    return [find(index) for index in range(len(embeddings))]
