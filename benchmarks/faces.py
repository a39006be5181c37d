"""Embeddings that lie as those of real faces do, of people who do not exist.

A person is a point, a picture of them that point plus noise. The directions of both have the spectrum of a trained
network, not that of white noise: cosines between people spread as if there were fewer dimensions than there are.
That is what makes the nearest neighbours of a face hard to find by an approximate index.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.report import Figure
from visavis.types import Embedding

EFFECTIVE_DIMENSIONS = {128: 74, 512: 185}
"""So that 1 in 1,000 pairs of strangers has a cosine above 0.36 (SFace, 128-d, as it comes) or 0.23 (an ArcFace
network of 512-d), which is what was measured on pictures of LFW."""

_OWN_SHARE = (6.0, 4.0)
"""Parameters of the Beta distribution of the share of the person in a picture's variance: mean 0.6. The rest is
pose, light and blur."""

_BLOCK = 8192


@dataclass(frozen=True, slots=True)
class Crowd:
    """`gallery` holds `samples` pictures of each person in random order; `person[i]` is who is in picture i.

    `probes` are other pictures of people in the gallery, `probe_person[i]` is who is in probe i.
    """

    gallery: Embedding
    person: NDArray[np.intp]
    probes: Embedding
    probe_person: NDArray[np.intp]

    def described(self) -> dict[str, Figure]:
        """What the cosines of this very crowd are."""
        rng = np.random.default_rng(0)
        genuine = np.concatenate(
            [
                self.gallery[self.person == who] @ probe
                for who, probe in zip(self.probe_person, self.probes, strict=True)
            ]
        )
        left, right = rng.integers(0, len(self.gallery), (2, 20_000))
        strangers = self.person[left] != self.person[right]
        impostor = np.einsum("ij,ij->i", self.gallery[left[strangers]], self.gallery[right[strangers]])
        return {
            "faces": len(self.gallery),
            "dimensions": self.gallery.shape[1],
            "people": int(self.person.max()) + 1,
            "genuine_cosine_mean": float(genuine.mean()),
            "genuine_cosine_5th_percentile": float(np.quantile(genuine, 0.05)),
            "impostor_cosine_mean": float(impostor.mean()),
            "impostor_cosine_deviation": float(impostor.std()),
            "impostor_cosine_1_in_1000": float(np.quantile(impostor, 0.999)),
        }


def crowd(faces: int, dimensions: int, probes: int, samples: int = 4, seed: int = 5) -> Crowd:
    """`faces` pictures in the gallery, shape (faces, dimensions), of faces / samples people, and `probes` more."""
    rng = np.random.default_rng(seed)
    people = max(faces // samples, 1)
    directions = _directions(dimensions, rng)
    points = _normal(rng, people, directions)
    person = rng.permutation(np.arange(faces) % people)
    probe_person = rng.integers(0, people, probes)
    return Crowd(
        _pictures(points, person, directions, rng),
        person,
        _pictures(points, probe_person, directions, rng),
        probe_person,
    )


def _directions(dimensions: int, rng: np.random.Generator) -> Embedding:
    """A matrix that turns white noise into noise of the spectrum, of variance 1 in all, in random directions."""
    decay = _decay(dimensions, EFFECTIVE_DIMENSIONS.get(dimensions, dimensions * 0.5))
    variances = np.exp(-np.arange(dimensions) / decay)
    rotation, _ = np.linalg.qr(rng.standard_normal((dimensions, dimensions)))
    directions: Embedding = (np.sqrt(variances / variances.sum())[:, None] * rotation).astype(np.float32)
    return directions


def _decay(dimensions: int, effective: float) -> float:
    """The decay at which (sum of variances)^2 / sum of their squares, the effective dimensions, is `effective`."""
    low, high = 1.0, 1e4
    for _ in range(60):
        decay = (low + high) / 2
        variances = np.exp(-np.arange(dimensions) / decay)
        low, high = (decay, high) if variances.sum() ** 2 / (variances**2).sum() < effective else (low, decay)
    return decay


def _pictures(
    points: Embedding, person: NDArray[np.intp], directions: Embedding, rng: np.random.Generator
) -> Embedding:
    """A picture of each of `person`: unit vectors, shape (len(person), d)."""
    pictures = _normal(rng, len(person), directions)
    share = rng.beta(*_OWN_SHARE, len(person)).astype(np.float32)[:, None]
    for start in range(0, len(person), _BLOCK):
        block = slice(start, start + _BLOCK)
        mixed = np.sqrt(share[block]) * points[person[block]] + np.sqrt(1 - share[block]) * pictures[block]
        pictures[block] = mixed / np.linalg.norm(mixed, axis=1, keepdims=True)
    return pictures


def _normal(rng: np.random.Generator, count: int, directions: Embedding) -> Embedding:
    drawn = np.empty((count, len(directions)), np.float32)
    for start in range(0, count, _BLOCK):
        block = drawn[start : start + _BLOCK]
        block[:] = rng.standard_normal(block.shape, np.float32) @ directions
    return drawn
