"""Train, measure and export the network that tells whether a face wears a mask.

    python training/mask/train.py --people lfw --masked pictures/masked --unmasked pictures/unmasked \
        --detector face_detection_yunet_2023mar.onnx --recognizer face_recognition_sface_2021dec.onnx \
        --output src/visavis/vision/weights/mask.onnx

`--people` holds one directory of JPEG files for each person, all unmasked; the other two hold JPEG files of
unnamed people. The run is seeded; figures move by a few tenths of a percent with the number of threads.
"""

from __future__ import annotations

import argparse
import pickle
from pathlib import Path

import numpy as np
import openpeople
import torch
from dataset import PORTION, Sample, build, held_out, number, tasks, tightly_cut
from evaluate import balanced, line, probabilities, report, synthetic_people
from fit import fit, scores
from grouping import grouped
from network import export

from visavis.vision.detect import Detector
from visavis.vision.session import Network

ALWAYS = -1
"""The fold of samples that are in every training set."""


def main() -> None:
    options = arguments()
    torch.set_num_threads(options.threads)
    samples = load(options)
    training = [sample for sample in samples if sample.source != "people" or not held_out(sample.group)]
    foreign = [sample for sample in samples if sample.source == "people" and held_out(sample.group)]
    same_source = cross_validate(training, by_person(training, options.folds), options.fold_steps)
    other_source = cross_validate(training, by_framing(training), options.fold_steps)
    # Other pictures will resemble ours less than our folds one another, more than our sources one another.
    balances = balance(training, same_source), balance(training, other_source)
    threshold = sum(balances) / 2
    print(f"Balancing logits {balances[0]:.2f} and {balances[1]:.2f}: 0.5 shall mean {threshold:.2f}")
    for title, logits in (("Other people:", same_source), ("Other sources:", other_source)):
        tested = np.flatnonzero(~np.isnan(logits))
        print("\n".join([title, *report([training[i] for i in tested], logits[tested], threshold)]))
    print(f"Training on {len(training)} faces")
    net = fit(training, options.steps, seed=options.folds)
    export(net, -threshold, options.output)
    print("People who were never trained on:")
    print("\n".join(report(foreign, scores(net, foreign), threshold)))
    detector = Detector(options.detector.read_bytes())
    names, crops = zip(*synthetic_people(detector, Path(openpeople.__file__).parent), strict=True)
    answers = probabilities(options.output, list(crops))
    print(line("openpeople, all faces", answers >= 0.5))
    print("  taken for masked:", [name for name, answer in zip(names, answers, strict=True) if answer >= 0.5])
    print(f"{options.output}: {options.output.stat().st_size} bytes")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("people", "masked", "unmasked", "detector", "recognizer", "output"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--cache", type=Path, help="file that keeps the prepared faces for the next run")
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--fold-steps", type=int, default=1000)
    parser.add_argument("--steps", type=int, default=2500)
    parser.add_argument("--workers", type=int, default=2, help="processes that prepare faces")
    parser.add_argument("--threads", type=int, default=1, help="threads that train")
    return parser.parse_args()


def load(options: argparse.Namespace) -> list[Sample]:
    """The prepared faces, from the cache if there is one."""
    if options.cache and options.cache.exists():
        return pickle.loads(options.cache.read_bytes())  # noqa: S301 - a file that this script wrote
    todo = tasks(options.people, options.masked, options.unmasked)
    samples: list[Sample] = []
    for index, portion in enumerate(build(todo, options.detector, options.workers)):
        samples += portion
        if index % 8 == 0:
            print(f"  {index * PORTION:5d} of {len(todo)} pictures, {len(samples)} faces", flush=True)
    samples = grouped(samples, Network(options.recognizer.read_bytes()))
    if options.cache:
        options.cache.write_bytes(pickle.dumps(samples))
    return samples


def by_person(samples: list[Sample], folds: int) -> np.ndarray:
    """Fold numbers that keep a person together, shape (n,)."""
    return np.array([number(f"fold:{sample.group}") % folds for sample in samples])


def by_framing(samples: list[Sample]) -> np.ndarray:
    """Fold 0 for tightly cut faces, 1 for faces in wider pictures: they come from different sources, shape (n,).

    People with names are in no fold: they are always trained on.
    """
    tight = {sample.path for sample in samples if sample.kind == "photo" and tightly_cut(sample)}
    return np.array([ALWAYS if s.source == "people" else int(s.path not in tight) for s in samples])


def cross_validate(samples: list[Sample], fold_of: np.ndarray, steps: int) -> np.ndarray:
    """The logit of each sample by a network that was not trained on its fold; NaN for those in no fold."""
    logits = np.full(len(samples), np.nan)
    for fold in sorted({*fold_of.tolist()} - {ALWAYS}):
        print(f"Without fold {fold}")
        net = fit([samples[i] for i in np.flatnonzero(fold_of != fold)], steps, seed=fold)
        there = np.flatnonzero(fold_of == fold)
        logits[there] = scores(net, [samples[i] for i in there])
    return logits


def balance(samples: list[Sample], logits: np.ndarray) -> float:
    """The logit that balances misses and alarms on photographs, drawings left out."""
    masked = np.array([sample.masked for sample in samples])
    photo = np.array([sample.kind == "photo" for sample in samples]) & ~np.isnan(logits)
    return balanced(logits[photo & masked], logits[photo & ~masked])


if __name__ == "__main__":
    main()
