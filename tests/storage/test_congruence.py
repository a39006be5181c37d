"""The index with every kernel against brute force: random histories, and exactly the same answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from harness.storage.faces import unit_rows
from tests.properties import examples
from visavis.index import blocks, builder, scan
from visavis.index.kernels import Kernel, four_at_once, numpy_dots, one_by_one
from visavis.index.vector_index import Snapshot, VectorIndex
from visavis.types import Embedding

Faces = dict[int, Embedding]


@pytest.fixture(autouse=True, scope="module")
def _small_blocks() -> Iterator[None]:
    """So small that a short history fills some, and leaves some to be joined."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK_ROWS", 64)
        patch.setattr(builder, "BLOCK_ROWS", 64)
        patch.setattr(blocks, "_STEP_ROWS", 4)
        patch.setattr(builder, "_DEAD_ROWS", 4)
        patch.setattr(scan, "_FOLD", 3)
        patch.setattr(scan, "_FEW", 2)
        yield


def _exact(faces: Faces, probe: Embedding) -> dict[int, float]:
    wide = probe.astype(np.float64)
    return {sequence: float((row * wide).sum()) for sequence, row in faces.items()}


def _best(cosines: dict[int, float], k: int, least: float, exclude: int | None) -> list[tuple[int, float]]:
    matches = [(s, cosine) for s, cosine in cosines.items() if cosine >= least and s != exclude]
    return sorted(matches, key=lambda match: (-match[1], -match[0]))[:k]


def _pool(width: int, seed: int) -> Embedding:
    """Rows of all kinds: strangers, twins that float32 can hardly tell apart, opposites, one-hot, constant."""
    strangers = unit_rows(10, width, seed)
    twins = strangers[:1] + unit_rows(6, width, seed + 1) * np.float32(1e-7)
    near = strangers[1:2] + unit_rows(6, width, seed + 2) * np.float32(0.02)
    odd = np.eye(width, dtype=np.float32)[:2]
    constant = np.ones((1, width), np.float32)
    rows = np.concatenate([strangers, twins, near, -strangers[:2], odd, constant])
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


seeds = st.integers(0, 1000)


class Histories(RuleBasedStateMachine):
    """A group through adds, deletions, evictions and searches; readers keep old snapshots meanwhile."""

    choose_kernel: Callable[[], Kernel | None]

    @initialize(width=st.sampled_from([1, 2, 3, 16, 130]), count=st.integers(0, 200), seed=seeds)
    def begin(self, width: int, count: int, seed: int) -> None:
        self.index = VectorIndex(self.choose_kernel)
        self.pool = _pool(width, seed)
        self.faces = Faces()
        self.version = 0
        self.held = list[tuple[Snapshot, Faces]]()
        if count:
            self.add(count, seed)

    @rule(count=st.integers(1, 70), seed=seeds)
    def add(self, count: int, seed: int) -> None:
        rows = self.pool[np.random.default_rng(seed).integers(0, len(self.pool), count)]
        sequences = np.arange(self.version + 1, self.version + 1 + count)
        self.version += count
        self.index.update(self.version, [(sequences, rows)])
        self.faces.update(zip(sequences.tolist(), rows, strict=True))

    @rule(share=st.sampled_from([0.01, 0.1, 0.5, 0.9, 1.0]), seed=seeds, oldest=st.booleans())
    def delete(self, share: float, seed: int, oldest: bool) -> None:
        """Any faces, or the oldest; with them one that is gone or never was."""
        chosen = np.random.default_rng(seed).random(len(self.faces)) < share
        numbers = sorted(self.faces)[: sum(chosen)] if oldest else np.array(sorted(self.faces))[chosen].tolist()
        self.version += 1
        self.index.update(self.version, removed=[*numbers, seed])
        for number in [*numbers, seed]:
            self.faces.pop(number, None)

    @rule(step=st.sampled_from([1, 7, 1000]))
    def evict_and_load(self, step: int) -> None:
        self.index.clear()
        assert self.index.nbytes == 0
        sequences = np.array(sorted(self.faces), np.int64)
        batches = [sequences[start : start + step] for start in range(0, len(sequences), step)]
        added = ((batch, np.stack([self.faces[s] for s in batch.tolist()])) for batch in batches)
        self.index.update(self.version, added, expected=len(sequences))

    @rule()
    def hold(self) -> None:
        self.held.append((self.index.snapshot, dict(self.faces)))

    @rule(at=st.integers(0, 10))
    def let_go(self, at: int) -> None:
        del self.held[at : at + 1]

    @rule(
        probe=st.integers(0, 40),
        k=st.sampled_from([0, 1, 2, 10, 100, 4096]),
        least=st.sampled_from([-1.5, -0.5, 0.0, 0.5, 0.9]),
        exclude=st.none() | st.integers(0, 300),
    )
    def search(self, probe: int, k: int, least: float, exclude: int | None) -> None:
        row = self.pool[probe % len(self.pool)]
        expected = _best(_exact(self.faces, row), k, least, exclude)
        assert self.index.snapshot.search(row, k, least, exclude) == expected

    @rule(probe=st.integers(0, 40), at=st.integers(0, 300))
    def search_at_the_edge(self, probe: int, at: int) -> None:
        """A threshold that is the cosine of one of the faces, and the next one above it."""
        row = self.pool[probe % len(self.pool)]
        cosines = _exact(self.faces, row)
        if cosines:
            edge = sorted(cosines.values())[at % len(cosines)]
            for least in (edge, float(np.nextafter(edge, 2))):
                assert self.index.snapshot.search(row, 4096, least) == _best(cosines, 4096, least, None)

    @rule(probe=st.integers(0, 40))
    def search_as_it_was(self, probe: int) -> None:
        row = self.pool[probe % len(self.pool)]
        for snapshot, faces in self.held:
            assert snapshot.search(row, 4096, -1.5) == _best(_exact(faces, row), 4096, -1.5, None)

    @invariant()
    def memory_holds_no_more_than_it_should(self) -> None:
        parts = self.index.snapshot.parts
        assert self.index.snapshot.version == self.version
        assert sum(part.live for part in parts) == len(self.faces)
        for part in parts:
            assert not any(array[part.size :].any() for array in part.block.arrays())

    def teardown(self) -> None:
        """When no reader is left, all that is of dead faces is zero."""
        self.held.clear()
        for part in self.index.snapshot.parts:
            gone = np.flatnonzero(~part.alive)
            assert not any(array[gone].any() for array in part.block.arrays())


class Int8FourAtOnce(Histories):
    choose_kernel = staticmethod(lambda: four_at_once)


class Int8OneByOne(Histories):
    choose_kernel = staticmethod(lambda: one_by_one)


class Int8ByNumpy(Histories):
    choose_kernel = staticmethod(lambda: numpy_dots)


class Float32(Histories):
    choose_kernel = staticmethod(lambda: None)


_settings = settings(
    examples(40), stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
for _machine in (Int8FourAtOnce, Int8OneByOne, Int8ByNumpy, Float32):
    _machine.TestCase.settings = _settings

TestInt8FourAtOnce = Int8FourAtOnce.TestCase
TestInt8OneByOne = Int8OneByOne.TestCase
TestInt8ByNumpy = Int8ByNumpy.TestCase
TestFloat32 = Float32.TestCase
