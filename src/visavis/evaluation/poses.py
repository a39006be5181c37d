"""Compares estimated head angles with annotated ones.

Signs are those of the product: yaw > 0 looks towards the right edge of the picture, pitch > 0 looks up, roll > 0
is turned clockwise as seen in the picture. Angles in degrees.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.errors import SetupError
from visavis.evaluation.corpus import Sample, counts
from visavis.evaluation.folders import may_name_columns, read_rows
from visavis.evaluation.intervals import bootstrap_mean
from visavis.types import Pose

ANGLES = ("yaw", "pitch", "roll")
YAW_BANDS = ((0.0, 15.0), (15.0, 30.0), (30.0, 60.0), (60.0, 180.0))
"""Bands of absolute true yaw, in degrees, with errors for each."""


@dataclass(frozen=True, slots=True)
class Annotated:
    """A picture and the true pose of its largest face."""

    file: Path
    pose: Pose


def read_poses(file: Path) -> list[Annotated]:
    """Lines `picture,yaw,pitch,roll`; paths that are not absolute begin where the file lies.

    The first line may name the columns. Raises SetupError, naming the line.
    """
    found = []
    for number, row in read_rows(file, "poses"):
        angles = _angles(row)
        if angles is not None:
            found.append(Annotated(file.parent / row[0].strip(), angles))
        elif not may_name_columns(number, row):
            raise SetupError(f"Line {number} of {file} is not `picture,yaw,pitch,roll` with angles in degrees.")
    if not found:
        raise SetupError(f"There are no poses in {file}.")
    return found


def _angles(row: Sequence[str]) -> Pose | None:
    try:
        name, *angles = row
        yaw, pitch, roll = map(float, angles)
    except ValueError:
        return None
    return Pose(yaw, pitch, roll) if name.strip() and all(map(math.isfinite, (yaw, pitch, roll))) else None


@dataclass(frozen=True, slots=True, eq=False)
class PoseErrors:
    """True and estimated angles, shape (n, 3) each, of pictures in which a face was found."""

    true: NDArray[np.float64]
    estimated: NDArray[np.float64]

    @property
    def differences(self) -> NDArray[np.float64]:
        """Estimated less true, the shorter way round, -180 to 180 degrees."""
        return (self.estimated - self.true + 180) % 360 - 180


def pose_errors(annotated: Sequence[Annotated], samples: Sequence[Sample]) -> PoseErrors:
    """True and estimated angles of all pictures. Raises SetupError if no face was found in any."""
    pairs = [
        (each.pose, sample.face.pose)
        for each, sample in zip(annotated, samples, strict=True)
        if sample.face is not None and sample.face.pose is not None
    ]
    if not pairs:
        raise SetupError("No face was found in any of the pictures.")
    true, estimated = (np.array(list(map(astuple, each))) for each in zip(*pairs, strict=True))
    return PoseErrors(true, estimated)


def summary(errors: PoseErrors, samples: Sequence[Sample], resamples: int, seed: int) -> dict[str, Any]:
    """All figures, as the command prints them in JSON: degrees."""
    differences = errors.differences
    absolute = np.abs(differences)
    turned = np.abs(errors.true[:, 0])
    by_turn = {f"{low:g}-{high:g}": absolute[(turned >= low) & (turned < high)] for low, high in YAW_BANDS}
    return {
        **counts(samples),
        "mean_absolute_error": {
            angle: {
                "degrees": float(absolute[:, column].mean()),
                "interval": bootstrap_mean(absolute[:, column], resamples, seed),
                "bias": float(differences[:, column].mean()),
            }
            for column, angle in enumerate(ANGLES)
        },
        "by_true_yaw": {
            band: {"faces": len(rows)} | dict(zip(ANGLES, map(float, rows.mean(axis=0)), strict=True))
            for band, rows in by_turn.items()
            if len(rows)
        },
    }
