"""The groups whose templates are in memory, and how each keeps up with the records."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from threading import Lock, Semaphore
from typing import Protocol, TypeAlias

from visavis.index.vector_index import Snapshot, VectorIndex
from visavis.types import Group

_LOADS_AT_ONCE = 2
"""So many groups are read in side by side; what is in memory exceeds the bound by no more than these."""

_Key: TypeAlias = tuple[int, str]
"""A group's id and its recognition model: embeddings of two models are never in one index."""


class _Loaded:
    """What is in memory of a group under one recognition model."""

    def __init__(self, app_id: int) -> None:
        self.app_id = app_id
        self.index = VectorIndex()
        self.writing = Lock()


class EmbeddingSource(Protocol):
    """Where the embeddings of groups are kept."""

    def refresh(self, group: Group, index: VectorIndex) -> None:
        """Bring the index of a group up to what is stored, from the version that it has.

        Raises GROUP_NOT_FOUND, and GroupMoved if the group has another model by now.
        """
        ...

    def models_of(self, group_keys: Sequence[int]) -> Mapping[int, str]:
        """The recognition model of each of these groups that is there."""
        ...


class IndexCache:
    """Indexes of the groups that were searched last, within a bound of memory."""

    def __init__(self, source: EmbeddingSource, max_bytes: int) -> None:
        """`max_bytes` bounds the embeddings in memory; the group used last stays, whatever its size."""
        self._source = source
        self._max_bytes = max_bytes
        self._mutex = Lock()
        self._by_key: OrderedDict[_Key, _Loaded] = OrderedDict()
        self._loads = Semaphore(_LOADS_AT_ONCE)

    def snapshot(self, group: Group, version: int) -> Snapshot:
        """The group at this version or a later one, with embeddings of `group.model` and no other.

        Whoever finds it behind reads what is new, while others that need it wait; those that do not, search on.
        Raises GROUP_NOT_FOUND, and GroupMoved if the group has another model by now.
        """
        with self._mutex:
            loaded = self._by_key.get(_key(group)) or _Loaded(group.app_id)
            self._by_key[_key(group)] = loaded
            self._by_key.move_to_end(_key(group))
        snapshot = loaded.index.snapshot
        if snapshot.version < version:
            with loaded.writing:
                if loaded.index.snapshot.version < version:
                    with nullcontext() if snapshot.version else self._loads:
                        self._source.refresh(group, loaded.index)
                snapshot = loaded.index.snapshot
            self._trim()
            if self._by_key.get(_key(group)) is not loaded:  # forgotten meanwhile, by someone who did not wait
                with loaded.writing:
                    loaded.index.clear()
        return snapshot

    def remove(self, group: Group, sequences: Iterable[int]) -> None:
        """Take deleted faces out of memory now; the group's next search takes note of the new version."""
        with self._mutex:
            loaded = self._by_key.get(_key(group))
        if loaded is not None:
            with loaded.writing:
                loaded.index.update(loaded.index.snapshot.version, removed=sequences)

    def evict(self, group_key: int) -> None:
        """Take a group out of memory, whatever its model."""
        with self._mutex:
            there = [self._by_key.pop(key) for key in list(self._by_key) if key[0] == group_key]
        for loaded in there:
            with loaded.writing:
                loaded.index.clear()

    def _let_go(self, key: _Key) -> None:
        """Take a group out of memory, or leave that to whoever reads it in: a search waits for no other group."""
        with self._mutex:
            loaded = self._by_key.pop(key, None)
        if loaded is not None and loaded.writing.acquire(blocking=False):
            try:
                loaded.index.clear()
            finally:
                loaded.writing.release()

    def evict_app(self, app_id: int) -> None:
        """Take all groups of an app out of memory."""
        with self._mutex:
            group_keys = {group_key for (group_key, _), loaded in self._by_key.items() if loaded.app_id == app_id}
        for group_key in group_keys:
            self.evict(group_key)

    def use(self) -> tuple[int, int, int]:
        """How many groups are in memory, the bytes of their embeddings, and the bound of these."""
        with self._mutex:
            loaded = list(self._by_key.values())
        return len(loaded), sum(each.index.nbytes for each in loaded), self._max_bytes

    def clear(self) -> None:
        with self._mutex:
            group_keys = {group_key for group_key, _ in self._by_key}
        for group_key in group_keys:
            self.evict(group_key)

    def _trim(self) -> None:
        """Let go of groups that were deleted or moved, then of those used longest ago while too much is held."""
        with self._mutex:
            keys = list(self._by_key)
        there = self._source.models_of([group_key for group_key, _ in keys])
        for key in keys:
            if key not in there.items():
                self._let_go(key)
        for key in self._oldest_beyond_bound():
            self._let_go(key)

    def _oldest_beyond_bound(self) -> list[_Key]:
        with self._mutex:
            sizes = {key: loaded.index.nbytes for key, loaded in self._by_key.items()}
        excess = sum(sizes.values()) - self._max_bytes
        oldest = []
        for key in list(sizes)[:-1]:
            if excess <= 0:
                break
            if not sizes[key]:
                continue  # on its way in: it answers for itself when it is there
            oldest.append(key)
            excess -= sizes[key]
        return oldest


def _key(group: Group) -> _Key:
    return group.id, group.model
