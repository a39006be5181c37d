"""Fits a recipe that treats people alike: mean, centres, and the scale of the group that needs the highest one.

    python training/similarity/fit.py LOOKS [--model NAME] [--write]

LOOKS is the folder that look.py writes. The pool of the centres is All-Age-Faces, UTKFace and East Asian public
figures, one vector a person, with the poor versions of LFW's faces too; of each set only the people that parts.py
gives for fitting. The scale is fitted on pairs of the same people within groups of adults, each pair in centres
that were made without either of them: at each false match rate the group with the highest cosine decides. Groups
that have too few pairs for that are measured, and not fitted on: training/fairness/measure.py prints the table.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from parts import fitted_on
from rich.console import Console

from visavis.evaluation.centring import Pool, fit_centring, unseen_impostors
from visavis.evaluation.comparisons import Comparisons, compare_all, of_cosines
from visavis.evaluation.folders import read_set_aside
from visavis.evaluation.scale import Knots, fit_common_scale
from visavis.types import Embedding
from visavis.vision.fusion import as_probe, fused
from visavis.vision.models import SFACE_2, SFACE_FR_2, RecognitionCard
from visavis.vision.poorness import poorness_of

CARDS = {card.name: card for card in (SFACE_FR_2, SFACE_2)}
POOL = ("aaf", "utk", "ea")

MARGIN = 0.9
"""The share of each false match rate that is fitted: other people than these may match a little more often."""
ADULT = range(18, 60)
SET = (
    "All-Age-Faces, UTKFace and East Asian public figures, one vector a person, with poor versions of some of "
    "their faces and of LFW's"
)

console = Console()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("looks", type=Path)
    parser.add_argument("--model", default=SFACE_FR_2.name, choices=list(CARDS))
    parser.add_argument("--set-aside", type=Path, default=Path(__file__).with_name("lfw-one-person.json"))
    parser.add_argument("--write", action="store_true", help="write the result into the package")
    arguments = parser.parse_args()
    card = CARDS[arguments.model]
    pool, names = pool_of(arguments.looks, card.name)
    fitted = fit_centring(card, pool, SET)
    compared = compared_within(card, pool, groups_of(names))
    compared["LFW"] = compared_lfw(fitted, arguments.looks, arguments.set_aside)
    knots = fit_common_scale(list(compared.values()), card.most_alike, MARGIN)
    for name, group in compared.items():
        rates = ", ".join(f"{similarity:g}: {group.fmr(cosine):.1e}" for cosine, similarity in knots[1:-1])
        console.print(f"{name}, {group.impostor_count:,} pairs; FMR at {rates}", highlight=False)
    if arguments.write:
        write(fitted, knots, names, compared)


def pool_of(looks: Path, model: str) -> tuple[Pool, list[str]]:
    """The pool, and the names of its people with their set before them."""
    names: list[str] = []
    vectors, groups = [], []
    for number, name in enumerate(POOL):
        people, answers = people_in(looks / f"{name}.npz", name, model)
        names += [f"{name}/{person}" for person in people]
        vectors.append(answers)
        groups.append(np.full(len(people), number))
    row = {name: number for number, name in enumerate(names)}
    poor: dict[str, list[Embedding]] = {}
    owners: dict[str, list[int]] = {}
    for file in sorted(looks.glob("*~*.npz")):
        set_name, kind = file.stem.split("~", 1)
        content = np.load(file)
        poor.setdefault(kind, []).append(answers_in(content, model))
        owners.setdefault(kind, []).extend(row.get(f"{set_name}/{person}", -1) for person in content["people"])
    return (
        Pool(
            np.concatenate(vectors),
            np.concatenate(groups),
            {kind: np.concatenate(parts) for kind, parts in poor.items()},
            {kind: np.array(rows) for kind, rows in owners.items()},
        ),
        names,
    )


def people_in(file: Path, set_name: str, model: str) -> tuple[list[str], Embedding]:
    """The people to fit on, and the mean of the answers to each one's pictures."""
    content = np.load(file)
    people, number = np.unique(content["people"], return_inverse=True)
    answers = answers_in(content, model)
    chosen = [index for index, person in enumerate(people) if fitted_on(set_name, str(person))]
    return [str(people[index]) for index in chosen], np.stack(
        [answers[number == index].mean(axis=0) for index in chosen]
    )


def groups_of(names: list[str]) -> dict[str, NDArray[np.int64]]:
    """Groups of adults with pairs enough to fit a scale on: row numbers of the pool."""
    found: dict[str, list[int]] = {"East Asian women, 18-59": [], "East Asian men, 18-59": []}
    for row, name in enumerate(names):
        set_name, _, person = name.partition("/")
        if set_name == "aaf":
            _, age, sex = person.split("_")
            if int(age) in ADULT:
                found[f"East Asian {'women' if sex == 'f' else 'men'}, 18-59"].append(row)
    return {name: np.array(rows) for name, rows in found.items()}


def compared_within(
    card: RecognitionCard, pool: Pool, groups: dict[str, NDArray[np.int64]]
) -> dict[str, Comparisons]:
    cosines = unseen_impostors(card, pool, list(groups.values()))
    return {name: of_cosines(found) for name, found in zip(groups, cosines, strict=True)}


def compared_lfw(card: RecognitionCard, looks: Path, set_aside: Path) -> Comparisons:
    """The pictures of LFW's people to fit on, who are in no pool: they tell where one pair in a million is."""
    content = np.load(looks / "lfw.npz")
    chosen = [row for row, person in enumerate(content["people"]) if fitted_on("lfw", str(person))]
    embeddings = fused(card, answers_in(content, card.name)[chosen])
    names, people = np.unique(content["people"][chosen], return_inverse=True)
    number = {str(name): row for row, name in enumerate(names)}
    pairs = read_set_aside(set_aside)
    one_person = [(number[a], number[b]) for a, b in pairs if a in number and b in number]
    return compare_all(embeddings, people, one_person, probes=as_probe(card, embeddings))


def answers_in(content: Mapping[str, NDArray[np.float32]], model: str) -> Embedding:
    """The answers of the networks, and how poor the pictures are, side by side: shape (n, d)."""
    poor = poorness_of(content["measures"])[:, np.newaxis]
    return np.hstack([content[model], poor]).astype(np.float32)


def write(card: RecognitionCard, knots: Knots, names: list[str], compared: dict[str, Comparisons]) -> None:
    """Write the files that the model card reads."""
    folder = Path(__file__).parents[2] / "src/visavis/vision/calibration"
    centring = card.fit.centring
    assert centring is not None
    counts = {name: sum(each.startswith(f"{name}/") for each in names) for name in POOL}
    pairs = "; ".join(f"{name}, {group.impostor_count:,} pairs" for name, group in compared.items())
    content = {
        "model": card.name,
        "set": f"mean and {len(centring.centres)} centres: {counts['aaf']:,} people of All-Age-Faces, "
        f"{counts['utk']:,} of UTKFace, {counts['ea']:,} East Asian public figures, and poor versions of some of "
        f"their faces and of LFW's; scale: {pairs}",
        "knots": knots,
        "centring": {"pull": centring.pull, "focus": centring.focus},
        "mean": list(card.mean),
    }
    (folder / f"{card.name}.json").write_text(json.dumps(content, indent=1) + "\n")
    np.save(folder / f"{card.name}.centres.npy", centring.centres.astype(np.float16))
    console.print(f"Written: {card.name}.json and {card.name}.centres.npy")


if __name__ == "__main__":
    main()
