"""Groups come into memory when they are searched and leave it by the bound; nobody waits for another's group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import pytest

from harness.storage.faces import new_faces, unit_rows
from harness.storage.place import Place
from tests.storage.conftest import OpenStorage
from visavis.identities import App
from visavis.storage.keys.cipher import GroupCipher
from visavis.storage.store import Storage
from visavis.types import Embedding, FaceRecord, Group, NewFace


def _ids(matches: Sequence[tuple[FaceRecord, float]]) -> list[str]:
    return [face.face_id for face, _ in matches]


@contextmanager
def _held_up_at(face: NewFace) -> Iterator[Event]:
    """Whoever opens a batch of templates that begins with this face stops there; the event tells that he does."""
    half_way, go_on = Event(), Event()
    opened = GroupCipher.open_all

    def halting(cipher: GroupCipher, sealed: Sequence[tuple[str, bytes]]) -> Embedding:
        if sealed[0][0] == face.face_id:
            half_way.set()
            assert go_on.wait(60)
        return opened(cipher, sealed)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(GroupCipher, "open_all", halting)
        try:
            yield half_way
        finally:
            go_on.set()


def test_many_groups_searched_at_once_leave_no_more_in_memory_than_the_bound(place: Place) -> None:
    bound = 3 * 300 * 128 * 6
    storage = place.open(max_loaded_bytes=bound)
    app = storage.apps.create_app("app", {})
    groups = [storage.gallery.create_group(app, f"g{number}", "sface", quota=100) for number in range(12)]
    for seed, group in enumerate(groups):
        storage.gallery.add(group, new_faces(300, seed=seed), quota=1000)
    probes = [unit_rows(300, seed=seed)[5] for seed in range(12)]

    def search(number: int) -> float:
        [(_, cosine)] = storage.gallery.search(groups[number % 12], probes[number % 12], 1, 0.9)
        return float(cosine)

    with ThreadPoolExecutor(12) as pool:
        assert list(pool.map(search, range(60))) == pytest.approx([1.0] * 60)
    search(0)
    assert 0 < sum(loaded.index.nbytes for loaded in storage.index_cache._by_key.values()) <= bound
    storage.close()


def test_a_group_larger_than_the_bound_is_searched_all_the_same(place: Place) -> None:
    storage = place.open(max_loaded_bytes=1000)
    app = storage.apps.create_app("app", {})
    groups = [storage.gallery.create_group(app, name, "sface", quota=10) for name in ("one", "two")]
    for seed, group in enumerate(groups):
        storage.gallery.add(group, new_faces(100, seed=seed), quota=100)
    for _ in range(2):
        for seed, group in enumerate(groups):
            assert len(storage.gallery.search(group, unit_rows(100, seed=seed)[9], 1, 0.9)) == 1
            assert list(storage.index_cache._by_key) == [(group.id, "sface")]
    storage.close()


def test_a_cold_group_does_not_keep_a_warm_one_waiting(
    storage: Storage, app: App, group: Group, open_again: OpenStorage
) -> None:
    """While one group is being read in, another is searched, has a face added and is searched again."""
    warm = storage.gallery.create_group(app, "warm", "sface", quota=10)
    cold_faces, warm_faces = new_faces(600), new_faces(3, seed=1)
    storage.gallery.add(group, cold_faces, quota=10_000)
    storage.gallery.add(warm, warm_faces[:2], quota=10)
    other = open_again()
    other.gallery.search(warm, warm_faces[0].embedding, 1, 0.9)
    with ThreadPoolExecutor(1) as pool:
        with _held_up_at(cold_faces[500]) as half_way:
            cold = pool.submit(other.gallery.search, group, cold_faces[7].embedding, 1, 0.9)
            assert half_way.wait(60)
            assert _ids(other.gallery.search(warm, warm_faces[1].embedding, 1, 0.9)) == [warm_faces[1].face_id]
            storage.gallery.add(warm, warm_faces[2:], quota=10)
            assert _ids(other.gallery.search(warm, warm_faces[2].embedding, 1, 0.9)) == [warm_faces[2].face_id]
            assert not cold.done()
        assert _ids(cold.result()) == [cold_faces[7].face_id]


def test_a_group_deleted_elsewhere_while_it_is_read_in_leaves_no_face_in_memory(
    storage: Storage, app: App, group: Group, open_again: OpenStorage
) -> None:
    warm = storage.gallery.create_group(app, "warm", "sface", quota=10)
    faces = new_faces(600)
    storage.gallery.add(group, faces, quota=10_000)
    other = open_again()
    with ThreadPoolExecutor(1) as pool:
        with _held_up_at(faces[500]) as half_way:
            cold = pool.submit(other.index_cache.snapshot, group, len(faces))
            assert half_way.wait(60)
            entry = other.index_cache._by_key[group.id, "sface"]
            storage.gallery.delete_group(group)
            storage.gallery.add(warm, new_faces(1), quota=10)
            other.gallery.search(warm, faces[0].embedding, 1, -1.0)  # takes note of what is gone
            assert list(other.index_cache._by_key) == [(warm.id, "sface")]
        [part] = cold.result().parts
    assert part.rows.any()  # its reader still has it
    assert entry.index.nbytes == 0
    block = part.block
    del cold
    assert not any(array.any() for array in block.arrays())
