"""The simulation of placement agrees with caches that are really kept, and with what a ring promises."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
import pytest

from benchmarks.placement import World, make_world, moved, place, ring, steady, without

NODES = 4
GROUPS = 2_000


@pytest.fixture
def generator() -> np.random.Generator:
    return np.random.default_rng(1)


@pytest.fixture
def world(generator: np.random.Generator) -> World:
    return make_world(GROUPS, requests=100, exponent=0.9, generator=generator, row=1_000)


def hits_of_kept_caches(
    world: World, nodes_of: np.ndarray, budget: float, generator: np.random.Generator
) -> float:
    """The groups used last, within the budget of each node; counted once all are full."""
    asked = generator.choice(GROUPS, 60_000, p=world.rates / world.rates.sum())
    caches: list[OrderedDict[int, float]] = [OrderedDict() for _ in range(NODES)]
    held, hits = [0.0] * NODES, 0
    for number, (group, node) in enumerate(zip(asked.tolist(), nodes_of[asked].tolist(), strict=True)):
        cache = caches[node]
        if group in cache:
            hits += number >= 20_000
        else:
            cache[group] = float(world.sizes[group])
            held[node] += cache[group]
        cache.move_to_end(group)
        while held[node] > budget and len(cache) > 1:
            held[node] -= cache.popitem(last=False)[1]
    return hits / 40_000


def test_the_hits_it_tells_are_those_of_caches_that_are_kept(world: World, generator: np.random.Generator) -> None:
    placed = place(world.hashes, *ring(NODES, generator))
    for part in (0.1, 0.4):
        budget = part * float(world.sizes.sum()) / NODES
        told = steady("by group", world, placed, NODES, budget).hits
        assert told == pytest.approx(hits_of_kept_caches(world, placed, budget, generator), abs=0.02)


def test_memory_for_everything_means_that_everything_is_found(world: World) -> None:
    assert steady("any node", world, None, NODES, float(world.sizes.sum())).hits == 1


def test_only_the_groups_of_a_node_that_goes_move(world: World, generator: np.random.Generator) -> None:
    points, owners = ring(NODES, generator)
    before = place(world.hashes, points, owners)
    after = place(world.hashes, *without(points, owners, np.array([2], np.int32)))
    assert ((before != after) == (before == 2)).all()
    assert set(after.tolist()) == {0, 1, 3}
    groups, searches, read = moved(world, before, after, 60)
    assert 0 < groups < 1
    assert 0 < searches < 1
    assert 0 < read <= (before == 2).sum()
