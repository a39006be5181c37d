"""How much of its memory, its connections and its worker processes a server uses at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StorageUse:
    """Memory and database connections that this process holds at one moment."""

    groups_loaded: int
    """Number of groups whose embeddings are in memory for searches."""
    index_bytes: int
    """Bytes of memory of their embeddings."""
    index_bytes_bound: int
    """Limit of that memory in bytes. Beyond it the least recently used groups are evicted."""
    connections: int
    connections_in_use: int


@dataclass(frozen=True, slots=True)
class VisionUse:
    """The worker processes of vision at one moment."""

    workers: int
    """Number of worker processes."""
    busy: int
    """How many of them work on a picture."""
    waiting: int
    """Number of pictures that wait for a worker."""
    replaced: Mapping[str, int]
    """How many were replaced since the start, by reason."""
    layers: Mapping[str, str]
    """The layers of their sandbox by name: `on`, or why not."""
