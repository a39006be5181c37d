"""A simulation: many nodes, millions of groups, a proxy that hashes each group to a node, and what stays warm.

`python -m benchmarks.placement [--nodes 1000] [--groups 10000000] [--seed 1]`; docs/scaling.md shows its table.

Nothing here runs the server. A node is a budget of memory and the groups that it used last, as in
`visavis.index.cache`; the proxy is a ring of hashes, as nginx and HAProxy keep one. Caches are looked at in
their steady state by the approximation of Che, Tung and Wang (IEEE JSAC 20(7), 2002): a group is in memory if it
was asked for within the last T seconds, and T is the time for which all that was asked for just fills the memory.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Nodes = NDArray[np.int32]

POINTS = 160
"""Places of a node on the ring: what nginx gives a server of weight 1."""
CHUNK = 1 << 20
STEPS = 16
"""Halvings of the interval in which T is looked for."""


@dataclass(frozen=True, slots=True)
class World:
    """`rates` are requests a second and `sizes` bytes in memory, of each group."""

    rates: Floats
    sizes: Floats
    hashes: NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What comes of one way to place groups."""

    name: str
    hits: float
    """Searches that find their group in memory, in parts of all."""
    loads: float
    """Groups read in, a second, over all nodes."""
    bytes_read: float
    """Embeddings made of what was read in, bytes a second, over all nodes."""
    busiest: float
    """Searches at the busiest node, in parts of the mean."""


def make_world(groups: int, requests: float, exponent: float, generator: np.random.Generator, row: float) -> World:
    """`requests` a second over groups whose popularity is Zipf's; sizes are lognormal, median 50 faces, mean 130.

    Size has nothing to do with popularity. `row` is what a face takes in memory, in bytes.
    """
    weights = np.arange(1, groups + 1, dtype=np.float64) ** -exponent
    faces = np.minimum(np.exp(generator.normal(np.log(50), 1.38, groups)) + 1, 100_000)
    padded = np.ceil(faces / 64) * 64
    return World(
        requests * weights / weights.sum(),
        padded * row,
        generator.integers(0, 1 << 32, groups, dtype=np.uint32),
    )


def ring(nodes: int, generator: np.random.Generator) -> tuple[NDArray[np.uint32], Nodes]:
    """Points in ascending order and whose each is."""
    points = generator.integers(0, 1 << 32, nodes * POINTS, dtype=np.uint32)
    order = np.argsort(points, kind="stable")
    return points[order], np.repeat(np.arange(nodes, dtype=np.int32), POINTS)[order]


def place(hashes: NDArray[np.uint32], points: NDArray[np.uint32], owners: Nodes) -> Nodes:
    """The node of each group: the owner of the next point on the ring."""
    placed = np.empty(len(hashes), np.int32)
    for start in range(0, len(hashes), CHUNK):
        at = np.searchsorted(points, hashes[start : start + CHUNK])
        placed[start : start + CHUNK] = owners[at % len(points)]
    return placed


def without(points: NDArray[np.uint32], owners: Nodes, gone: Nodes) -> tuple[NDArray[np.uint32], Nodes]:
    """The ring after nodes have left it."""
    kept = ~np.isin(owners, gone)
    return points[kept], owners[kept]


def reach(world: World, placed: Nodes | None, nodes: int, budget: float) -> Floats:
    """How many seconds back each node remembers, shape (nodes,); infinite where all of its groups fit.

    Without `placed` every node gets an equal part of every group's requests, and all are alike: shape (1,).
    """
    of_node = np.zeros(len(world.rates), np.int32) if placed is None else placed
    count, rates = (1, world.rates / nodes) if placed is None else (nodes, world.rates)
    low, high = np.full(count, -3.0), np.full(count, 9.0)  # powers of ten
    fits = np.bincount(of_node, weights=world.sizes, minlength=count) <= budget
    for _ in range(STEPS):
        middle = (low + high) / 2
        filled = np.zeros(count)
        for start in range(0, len(rates), CHUNK):
            part = slice(start, start + CHUNK)
            warm = -np.expm1(-rates[part] * 10.0 ** middle[of_node[part]])
            filled += np.bincount(of_node[part], weights=world.sizes[part] * warm, minlength=count)
        low, high = np.where(filled <= budget, middle, low), np.where(filled <= budget, high, middle)
    return np.where(fits, np.inf, 10.0**low)


