"""Error rates with their intervals, and the threshold that balances them."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # before the import, as in src/visavis/vision/session.py

import cv2
import numpy as np
import onnxruntime
from dataset import Sample
from faces import Image, served, wide_crop

from visavis.vision.decode import DecodedPicture
from visavis.vision.detect import Detector

MISS_GOAL, ALARM_GOAL = 0.03, 0.01


def wilson(errors: int, total: int) -> tuple[float, float]:
    """The 95 % interval of a rate (E. B. Wilson 1927)."""
    z, rate = 1.96, errors / total
    centre = rate + z * z / (2 * total)
    spread = z * math.sqrt(rate * (1 - rate) / total + z * z / (4 * total * total))
    return max(0.0, (centre - spread) / (1 + z * z / total)), (centre + spread) / (1 + z * z / total)


def line(name: str, errors: np.ndarray) -> str:
    low, high = wilson(int(errors.sum()), len(errors))
    rate = errors.mean()
    return f"{name:34s} {errors.sum():4d} of {len(errors):5d}  {rate:7.2%}  [{low:.2%}, {high:.2%}]"


def balanced(misses: np.ndarray, alarms: np.ndarray) -> float:
    """The logit at which the worse of the two errors, each measured by its goal, is smallest.

    `misses`: logits of masked faces, `alarms`: of bare ones. The middle of the best range.
    """
    grid = np.linspace(-6, 6, 1201)
    worst = [max((misses < t).mean() / MISS_GOAL, (alarms >= t).mean() / ALARM_GOAL) for t in grid]
    best = np.flatnonzero(np.array(worst) <= min(worst) + 1e-9)
    return float(grid[best].mean())


def report(samples: list[Sample], logits: np.ndarray, threshold: float) -> list[str]:
    """One line for each source and kind of picture."""
    wrong = (logits >= threshold) != np.array([sample.masked for sample in samples])
    names = np.array([f"{sample.source}, {sample.kind}" for sample in samples])
    return [line(str(name), wrong[names == name]) for name in sorted(set(names))]


def probabilities(weights: Path, crops: list[Image]) -> np.ndarray:
    """What the exported network says of wide crops, shape (n,)."""
    session = onnxruntime.InferenceSession(weights.read_bytes(), providers=["CPUExecutionProvider"])
    return session.run(None, {"pixels": served(np.stack(crops))})[0][:, 0]


def synthetic_people(detector: Detector, directory: Path) -> Iterator[tuple[str, Image]]:
    """Every face that the product finds in the pictures below a directory: name and wide crop."""
    for path in sorted(path for path in directory.rglob("*") if path.suffix in {".jpg", ".png"}):
        picture = cv2.imread(str(path))
        for index, face in enumerate(detector.find(DecodedPicture(np.asarray(picture, np.uint8)))):
            yield f"{path.stem} {index}", wide_crop(picture, face.landmarks.as_array().astype(np.float64))
