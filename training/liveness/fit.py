"""Measures the liveness networks and writes the scale of each set of them.

    python training/liveness/fit.py PICTURES [--living PEOPLE] [--name TEXT] [--write]

PICTURES holds two folders, live/*.jpg and spoof/*.jpg; of each picture the largest face counts, if the product's
detector finds one. PEOPLE is a folder of living people, PEOPLE/NAME/*.jpg: of up to 1,000 of them one picture each
shows how often the living are taken for attacks by cameras that PICTURES does not know. Every face is measured as
it lies in its picture, and as aligned crops of 224 x 224 px, tight and wide.

APCER is the share of attacks that pass for living faces, BPCER the share of living faces that are refused
(ISO/IEC 30107-3, all kinds of attack together), each with its exact 95 % interval (Clopper-Pearson). The
thresholds are chosen by hand, since the pictures are too few to optimise on: see THRESHOLDS.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table
from scipy import stats

from visavis.settings import Settings
from visavis.types import DetectedFace
from visavis.vision.align import crop
from visavis.vision.decode import DecodedPicture, decode
from visavis.vision.detect import Detector
from visavis.vision.geometry import similarity_transform
from visavis.vision.models import FR_LIVENESS, MINIFAS_V1SE, MINIFAS_V2, YUNET
from visavis.vision.spoof import LivenessEstimator
from visavis.vision.store import ModelStore

SENSITIVITIES = {"weak": 30.0, "balanced": 50.0, "strict": 70.0}

THRESHOLDS = {
    "liveness-fused": {"in_picture": (0.32, 0.52, 0.64), "aligned": (0.26, 0.38, 0.54)},
    "liveness-minifas": {"in_picture": (0.28, 0.44, 0.62), "aligned": (0.18, 0.33, 0.53)},
}
"""Raw scores at which weak, balanced and strict begin.

