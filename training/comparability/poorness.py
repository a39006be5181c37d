"""Fits how poor a picture is: what tells poor pictures from good ones, and where poorness begins.

    python training/comparability/poorness.py LOOKS [--write]

LOOKS is the folder that training/similarity/look.py writes. A logistic regression tells faces that were made worse
from faces as they are. Poorness begins where no more than `POOR_OF_GOOD` of the faces as they are have any.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
from fit import faces, regression
from rich.console import Console

from visavis.vision.measures import MEASURES
from visavis.vision.poorness import terms

sys.path.insert(0, str(Path(__file__).parents[1] / "similarity"))
from parts import fitted_on

GOOD = ("lfw", "aaf", "ea")
POOR = (
    *("blurred-3", "blurred-5", "reduced-40", "dark-0.15", "dark-0.08", "noisy-30", "compressed-10"),
    *("compressed-3", "overexposed-2", "overexposed-2.5", "sunglasses"),
)
POOR_OF_GOOD = 0.02
WIDTH = 2.0

console = Console()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("looks", type=Path)
    parser.add_argument("--write", action="store_true", help="write the result into the package")
    arguments = parser.parse_args()
    good = {name: good_faces(arguments.looks, name) for name in GOOD}
    poor = np.concatenate([faces(arguments.looks, kind) for kind in POOR])
    rows = np.concatenate([poor, *good.values()])
    mean, spread = rows.mean(axis=0), rows.std(axis=0)
    weights = regression(
        terms((poor - mean) / spread), terms((np.concatenate(list(good.values())) - mean) / spread)
    )
    start = max(
        float(np.quantile(terms((part - mean) / spread) @ weights, 1 - POOR_OF_GOOD)) for part in good.values()
    )
    for file in sorted(arguments.looks.glob("*.npz")):
        total = terms((np.load(file)["measures"] - mean) / spread) @ weights
        poorness = ((total - start) / WIDTH).clip(0, 1)
        console.print(
            f"{file.stem}: poor {(poorness > 0).mean():.1%}, mean {poorness.mean():.2f}", highlight=False
        )
    if arguments.write:
        content = {"measures": MEASURES, "start": round(start, 4), "width": WIDTH}
        for name, values in (("mean", mean), ("spread", spread), ("weights", weights)):
            content[name] = [round(float(value), 5) for value in values]
        path = Path(__file__).parents[2] / "src/visavis/vision/calibration/poorness.json"
        path.write_text(json.dumps(content, indent=1) + "\n")
        console.print(f"Written: {path.name}")


def good_faces(looks: Path, name: str) -> np.ndarray:
    """The measures of the first picture of each person to fit on, shape (n, measures)."""
    content = np.load(looks / f"{name}.npz")
    people, first = np.unique(content["people"], return_index=True)
    return content["measures"][[row for person, row in zip(people, first, strict=True) if fitted_on(name, person)]]


if __name__ == "__main__":
    main()
