"""The index against brute-force NumPy in float64."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from threading import Thread

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.storage.faces import unit_rows
from tests.properties import examples
from visavis.index.blocks import Sequences
from visavis.index.vector_index import Snapshot, VectorIndex
from visavis.types import Embedding


def _index_of(rows: Embedding) -> VectorIndex:
    index = VectorIndex()
    index.update(len(rows), [(np.arange(1, len(rows) + 1), rows)])
    return index


def _brute_force(faces: dict[int, Embedding], probe: Embedding) -> dict[int, float]:
    wide = probe.astype(np.float64)
    return {sequence: float(row.astype(np.float64) @ wide) for sequence, row in faces.items()}


def _assert_exact(
    snapshot: Snapshot, faces: dict[int, Embedding], probe: Embedding, k: int, least: float, exclude: int | None
) -> None:
    cosines = _brute_force(faces, probe)
    cosines.pop(exclude or 0, None)
    if any(abs(cosine - least) < 1e-12 for cosine in cosines.values()):
        least -= 2e-12  # whether such a one is a match is a matter of rounding
    expected = sorted((cosine for cosine in cosines.values() if cosine > least), reverse=True)[:k]

    found = snapshot.search(probe, k, least, exclude)
    assert [cosine for _, cosine in found] == pytest.approx(expected, abs=1e-12, rel=0)
    assert len({sequence for sequence, _ in found}) == len(found)
    for sequence, cosine in found:
        assert cosine == pytest.approx(cosines[sequence], abs=1e-12, rel=0)
    assert found == sorted(found, key=lambda match: (-match[1], -match[0]))
    # Equal embeddings tie exactly, and of those the newest come first.
    by_row: dict[bytes, list[int]] = {}
    for sequence, row in faces.items():
        if sequence != exclude:
            by_row.setdefault(row.tobytes(), []).append(sequence)
    reported = dict(found)
    for twins in by_row.values():
        among = [sequence for sequence in sorted(twins, reverse=True) if sequence in reported]
        assert len({reported[sequence] for sequence in among}) <= 1
        assert among == sorted(twins, reverse=True)[: len(among)]


@st.composite
def pools(draw: st.DrawFn) -> Embedding:
    """A few unit vectors, some of them so close that float32 can hardly tell their cosines apart."""
    width, seed = draw(st.sampled_from([2, 3, 16, 128])), draw(st.integers(0, 10_000))
    centres = unit_rows(4, width, seed)
    nearby = centres + unit_rows(4, width, seed + 1) * np.float32(draw(st.sampled_from([1e-7, 1e-6, 1e-4])))
    nearby /= np.linalg.norm(nearby, axis=1, keepdims=True)
    return np.concatenate([centres, nearby, unit_rows(8, width, seed + 2)])


steps = st.one_of(
    st.tuples(st.just("add"), st.lists(st.integers(0, 15), min_size=1, max_size=60)),
    st.tuples(st.just("remove"), st.lists(st.integers(1, 300), max_size=60)),
)
thresholds = st.one_of(st.just(-1.5), st.floats(-1, 1))


@examples(200)
@given(
    pools(), st.lists(steps, max_size=12), st.integers(0, 15), st.integers(0, 400), thresholds, st.integers(0, 300)
)
def test_searches_are_exact_after_any_adds_and_deletes(
    pool: Embedding, todo: list[tuple[str, list[int]]], probe: int, k: int, least: float, exclude: int
) -> None:
    index, faces, version = VectorIndex(), dict[int, Embedding](), 0
    for kind, numbers in todo:
        if kind == "add":
            sequences = np.arange(version + 1, version + 1 + len(numbers))
            version += len(numbers)
            index.update(version, [(sequences, pool[numbers])])
            faces.update(zip(sequences.tolist(), pool[numbers], strict=True))
        else:
            version += 1
            index.update(version, removed=numbers)
            for number in numbers:
                faces.pop(number, None)
    assert index.snapshot.version == version
    _assert_exact(index.snapshot, faces, pool[probe], k, least, exclude or None)


@pytest.mark.parametrize("width", [128, 512])
def test_a_large_group_of_near_twins_is_ranked_exactly(width: int) -> None:
    probe = unit_rows(1, width)[0]
    rows = probe + unit_rows(3000, width, seed=1) * np.float32(1e-3)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    faces = dict(enumerate(rows, start=1))
    for k in (1, 10, 2999, 5000):
        _assert_exact(_index_of(rows).snapshot, faces, probe, k, -1.5, None)


def test_a_threshold_search_returns_every_match() -> None:
    rows = unit_rows(5000, 16)
    expected = [s for s, cosine in _brute_force(dict(enumerate(rows, 1)), rows[0]).items() if cosine >= 0.3]
    found = _index_of(rows).snapshot.search(rows[0], len(rows), 0.3)
    assert len(expected) > 100
    assert sorted(sequence for sequence, _ in found) == expected


def test_an_empty_index_finds_nothing() -> None:
    assert VectorIndex().snapshot.search(unit_rows(1)[0], 10, -1.0) == []


def test_a_snapshot_stays_what_it_was_while_the_index_goes_on() -> None:
    rows = unit_rows(1000, 8)
    index = _index_of(rows)
    before = index.snapshot
    expected = before.search(rows[0], 1000, -1.5)
    for version in range(1, 800):
        index.update(1000 + version, removed=[version])
    index.update(3000, [(np.arange(2000, 3000), rows)])
    assert before.search(rows[0], 1000, -1.5) == expected


def test_rows_of_deleted_faces_are_zeroed_once_no_reader_sees_them() -> None:
    rows = unit_rows(100, 8)
    index = _index_of(rows)
    oldest, shown = index.snapshot, index.snapshot.parts[0].rows
    index.update(101, removed=[3])
    between = index.snapshot
    index.update(102, removed=[5])
    np.testing.assert_array_equal(shown, rows)
    del between
    np.testing.assert_array_equal(shown, rows)
    del oldest
    [part] = index.snapshot.parts
    for array in part.block.arrays():
        assert not array[[2, 4]].any()
    np.testing.assert_array_equal(np.delete(shown, [2, 4], axis=0), np.delete(rows, [2, 4], axis=0))


def test_arrays_that_were_outgrown_compacted_or_cleared_are_zeroed() -> None:
    changes: list[Callable[[VectorIndex], None]] = [
        lambda index: index.update(101, [(np.arange(101, 1101), unit_rows(1000, 8))]),
        lambda index: index.update(101, removed=range(1, 90)),
        VectorIndex.clear,
    ]
    for change in changes:
        index = _index_of(unit_rows(100, 8))
        [part] = index.snapshot.parts
        assert all(array.any() for array in part.block.arrays())
        change(index)
        assert not any(array.any() for array in part.block.arrays())


def test_faces_deleted_in_the_step_that_outgrows_their_array_are_zeroed() -> None:
    index = _index_of(unit_rows(100, 8))
    index.update(2000, [(np.arange(101, 1101), unit_rows(1000, 8))], removed=[7, 700])
    [part] = index.snapshot.parts
    for array in part.block.arrays():
        assert not array[[6, 699]].any()
        assert array[[5, 7, 698, 700]].any()


def test_a_batch_that_fails_changes_nothing() -> None:
    rows = unit_rows(100, 8)
    index = _index_of(rows)
    before = index.snapshot

    def batches() -> Iterator[tuple[Sequences, Embedding]]:
        yield np.arange(101, 111), rows[:10]
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        index.update(200, batches())
    assert index.snapshot is before
    [part] = before.parts
    assert not any(array[100:].any() for array in part.block.arrays())
    index.update(101, [(np.array([101]), rows[50:51])])
    assert [sequence for sequence, _ in index.snapshot.search(rows[50], 2, 0.99)] == [101, 51]


def test_a_deleted_face_does_not_come_back_with_a_compaction() -> None:
    rows = unit_rows(1000, 8)
    index = _index_of(rows)
    for sequence in range(1, 901):
        index.update(1000 + sequence, removed=[sequence])
    assert sum(len(part.rows) for part in index.snapshot.parts) < 500
    found = {sequence for sequence, _ in index.snapshot.search(rows[0], 1000, -1.5)}
    assert found == set(range(901, 1001))


def test_readers_never_see_a_torn_state() -> None:
    """A reader beside a writer: every answer is the exact one for the version that the snapshot says it has."""
    twin = unit_rows(1, 64)[0]
    index = VectorIndex()
    right, torn = list[int](), list[int]()
    done = False

    def read() -> None:
        while not done:
            snapshot = index.snapshot
            found = snapshot.search(twin, 10_000, 0.999)
            # The writer keeps the newest 50: at version v these are the sequences v - 49 ... v.
            expected = list(range(snapshot.version, max(snapshot.version - 50, 0), -1))
            outcome = right if [sequence for sequence, _ in found] == expected else torn
            outcome.append(snapshot.version)

    readers = [Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for version in range(1, 1501):
        index.update(version, [(np.array([version]), twin[None])], removed=[version - 50])
        time.sleep(0)  # a reader's turn
    done = True
    for reader in readers:
        reader.join()
    assert torn == []
    assert len(set(right)) > 100
