"""Embeddings of people who were never photographed."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from visavis.types import Embedding


def embeddings_of(people: NDArray[np.int64], seed: int, spread: float = 0.5, dimension: int = 16) -> Embedding:
    """A unit vector for each entry of `people`, near those of the same person."""
    generator = np.random.default_rng(seed)
    centres = generator.standard_normal((int(people.max()) + 1, dimension))
    vectors = centres[people] + spread * generator.standard_normal((len(people), dimension))
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


@st.composite
def groups_of_people(draw: st.DrawFn) -> tuple[Embedding, NDArray[np.int64]]:
    """2-30 faces of 1-8 people in any order: embeddings and the person in each."""
    people = draw(st.lists(st.integers(0, 7), min_size=2, max_size=30))
    _, numbers = np.unique(people, return_inverse=True)
    return embeddings_of(numbers.astype(np.int64), draw(st.integers(0, 1000))), numbers.astype(np.int64)