Balanced is the default, and there a living user who is turned away costs more than an attack that passes. Fused,
it lies just above one half: that much a face gets which convinces one family of networks and not the other at all,
and many attacks are of that kind. The pair alone separates less; its balanced threshold is the highest one before
the false alarms begin to rise. Aligned crops score lower, living or not, so each threshold is lower for them.
"""

ALIGNED_SIDE = 224
SPREADS = {"tight": 1.0, "wide": 1.3}
"""How much an aligned crop shows, in parts of what recognition networks see."""
TEMPLATE = np.array([(0.342, 0.461), (0.657, 0.46), (0.5, 0.64), (0.371, 0.825), (0.631, 0.823)])
"""Where eyes, nose and corners of the mouth lie in a tight crop, in parts of its side."""
MOST_PEOPLE = 1000

console = Console()


@dataclass(frozen=True)
class Face:
    picture: DecodedPicture
    face: DetectedFace


def main() -> None:
    arguments = parse_arguments()
    store = ModelStore(Settings().models_dir)
    detector = Detector(store.load(YUNET))
    folder: Path = arguments.pictures
    attacks = [*faces_in(sorted((folder / "spoof").glob("*.jpg")), detector)]
    living = [*faces_in(sorted((folder / "live").glob("*.jpg")), detector)]
    people = [*faces_in(one_picture_each(arguments.living), detector)] if arguments.living else []
    console.print(f"{len(attacks)} attacks, {len(living)} living faces; {len(people)} other living people")
    pair = (store.load(MINIFAS_V2), store.load(MINIFAS_V1SE))
    estimators = {
        "liveness-fused": LivenessEstimator(*pair, store.load(FR_LIVENESS)),
        "liveness-minifas": LivenessEstimator(*pair, None),
    }
    for name, estimator in estimators.items():
        thresholds = THRESHOLDS[name]
        show(name, thresholds["in_picture"], in_picture(estimator, attacks), in_picture(estimator, living))
        for view, spread in SPREADS.items():
            scores = [aligned(estimator, faces, spread) for faces in (attacks, living)]
            show(f"{name}, aligned, {view}", thresholds["aligned"], *scores)
        if people:
            show(f"{name}, other people", thresholds["in_picture"], np.zeros(0), in_picture(estimator, people))
        if arguments.write:
            write_scale(name, f"{arguments.name}: {len(living)} living faces, {len(attacks)} attacks")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", type=Path, help="folder with live/*.jpg and spoof/*.jpg")
    parser.add_argument("--living", type=Path, help="folder of people, PEOPLE/NAME/*.jpg")
    parser.add_argument(
        "--name", default="pictures of one's own", help="what the pictures are, for the model cards"
    )
    parser.add_argument("--write", action="store_true", help="write the scales into the package")
    return parser.parse_args()


def one_picture_each(folder: Path) -> list[Path]:
    """People from all over the alphabet."""
    people = sorted(path for path in folder.iterdir() if path.is_dir())
    every = -(-len(people) // MOST_PEOPLE)
    return [min(person.glob("*.jpg")) for person in people[::every]]


def faces_in(files: list[Path], detector: Detector) -> Iterable[Face]:
    """The largest face of each picture that has one."""
    for file in track(files, "Looking for faces"):
        picture = decode(file.read_bytes())
        faces = detector.find(picture)
        if faces:
            yield Face(picture, faces[0])


def in_picture(estimator: LivenessEstimator, faces: list[Face]) -> NDArray[np.float64]:
    return np.array([estimator.raw_scores(each.picture, [each.face.box])[0] for each in faces])


def aligned(estimator: LivenessEstimator, faces: list[Face], spread: float) -> NDArray[np.float64]:
    target = ((TEMPLATE - 0.5) / spread + 0.5) * ALIGNED_SIDE
    crops = []
    for each in faces:
        transform = similarity_transform(each.face.landmarks.as_array().astype(np.float64), target)
        crops.append(DecodedPicture(crop(each.picture, transform, ALIGNED_SIDE)))
    return np.array([estimator.raw_aligned_score(picture)[0] for picture in crops])


def show(
    title: str, thresholds: tuple[float, ...], attacks: NDArray[np.float64], living: NDArray[np.float64]
) -> None:
    """A table of errors: at the three sensitivities, and at scores all over the range."""
    chosen = dict(zip(thresholds, SENSITIVITIES, strict=True))
    table = Table("threshold", "sensitivity", "APCER %", "BPCER %", title=title + auc(attacks, living))
    for threshold in sorted({*chosen, *np.round(np.arange(0.1, 1, 0.1), 1)}):
        passed, refused = int((attacks >= threshold).sum()), int((living < threshold).sum())
        rates = (rate(passed, len(attacks)), rate(refused, len(living)))
        table.add_row(f"{threshold:.2f}", chosen.get(threshold, ""), *rates)
    console.print(table)


def auc(attacks: NDArray[np.float64], living: NDArray[np.float64]) -> str:
    if not len(attacks):
        return ""
    wins = (living[:, np.newaxis] > attacks).mean() + 0.5 * (living[:, np.newaxis] == attacks).mean()
    return f", AUC {wins:.3f}"


def rate(errors: int, of: int) -> str:
    """In percent, with its interval."""
    if not of:
        return "-"
    interval = stats.binomtest(errors, of).proportion_ci(0.95, "exact")
    return f"{100 * errors / of:.1f} ({100 * interval.low:.1f}-{100 * interval.high:.1f})"


def write_scale(name: str, measured_on: str) -> None:
    knots = {
        kind: [(0.0, 0.0), *zip(thresholds, SENSITIVITIES.values(), strict=True), (1.0, 100.0)]
        for kind, thresholds in THRESHOLDS[name].items()
    }
    content = json.dumps({"set": measured_on, **knots}) + "\n"
    Path(str(resources.files("visavis.vision") / "calibration" / f"{name}.json")).write_text(content)
    console.print(f"{name}: written")


if __name__ == "__main__":
    main()
