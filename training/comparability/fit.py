"""Fits how poor a picture may be to be compared: what makes a fault, and where its limit is.

    python training/comparability/fit.py LOOKS [--write]

LOOKS is the folder that training/similarity/look.py writes: faces as they are, and made worse. For each fault, a
logistic regression tells the faces of the worst kinds from all others, by the measures that the fault is seen by.
The limit is put where no more than `REFUSED` of the faces of any kind that is still to be compared are beyond it,
and it takes as many of the others as it can. What the limit does on people who were not fitted on is measured by
training/robustness/measure.py.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from visavis.types import QualityDefect
from visavis.vision.comparability import FAULTS
from visavis.vision.measures import MEASURES

BEYOND = {
    QualityDefect.BLURRED: ("blurred-5", "blurred-6", "reduced-28"),
    QualityDefect.TOO_DARK: ("dark-0.08", "dark-0.06"),
    QualityDefect.COMPRESSED: ("compressed-3",),
}
"""The kinds in which strangers match."""
COMPARED = ("blurred-3", "reduced-40", "smeared-9", "dark-0.15", "overexposed-2", "noisy-30", "compressed-10")
"""The kinds that are still to be compared."""
REFUSED = 0.012
REFUSED_FOR_NOTHING = 0.001
_STEEPNESS = 10.0
SETS = ("lfw", "aaf", "ea")
_STEPS = 30
_RIDGE = 1e-2

console = Console()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("looks", type=Path)
    parser.add_argument("--write", action="store_true", help="write the result into the package")
    arguments = parser.parse_args()
    faults = {defect: fit(arguments.looks, defect) for defect in FAULTS}
    show(arguments.looks, faults)
    if arguments.write:
        path = Path(__file__).parents[2] / "src/visavis/vision/calibration/comparability.json"
        description = {
            defect.value: {
                "weights": {
                    name: round(float(weight), 4) for name, weight in zip(MEASURES, weights, strict=True) if weight
                },
                "offset": round(offset, 4),
            }
            for defect, (weights, offset) in faults.items()
        }
        content = {
            "set": "faces of LFW, All-Age-Faces, UTKFace and East Asian public figures, made worse",
            "faults": description,
        }
        path.write_text(json.dumps(content, indent=1) + "\n")
        console.print(f"Written: {path.name}")


def fit(looks: Path, defect: QualityDefect) -> tuple[NDArray[np.float64], float]:
    """Weights of all MEASURES, and the offset: the fault is beyond its limit where the sum is above 0."""
    chosen = [MEASURES.index(name) for name in FAULTS[defect]]
    kinds = [faces(looks, kind) for kind in COMPARED]
    weights = np.zeros(len(MEASURES))
    if defect not in BEYOND:
        # No kind of picture that is made worse shows nothing at all: less than nearly all of them is too little.
        weights[chosen] = -_STEEPNESS
        return weights, -max(float(np.quantile(kind @ weights, 1 - REFUSED_FOR_NOTHING)) for kind in kinds)
    poor = np.concatenate([faces(looks, kind) for kind in BEYOND[defect]])
    good = np.concatenate([*kinds, *(np.load(looks / f"{name}.npz")["measures"] for name in SETS)])
    weights[chosen] = regression(poor[:, chosen], good[:, chosen])
    limit = max(float(np.quantile(kind @ weights, 1 - REFUSED)) for kind in kinds)
    return weights, -limit


def faces(looks: Path, kind: str) -> NDArray[np.float64]:
    """The measures of the faces of this kind, in all sets: shape (n, measures)."""
    files = [path for name in SETS if (path := looks / f"{name}~{kind}.npz").exists()]
    return np.concatenate([np.load(file)["measures"] for file in files]).astype(np.float64)


def regression(poor: NDArray[np.float64], good: NDArray[np.float64]) -> NDArray[np.float64]:
    """The weights of a logistic regression that tells both apart, both counting alike; by Newton's method."""
    rows = np.concatenate([poor, good])
    mean, spread = rows.mean(axis=0), rows.std(axis=0)
    rows = np.column_stack([(rows - mean) / spread, np.ones(len(rows))])
    is_poor = np.concatenate([np.ones(len(poor)), np.zeros(len(good))])
    counts = np.concatenate([np.full(len(poor), 0.5 / len(poor)), np.full(len(good), 0.5 / len(good))])
    found = np.zeros(rows.shape[1])
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-rows @ found))
        slope = rows.T @ (counts * (chance - is_poor)) + _RIDGE / len(rows) * found
        bend = (rows * (counts * chance * (1 - chance))[:, np.newaxis]).T @ rows
        found -= np.linalg.solve(bend + np.eye(len(found)) * _RIDGE / len(rows), slope)
    return np.asarray(found[:-1] / spread)


def show(looks: Path, faults: dict[QualityDefect, tuple[NDArray[np.float64], float]]) -> None:
    """The share of faces beyond a limit, for each file of the folder."""
    for file in sorted(looks.glob("*.npz")):
        seen = np.load(file)["measures"].astype(np.float64)
        beyond = {defect: seen @ weights + offset > 0 for defect, (weights, offset) in faults.items()}
        shares = ", ".join(f"{defect.value} {each.mean():.1%}" for defect, each in beyond.items())
        refused = np.any(list(beyond.values()), axis=0).mean()
        console.print(f"{file.stem}: {len(seen)} faces, {refused:.1%} refused ({shares})", highlight=False)


if __name__ == "__main__":
    main()
