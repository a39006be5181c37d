"""The processor time of a server, against what OpenCV's YuNet and SFace take for the same picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

from benchmarks.pictures import original, resized
from benchmarks.pipeline.opencv import OpenCV
from benchmarks.pipeline.processor import processor_seconds
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
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, candidate in candidates.items():
            seconds[name].append(processor_seconds(candidate))
    return Goal(seconds)
