"""The searches that are compared, each over the same faces, in this process and one thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from visavis.index.kernels import ROWS_AT_ONCE
from visavis.index.quantised import QuantisedProbe
from visavis.index.vector_index import VectorIndex
from visavis.types import Embedding

Find: TypeAlias = Callable[[Embedding, int], Sequence[int]]
"""(probe, k) to the rows of the k best faces, best first."""

OURS = "Visavis"
NUMPY = "NumPy float32"
PGVECTOR = "pgvector exact"

LOAD_BATCH = 1000


class NotHereError(Exception):
    """A candidate cannot run on this machine; the message says why."""


@dataclass(frozen=True, slots=True)
class Engine:
    """A candidate; `faces` is how many it holds."""

    name: str
    find: Find
    faces: int
    effort: int = 0
    """The breadth of search (ef) of a graph; 0 for what is none."""


def loaded_index(gallery: Embedding) -> VectorIndex:
    """Our index, filled in batches as a server fills it; row i has the sequence i + 1."""
    index = VectorIndex()
    batches = (
        (np.arange(start, min(start + LOAD_BATCH, len(gallery))) + 1, gallery[start : start + LOAD_BATCH])
        for start in range(0, len(gallery), LOAD_BATCH)
    )
    index.update(len(gallery), batches, expected=len(gallery))
    return index


def visavis(index: VectorIndex, faces: int) -> Engine:
    def find(probe: Embedding, k: int) -> list[int]:
        return [sequence - 1 for sequence, _ in index.snapshot.search(probe, k, -1.0)]

    return Engine(OURS, find, faces)


def products_alone(index: VectorIndex) -> Callable[[Embedding], object] | None:
    """What no search by this index can do without: the products of a probe's codes with all codes, and no more.

    None where the index has no codes.
    """
    kernel = index.snapshot.kernel
    if kernel is None:
        return None

    def multiply(probe: Embedding) -> None:
        dots = kernel(QuantisedProbe.of(probe).codes)
        for part in index.snapshot.parts:
            dots(part.block.codes[: -(-part.size // ROWS_AT_ONCE) * ROWS_AT_ONCE])

    return multiply


def numpy_float32(gallery: Embedding) -> Engine:
    def find(probe: Embedding, k: int) -> list[int]:
        cosines = gallery @ probe
        best = np.argpartition(cosines, -k)[-k:]
        rows: list[int] = best[np.argsort(-cosines[best])].tolist()
        return rows

    return Engine(NUMPY, find, len(gallery))


def faiss_flat(gallery: Embedding) -> Engine:
    return _faiss("FAISS flat", gallery, exact=True)


def faiss_sq8(gallery: Embedding) -> Engine:
    return _faiss("FAISS SQ8", gallery, exact=False)


def _faiss(name: str, gallery: Embedding, *, exact: bool) -> Engine:
    try:
        import faiss  # noqa: PLC0415 - only `make bench` installs it
    except ImportError as error:
        raise NotHereError("faiss-cpu is not installed; `make bench` does that") from error
    faiss.omp_set_num_threads(1)
    dimensions = gallery.shape[1]
    index: faiss.Index
    if exact:
        index = faiss.IndexFlatIP(dimensions)
    else:
        index = faiss.IndexScalarQuantizer(dimensions, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT)
        index.train(gallery[:10_000])
    index.add(gallery)

    def find(probe: Embedding, k: int) -> list[int]:
        _, rows = index.search(probe[None], k)
        found: list[int] = rows[0].tolist()
        return found

    return Engine(name, find, len(gallery))


def usearch_hnsw(gallery: Embedding, efforts: Sequence[int], threads: int) -> list[Engine]:
    """One graph with usearch's defaults, built by `threads` threads; a candidate for each breadth of search."""
    try:
        from usearch.index import Index  # noqa: PLC0415 - only `make bench` installs it
    except ImportError as error:
        raise NotHereError("usearch is not installed; `make bench` does that") from error
    index = Index(
        ndim=gallery.shape[1],
        metric="ip",
        dtype="f32",
    )
    index.add(np.arange(len(gallery)), gallery, threads=threads)

    def finder(effort: int) -> Find:
        def find(probe: Embedding, k: int) -> list[int]:
            index.expansion_search = effort
            rows: list[int] = index.search(probe, k, threads=1).keys.tolist()
            return rows

        return find

    return [Engine(f"usearch HNSW, ef {effort}", finder(effort), len(gallery), effort) for effort in efforts]


def sqlite_vec(gallery: Embedding, stack: ExitStack) -> Engine:
    """In memory; squared distances of unit vectors rank as their cosines do."""
    try:
        import apsw  # noqa: PLC0415 - only `make bench` installs it; Python's own SQLite may load no extensions
        import sqlite_vec as extension  # noqa: PLC0415
    except ImportError as error:
        raise NotHereError("apsw or sqlite-vec is not installed; `make bench` does that") from error
    connection = apsw.Connection(":memory:")
    stack.callback(connection.close)
    connection.enable_load_extension(True)  # noqa: FBT003 - SQLite's own interface
    connection.load_extension(extension.loadable_path())
    connection.execute(f"CREATE VIRTUAL TABLE faces USING vec0(embedding float[{gallery.shape[1]}])")
    rows = ((row + 1, embedding.tobytes()) for row, embedding in enumerate(gallery))
    with connection:
        connection.executemany("INSERT INTO faces(rowid, embedding) VALUES (?, ?)", rows)
    query = "SELECT rowid FROM faces WHERE embedding MATCH ? AND k = ? ORDER BY distance"

    def find(probe: Embedding, k: int) -> list[int]:
        return [row - 1 for (row,) in connection.execute(query, (probe.tobytes(), k))]

    return Engine("sqlite-vec", find, len(gallery))
