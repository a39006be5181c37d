"""Makes the table of groups of a model card: how often strangers match and people are recognised, group by group.

    python training/fairness/measure.py [--folder LABEL DIR]... [--aaf DIR] [--utk DIR] [--people FILE]

Three shapes of collections are known:

    --folder LABEL DIR  DIR/PERSON/*.jpg, as LFW has it: one group, called LABEL
    --aaf DIR           DIR/NUMBER_AGE_SEX.jpg, as All-Age-Faces: groups by age and sex
    --utk DIR           DIR/NUMBER_AGE_SEX_RACE.jpg, as UTKFace: groups by race and sex, and by age

A picture of the latter two is a person, so they have no genuine pairs. FILE is a JSON list of names, of folders or
of files with or without suffix: nobody else is measured, such as those on whom a model was fitted. All strangers
of a group are compared with each other. The labels are the collections' own; their makers guessed some of them.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from visavis.cli.measuring import measure_files, recognition_card
from visavis.core.calibration import Calibration
from visavis.evaluation import differentials, verification
from visavis.evaluation.corpus import Which
from visavis.evaluation.folders import Person, people_in, single_pictures_in
from visavis.evaluation.grouping import Grouping
from visavis.evaluation.sheets import percent, scientific
from visavis.settings import Settings
from visavis.types import GroupSettings, Traits
from visavis.vision.models import RecognitionCard

PICTURES_A_PERSON = 10
SEXES = {"f": "women", "m": "men"}
LABELS = re.compile(r"[^_]+_(?P<age>\d+)_(?P<sex>[fm])(_(?P<race>[a-z]+))?")
"""What is said of a person by the name of their file, without its suffix."""
COLUMNS = ("people", "pictures", "without a face", "refused")


@dataclass(frozen=True)
class Labels:
    """What a collection says of a person."""

    age: int
    sex: str
    race: str | None

    @classmethod
    def of(cls, person: Person) -> Labels | None:
        found = LABELS.fullmatch(Path(person.name).stem)
        return found and cls(int(found["age"]), found["sex"], found["race"])


@dataclass(frozen=True)
class Collection:
    """People who are compared with each other, and the groups among them that make a row each."""

    name: str
    people: Sequence[Person]
    groups: Mapping[str, Callable[[Person], bool]]


def main() -> None:
    arguments = parse_arguments()
    card = recognition_card(arguments.model)
    chosen = set(json.loads(arguments.people.read_text(encoding="utf-8"))) if arguments.people else None
    similarities = list(verification.SIMILARITIES)
    heading = [
        f"{card.name}",
        *COLUMNS,
        *(f"FMR at {at}" for at in similarities),
        *(f"TAR at {at}" for at in similarities),
    ]
    print(line(heading))
    print(line(["---"] * len(heading)))
    rows = []
    for collection in collections_of(arguments, chosen):
        for group, figures in measure(collection, card, arguments):
            rows.append([f"{collection.name}, {group}" if group else collection.name, *cells(figures)])
            print(line(rows[-1]), flush=True)
    if arguments.write:
        path = Path(__file__).parents[2] / "src/visavis/vision/calibration" / f"{card.name}.groups.json"
        path.write_text(json.dumps({"columns": ["group", *heading[1:]], "rows": rows}, indent=1) + "\n")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--folder", nargs=2, action="append", default=[], metavar=("LABEL", "DIR"), help="a folder a person"
    )
    parser.add_argument("--aaf", type=Path, help="pictures named NUMBER_AGE_SEX.jpg")
    parser.add_argument("--utk", type=Path, help="pictures named NUMBER_AGE_SEX_RACE.jpg")
    parser.add_argument("--people", type=Path, help="JSON list of the names of those who are measured")
    parser.add_argument("--model", help="recognition model; without it the default")
    parser.add_argument("--min-quality", type=float, default=0.0, help="faces of less quality are refused")
    parser.add_argument("--resamples", type=int, default=1000, help="draws of people behind each 95 %% interval")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--write", action="store_true", help="write the table into the package, for the model card"
    )
    return parser.parse_args()


def collections_of(arguments: argparse.Namespace, chosen: set[str] | None) -> Iterable[Collection]:
    """Those that are asked for, as far as anybody of them is to be measured."""
    for label, folder in arguments.folder:
        people = only(people_in(Path(folder), PICTURES_A_PERSON), chosen)
        yield Collection(label, people, {"": lambda _: True})
    if arguments.aaf:
        people = only(single_pictures_in(arguments.aaf), chosen)
        yield Collection("All-Age-Faces", people, adults_by_sex() | by_age())
    if arguments.utk:
        people = only(single_pictures_in(arguments.utk), chosen)
        races = sorted({said.race for said in map(Labels.of, people) if said and said.race})
        groups = {name: test for race in races for name, test in adults_by_sex(race).items()}
        yield Collection("UTKFace", people, groups | by_age())


def only(people: Sequence[Person], chosen: set[str] | None) -> list[Person]:
    return [each for each in people if chosen is None or {each.name, Path(each.name).stem} & chosen]


def adults_by_sex(race: str | None = None) -> dict[str, Callable[[Person], bool]]:
    """Women and men of 18 to 59, of all or of one race."""
    prefix = f"{race} " if race else ""
    return {
        f"{prefix}{word} 18-59": who(
            lambda said, sex=sex: 18 <= said.age <= 59 and said.sex == sex and race in {None, said.race}
        )
        for sex, word in SEXES.items()
    }


def by_age() -> dict[str, Callable[[Person], bool]]:
    """The old, who are few, together and by sex, and children."""
    return {
        "60 and older": who(lambda said: said.age >= 60),
        **{
            f"{word} 60 and older": who(lambda said, sex=sex: said.age >= 60 and said.sex == sex)
            for sex, word in SEXES.items()
        },
        "children 2-12": who(lambda said: 2 <= said.age <= 12),
    }


def who(test: Callable[[Labels], bool]) -> Callable[[Person], bool]:
    """The test of labels as one of people; those without labels are in no group."""

    def tests(person: Person) -> bool:
        said = Labels.of(person)
        return said is not None and test(said)

    return tests


def measure(
    collection: Collection, card: RecognitionCard, arguments: argparse.Namespace
) -> Iterable[tuple[str, dict[str, Any]]]:
    """The figures of each group in which anybody is; groups may overlap, and each is measured by itself."""
    people = [person for person in collection.people if any(test(person) for test in collection.groups.values())]
    if not people:
        return
    files = [file for person in people for file in person.files]
    seen = measure_files(files, Settings(), Traits(quality=True, comparability=True), card.name, Which.CENTRAL)
    samples = {sample.file: sample for sample in seen}
    scale = Calibration.from_table(card.similarity_table)
    measured = verification.of_people(people, samples, scale, GroupSettings(min_quality=arguments.min_quality))
    for name, test in collection.groups.items():
        of_person = np.array([0 if test(person) else -1 for person in people], np.int64)
        if (of_person < 0).all():
            continue
        alone = Grouping((name,), of_person, (), ())
        figures = differentials.summary(
            measured, people, alone, samples, scale, arguments.resamples, arguments.seed
        )
        yield name, figures["within"][name]


def cells(figures: Mapping[str, Any]) -> list[str]:
    spans = figures["intervals"]
    fmrs = [
        f"none in {figures['impostor']:,}" if rate == 0 else scientific(rate, spans["fmr_at_similarity"][at])
        for at, rate in figures["fmr_at_similarity"].items()
    ]
    tars = [
        percent(*one_less(rate, spans["fnmr_at_similarity"][at]))
        for at, rate in figures["fnmr_at_similarity"].items()
    ]
    counts = [figures["people"], figures["faces"], figures["missed"], figures["refused"]]
    return [*(f"{count:,}" for count in counts), *fmrs, *tars]


def one_less(
    rate: float | None, interval: tuple[float, float] | None
) -> tuple[float | None, tuple[float, float] | None]:
    """A TAR from an FNMR."""
    turned = None if interval is None else (1 - interval[1], 1 - interval[0])
    return (None if rate is None else 1 - rate), turned


def line(texts: Iterable[str]) -> str:
    return "| " + " | ".join(texts) + " |"


if __name__ == "__main__":
    main()