def steady(name: str, world: World, placed: Nodes | None, nodes: int, budget: float) -> Outcome:
    """After every node has seen much more than it can hold."""
    seconds = reach(world, placed, nodes, budget)
    missed = bytes_read = 0.0
    for start in range(0, len(world.rates), CHUNK):
        part = slice(start, start + CHUNK)
        here = world.rates[part] if placed is not None else world.rates[part] / nodes
        remembered = seconds[placed[part]] if placed is not None else seconds[0]
        cold = world.rates[part] * np.exp(-here * remembered)
        missed += cold.sum()
        bytes_read += (cold * world.sizes[part]).sum()
    asked = np.ones(1) if placed is None else np.bincount(placed, weights=world.rates)
    busiest = float(asked.max() / asked[asked > 0].mean())
    return Outcome(name, 1 - missed / float(world.rates.sum()), missed, bytes_read, busiest)


def moved(world: World, before: Nodes, after: Nodes, seconds: float) -> tuple[float, float, float]:
    """Parts of groups and of searches that moved, and how many groups are read in for it in so many seconds."""
    elsewhere = before != after
    rates = world.rates[elsewhere]
    asked_for = float(-np.expm1(-rates * seconds).sum())
    return float(elsewhere.mean()), float(rates.sum() / world.rates.sum()), asked_for


def hottest(world: World, nodes: int, factor: float) -> Iterator[tuple[int, float, int]]:
    """(rank by popularity, searches in parts of a node's mean, nodes it needs) of some groups.

    `factor` bounds the load of a node, in parts of the mean, as HAProxy's `hash-balance-factor` does.
    """
    mean = float(world.rates.sum()) / nodes
    for rank in (1, 3, 10, 30, 100, 1_000):
        part = float(world.rates[rank - 1]) / mean
        yield rank, part, math.ceil(part / factor)


def simulate(arguments: argparse.Namespace) -> Iterator[str]:
    """Lines of Markdown."""
    generator = np.random.default_rng(arguments.seed)
    nodes, budget = arguments.nodes, arguments.memory_mb * 2.0**20
    world = make_world(arguments.groups, arguments.requests, arguments.exponent, generator, arguments.row)
    points, owners = ring(nodes, generator)
    placed = place(world.hashes, points, owners)
    gone = generator.choice(nodes, max(nodes // 100, 1), replace=False).astype(np.int32)
    fewer = place(world.hashes, *without(points, owners, gone))

    yield (
        f"{arguments.groups:,} groups, {world.sizes.sum() / 2**40:.2f} TiB of embeddings; {nodes:,} nodes with "
        f"{arguments.memory_mb:,} MiB each, {nodes * budget / 2**40:.2f} TiB; {arguments.requests:,.0f} searches "
        f"a second; exponent {arguments.exponent:g}, seed {arguments.seed}.\n"
    )
    yield from header("placement", "find their group in memory", "groups read in/s", "GB/s", "busiest node / mean")
    for each in (
        steady("by group", world, placed, nodes, budget),
        steady(f"by group, {len(gone)} nodes gone for long", world, fewer, nodes, budget),
        steady("any node", world, None, nodes, budget),
    ):
        figures = f"{each.hits:.1%} | {each.loads:,.0f} | {each.bytes_read / 1e9:.2f} | {each.busiest:.1f}"
        yield f"| {each.name} | {figures} |"
    yield ""
    yield from header(f"{len(gone)} nodes go", "groups that move", "searches that move", "read in within 60 s")
    for name, before, after in (
        ("consistent hashing", placed, fewer),
        ("hash modulo nodes", world.hashes % nodes, world.hashes % (nodes - len(gone))),
    ):
        groups, searches, read = moved(world, before, after, 60)
        yield f"| {name} | {groups:.1%} | {searches:.1%} | {read:,.0f} |"
    yield ""
    yield from header("group, by popularity", "searches / a node's mean", "nodes it needs at 1.25 x mean")
    for rank, part, count in hottest(world, nodes, 1.25):
        yield f"| {rank:,} | {part:.2f} | {count} |"


def header(*columns: str) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Simulate the placement of groups on nodes.")
    parser.add_argument("--nodes", type=int, default=1_000)
    parser.add_argument("--groups", type=int, default=10_000_000, help="at least 1,000")
    parser.add_argument("--requests", type=float, default=20_000, help="searches a second, over all nodes")
    parser.add_argument("--exponent", type=float, default=0.9, help="of Zipf's law")
    parser.add_argument("--memory-mb", type=int, default=1_024, help="VISAVIS_INDEX_MEMORY_MB")
    parser.add_argument("--row", type=float, default=1_296, help="bytes a face takes in memory")
    parser.add_argument("--seed", type=int, default=1)
    for line in simulate(parser.parse_args()):
        sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
