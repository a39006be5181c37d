"""The processor time of a server, against what OpenCV's YuNet and SFace take for the same picture."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psutil

from benchmarks.pictures import original, resized
from benchmarks.pipeline.opencv import OpenCV
from benchmarks.pipeline.product import Product

GOAL_WIDTH = 720
GOALS = {"search": 1.2, "detect": 0.6}
"""Processor time of a request, its worker included, at most, in parts of that of OpenCV's pair."""


@dataclass(frozen=True, slots=True)
class Goal:
    """Seconds of processor time of each round: of each of GOALS, and of `pair`, taken in turns."""

    seconds: Mapping[str, list[float]]

    def to_pair(self, operation: str) -> float:
        """The median of the operation in parts of that of the pair."""
        return median(self.seconds[operation]) / median(self.seconds["pair"])


def measure_goal(product: Product, rounds: int) -> Goal:
    """A portrait of the person has been registered, so a search finds it. OpenCV finds the face and embeds it."""
    picture = resized("P001", "amateur_selfie", GOAL_WIDTH, "selfie")
    product.request("register", original("P001", "studio_portrait", "portrait"))()
    candidates: dict[str, Callable[[], object]] = {
        **{operation: product.request(operation, picture) for operation in GOALS},
        "pair": OpenCV().embed(picture),
    }
    for candidate in candidates.values():
        candidate()
    workers = [process.pid for process in psutil.Process().children(recursive=True)]
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, candidate in candidates.items():
            before = _processor_seconds(workers)
            candidate()
            seconds[name].append(_processor_seconds(workers) - before)
    return Goal(seconds)


def _processor_seconds(workers: list[int]) -> float:
    """Of this process and these, in all their threads."""
    threads = [thread for pid in workers for thread in Path(f"/proc/{pid}/task").iterdir()]
    return (
        time.process_time() + sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9
    )
