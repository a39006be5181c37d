"""The index cache: the indexes of groups in memory, and how they are kept up to date."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from threading import Lock, Semaphore
from typing import Protocol, TypeAlias

from visavis.index.vector_index import Snapshot, VectorIndex
from visavis.types import Group

_LOADS_AT_ONCE = 2
"""How many groups are loaded at the same time. Memory exceeds its limit by these groups at most."""

_Key: TypeAlias = tuple[int, str]
"""A group's id and its recognition model: an index never mixes embeddings of two models."""


class _Entry:
    """The index of a group under one recognition model."""

    def __init__(self, app_id: int) -> None:
        self.app_id = app_id
        self.index = VectorIndex()
        self.writing = Lock()


class EmbeddingSource(Protocol):
    """Reads the embeddings of groups from storage."""

    def refresh(self, group: Group, index: VectorIndex) -> None:
        """Bring the index of a group up to date, from the version that it has.

        Raises GROUP_NOT_FOUND, and GroupMoved if the group has another model by now.
        """
        ...

    def models_of(self, group_keys: Sequence[int]) -> Mapping[int, str]:
        """The recognition model of each of these groups; deleted groups are left out."""
        ...


class IndexCache:
    """The indexes of the most recently searched groups, within a limit of memory."""

    def __init__(self, source: EmbeddingSource, max_bytes: int) -> None:
        """`max_bytes` limits the memory of embeddings; the most recently used group stays, whatever its size."""
        self._source = source
        self._max_bytes = max_bytes
        self._mutex = Lock()
        self._by_key: OrderedDict[_Key, _Entry] = OrderedDict()
        self._loads = Semaphore(_LOADS_AT_ONCE)

    def snapshot(self, group: Group, version: int) -> Snapshot:
        """A snapshot of the group at this version or a later one, with embeddings of `group.model` only.

        If the index is older, one thread reads the changes, and other threads that need them wait. Raises
        GROUP_NOT_FOUND, and GroupMoved if the group has another model by now.
        """
        with self._mutex:
            entry = self._by_key.get(_key(group)) or _Entry(group.app_id)
            self._by_key[_key(group)] = entry
            self._by_key.move_to_end(_key(group))
        snapshot = entry.index.snapshot
        if snapshot.version < version:
            with entry.writing:
                if entry.index.snapshot.version < version:
                    with nullcontext() if snapshot.version else self._loads:
                        self._source.refresh(group, entry.index)
                snapshot = entry.index.snapshot
            self._trim()
            if self._by_key.get(_key(group)) is not entry:  # evicted meanwhile, by a thread that did not wait
                with entry.writing:
                    entry.index.clear()
        return snapshot

    def has(self, group: Group) -> bool:
        """Whether the group is in memory, at whatever version."""
        with self._mutex:
            entry = self._by_key.get(_key(group))
        return entry is not None and entry.index.snapshot.version > 0

    def remove(self, group: Group, sequences: Iterable[int]) -> None:
        """Remove deleted faces from memory at once; the next search brings the index to the new version."""
        with self._mutex:
            entry = self._by_key.get(_key(group))
        if entry is not None:
            with entry.writing:
                entry.index.update(entry.index.snapshot.version, removed=sequences)

    def evict(self, group_key: int) -> None:
        """Remove a group from memory, under every model."""
        with self._mutex:
            evicted = [self._by_key.pop(key) for key in list(self._by_key) if key[0] == group_key]
        for entry in evicted:
            with entry.writing:
                entry.index.clear()

    def _evict_without_waiting(self, key: _Key) -> None:
        """Remove a group from memory. A thread that is loading it clears it, so that no search waits."""
        with self._mutex:
            entry = self._by_key.pop(key, None)
        if entry is not None and entry.writing.acquire(blocking=False):
            try:
                entry.index.clear()
            finally:
                entry.writing.release()

    def evict_app(self, app_id: int) -> None:
        """Remove all groups of an app from memory."""
        with self._mutex:
            group_keys = {group_key for (group_key, _), entry in self._by_key.items() if entry.app_id == app_id}
        for group_key in group_keys:
            self.evict(group_key)

    def use(self) -> tuple[int, int, int]:
        """(groups in memory, bytes of their embeddings, limit of these bytes)."""
        with self._mutex:
            entries = list(self._by_key.values())
        return len(entries), sum(each.index.nbytes for each in entries), self._max_bytes

    def clear(self) -> None:
        with self._mutex:
            group_keys = {group_key for group_key, _ in self._by_key}
        for group_key in group_keys:
            self.evict(group_key)

    def _trim(self) -> None:
        """Evict groups that were deleted or moved, then the least recently used ones beyond the limit."""
        with self._mutex:
            keys = list(self._by_key)
        models = self._source.models_of([group_key for group_key, _ in keys])
        for key in keys:
            if key not in models.items():
                self._evict_without_waiting(key)
        for key in self._oldest_beyond_limit():
            self._evict_without_waiting(key)

    def _oldest_beyond_limit(self) -> list[_Key]:
        with self._mutex:
            sizes = {key: entry.index.nbytes for key, entry in self._by_key.items()}
        excess = sum(sizes.values()) - self._max_bytes
        oldest = []
        for key in list(sizes)[:-1]:
            if excess <= 0:
                break
            if not sizes[key]:
                continue  # still loading: the thread that loads it trims afterwards
            oldest.append(key)
            excess -= sizes[key]
        return oldest


def _key(group: Group) -> _Key:
    return group.id, group.model
