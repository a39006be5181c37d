"""Fits and measures liveness: the correction of the networks, and the scale of each set of them.

    python training/liveness/fit.py --attacks SET ... --living PEOPLE ... [--name TEXT] [--write]

A SET has a folder `live` of living people and a folder for each kind of attack; a folder PEOPLE has pictures of
living people, or a folder for each person, of whom one picture counts. The largest face of each picture counts.

Every figure is of people whom the correction was not fitted on: it is fitted five times, each time without a fifth
of the people, and judges those. People are told apart by `clientNNN` in a file's name, or else by the name. The
correction that is written is fitted on all.

APCER is the share of attacks of a kind that pass for living faces, BPCER the share of living faces that are
refused (ISO/IEC 30107-3). Each sensitivity begins where the BPCER of the worst set of `--attacks`, and of the
first `--living`, is that of REFUSED.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table
from scipy.optimize import minimize

from visavis.errors import ServiceError
from visavis.settings import Settings
from visavis.vision.decode import decode
from visavis.vision.detect import Detector
from visavis.vision.liveness_correction import bounded, scaled_terms
from visavis.vision.models import FR_LIVENESS, MINIFAS_V1SE, MINIFAS_V2, YUNET
from visavis.vision.spoof import LivenessEstimator, measured
from visavis.vision.store import ModelStore

SENSITIVITIES = {"weak": 30.0, "balanced": 50.0, "strict": 70.0}
REFUSED = {"weak": 0.01, "balanced": 0.03, "strict": 0.08}
"""Living faces that a sensitivity may refuse. Balanced is the default: there a living user who is turned away
costs more than an attack that passes."""
ALIGNED = {"liveness-fused": (0.26, 0.38, 0.54), "liveness-minifas": (0.18, 0.33, 0.53)}
"""Raw scores of aligned faces at which weak, balanced and strict begin; chosen by hand (docs/decisions/0018)."""
PARTS = 5
PENALTY = 0.01
MOST_PEOPLE = 1000

console = Console()

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Corpus:
    """What was measured on each face, one row each."""

    kind: NDArray[np.str_]
    part: NDArray[np.int64]
    """Which fifth of the people it belongs to."""
    living: NDArray[np.bool_]
    measures: Numbers
    log_odds: dict[str, Numbers]
    """Of each set of networks."""


def main() -> None:
    arguments = parse_arguments()
    corpus = looked_at(arguments.attacks, arguments.living)
    judging = [kind for kind in kinds(corpus, living=True) if kind.endswith("/live")]
    judging += [str(folder) for folder in arguments.living[:1]]
    held = held_out_sums(corpus)
    for name, log_odds in corpus.log_odds.items():
        show(f"{name}, networks alone", corpus, log_odds, judging)
        scores = log_odds + bounded(held)
        thresholds = show(f"{name}, corrected", corpus, scores, judging)
        if arguments.write:
            write_scale(name, thresholds, arguments.name)
    if arguments.write:
        write_correction(corpus)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attacks", type=Path, nargs="+", required=True, help="folders with live and attacks")
    parser.add_argument("--living", type=Path, nargs="+", required=True, help="folders of living people")
    parser.add_argument("--name", default="pictures of one's own", help="what the pictures are, for the cards")
    parser.add_argument("--write", action="store_true", help="write correction and scales into the package")
    return parser.parse_args()


def looked_at(attacks: list[Path], living: list[Path]) -> Corpus:
    store = ModelStore(Settings().models_dir)
    detector = Detector(store.load(YUNET))
    pair = (store.load(MINIFAS_V2), store.load(MINIFAS_V1SE))
    estimators = {
        "liveness-fused": LivenessEstimator(*pair, store.load(FR_LIVENESS)),
        "liveness-minifas": LivenessEstimator(*pair, None),
    }
    rows = []
    for kind, file, alive in track([*files(attacks, living)], "Looking for faces"):
        try:
            picture = decode(file.read_bytes())
        except ServiceError:  # too small for a face that is reported
            continue
        for face in detector.find(picture)[:1]:
            odds = [estimator.log_odds(picture, [face.box])[0] for estimator in estimators.values()]
            rows.append((kind, part_of(file), alive, measured(picture, face.box), odds))
    kind, part, alive, measures, odds = zip(*rows, strict=True)
    by_network = dict(zip(estimators, np.array(odds).T, strict=True))
    return Corpus(np.array(kind), np.array(part), np.array(alive), np.array(measures), by_network)


def files(attacks: list[Path], living: list[Path]) -> Iterator[tuple[str, Path, bool]]:
    """Kind, file, and whether it shows a living face."""
    for folder in attacks:
        for kind in sorted(path for path in folder.iterdir() if path.is_dir()):
            for file in sorted(kind.glob("*.jpg")):
                yield f"{folder.name}/{kind.name}", file, kind.name == "live"
    for folder in living:
        people = sorted(folder.iterdir())
        every = -(-len(people) // MOST_PEOPLE)
        for person in people[::every]:
            yield str(folder), min(person.glob("*.jpg")) if person.is_dir() else person, True


def part_of(file: Path) -> int:
    named = re.search(r"client\d+", file.name)
    person = named.group() if named else file.stem
    return sha256(f"part {person}".encode()).digest()[0] % PARTS


def kinds(corpus: Corpus, *, living: bool) -> list[str]:
    return [str(kind) for kind in dict.fromkeys(corpus.kind[corpus.living == living])]


def held_out_sums(corpus: Corpus) -> Numbers:
    """For each face the sum of a regression that was fitted without its fifth."""
    sums = np.zeros(len(corpus.kind))
    for part in range(PARTS):
        out = corpus.part == part
        mean, spread, weights, offset = fitted(corpus, ~out)
        sums[out] = scaled_terms(corpus.measures[out], mean, spread) @ weights + offset
    return sums


def fitted(corpus: Corpus, chosen: NDArray[np.bool_]) -> tuple[Numbers, Numbers, Numbers, float]:
    """Mean and spread of the measures, weights of the terms, and the offset.

    Every kind of face counts as much as every other, whether it has few pictures or many, and living faces as much
    as attacks.
    """
    share = np.zeros(len(corpus.kind))
    for living in (True, False):
        groups = kinds(corpus, living=living)
        for kind in groups:
            there = chosen & (corpus.kind == kind)
            share[there] = 0.5 / len(groups) / max(1, there.sum())
    share = share[chosen] / share[chosen].sum()
    measures = corpus.measures[chosen]
    mean = share @ measures
    spread = np.sqrt(share @ (measures - mean) ** 2) + 1e-6
    weighed = scaled_terms(measures, mean, spread)
    # Terms have spreads of their own; the penalty must be alike for all.
    middle = share @ weighed
    width = np.sqrt(share @ (weighed - middle) ** 2) + 1e-6
    weights, offset = logistic((weighed - middle) / width, corpus.living[chosen], share)
    return mean, spread, weights / width, offset - float(weights @ (middle / width))


def logistic(columns: Numbers, living: NDArray[np.bool_], share: Numbers) -> tuple[Numbers, float]:
    sign = np.where(living, 1.0, -1.0)

    def loss(solution: Numbers) -> tuple[float, Numbers]:
        weights, offset = solution[:-1], solution[-1]
        margin = sign * (columns @ weights + offset)
        slope = -share * sign / (1 + np.exp(margin))
        value = share @ np.logaddexp(0, -margin) + PENALTY / 2 * weights @ weights
        return float(value), np.append(slope @ columns + PENALTY * weights, slope.sum())

    found = minimize(loss, np.zeros(columns.shape[1] + 1), jac=True, method="L-BFGS-B", options={"maxiter": 500})
    return found.x[:-1], float(found.x[-1])


def show(title: str, corpus: Corpus, scores: Numbers, judging: list[str]) -> tuple[float, ...]:
    """Errors of each kind at each sensitivity; returns the raw scores, 0-1, at which they begin."""
    thresholds = {
        name: min(float(np.quantile(scores[corpus.kind == kind], share)) for kind in judging)
        for name, share in REFUSED.items()
    }
    table = Table("kind", "pictures", *SENSITIVITIES, title=title)
    for living, error in ((False, "APCER"), (True, "BPCER")):
        for kind in kinds(corpus, living=living):
            seen = scores[corpus.kind == kind]
            wrong = [float(np.mean((seen >= at) != living)) for at in thresholds.values()]
            table.add_row(f"{error} {kind}", str(len(seen)), *[f"{100 * rate:.1f} %" for rate in wrong])
    console.print(table)
    return tuple(round(float(1 / (1 + np.exp(-at))), 3) for at in thresholds.values())


def write_scale(name: str, thresholds: tuple[float, ...], measured_on: str) -> None:
    knots = {
        kind: [(0.0, 0.0), *zip(raw, SENSITIVITIES.values(), strict=True), (1.0, 100.0)]
        for kind, raw in (("in_picture", thresholds), ("aligned", ALIGNED[name]))
    }
    write(f"{name}.json", {"set": measured_on, **knots})


def write_correction(corpus: Corpus) -> None:
    mean, spread, weights, offset = fitted(corpus, np.ones(len(corpus.kind), bool))
    numbers = {"mean": mean, "spread": spread, "weights": weights}
    write(
        "liveness-correction.json",
        {
            **{key: [float(f"{value:.5g}") for value in values] for key, values in numbers.items()},
            "offset": offset,
        },
    )


def write(file: str, content: dict[str, object]) -> None:
    target = Path(str(resources.files("visavis.vision") / "calibration" / file))
    target.write_text(json.dumps(content) + "\n")
    console.print(f"{file}: written")


if __name__ == "__main__":
    main()
