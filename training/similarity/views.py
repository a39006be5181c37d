"""Measures whether a search decides by one view of a face as it would by all of them (docs/decisions/0088).

    python training/similarity/views.py SET=PEOPLE ... [--masked SET ...] [--model NAME] [--every N]

PEOPLE is a folder of people, PEOPLE/NAME/*.jpg, at most ten pictures each, or of pictures, one a person. The first
table asks about each face and takes each other one for all that a group holds, so that nothing else makes a search
look twice. The second takes groups of several sizes, with other pictures of the person and without. The product's
own `Search` decides. "held out" are the people on whom nothing was fitted (`parts.py`). The sets of `--masked` are
looked at again with masks drawn over the faces asked about. Faces too poor to be compared are left out.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from look import people_of
from numpy.typing import NDArray
from parts import fitted_on

from visavis.core.search import Search
from visavis.errors import ServiceError
from visavis.evaluation.corpus import central
from visavis.types import COMPARABLE, DetectedFace, Embedding, Match, Traits
from visavis.vision.decode import DecodedPicture, decode
from visavis.vision.models import DEFAULT_RECOGNITION

sys.path += [str(Path(__file__).parents[1] / folder) for folder in ("robustness", "mask")]
from meter import Meter, in_parallel
from unmasking import masked

THRESHOLDS = (77.0, 90.0, 99.0)
REGIMES = (0.0, 77.0, 90.0, 99.0)
"""Similarities at which the columns of pairs of one person begin."""
GALLERIES = (100, 1_000, 5_000)
SEARCHES = 400
MATCHES = 10
"""As many as a search asks for."""
PAIRS = (
    *("at", "pairs: own / strangers", "TAR in %: all views / now", "FMR in 1e-4: all views / now"),
    *("decided otherwise: own / strangers", "similarity off by", "looked at twice: strangers, in 1e-4", "own"),
    *(f"own from {low:.0f}" for low in REGIMES),
)
GROUPS = ("at", "group of", "registered, looked at twice", "strangers", "other faces / another first")


@dataclass(frozen=True)
class Views:
    """A face that is asked about, embedded from one view and from all, shape (d,) each; and as it is stored."""

    person: str
    first: Embedding
    every: Embedding
    stored: Embedding


@dataclass
class Asked:
    """Takes the place of a sight of a face: what would be seen is known, and counted."""

    within: float
    views: Views
    twice: bool = False

    def first_view(self) -> Embedding:
        return self.views.first

    def embedding(self) -> Embedding:
        self.twice = True
        return self.views.every


@dataclass(frozen=True)
class Stored:
    """Takes the place of the gallery: one group, whose faces are rows, shape (n, d)."""

    rows: Embedding

    def search(
        self, _group: object, probe: Embedding, limit: int, min_cosine: float, _exclude: str | None
    ) -> list[tuple[int, float]]:
        cosines = self.rows @ probe
        best = np.argsort(-cosines, kind="stable")[:limit]
        return [(int(row), float(cosines[row])) for row in best if cosines[row] >= min_cosine]


@dataclass(frozen=True)
class Decided:
    """What a search answers, and what it would by all views."""

    now: Sequence[Match]
    by_all: Sequence[Match]
    twice: bool

    @property
    def otherwise(self) -> bool:
        """Whether other faces are found; the same ones in another order are not."""
        return {match.face for match in self.now} != {match.face for match in self.by_all}

    @property
    def another_first(self) -> bool:
        """Whether the same faces are found, and another one is the most alike."""
        return not self.otherwise and [m.face for m in self.now[:1]] != [m.face for m in self.by_all[:1]]


@dataclass(frozen=True)
class Pairs:
    """Pairs near a threshold, as a search decides each in a group of one face; all others are clear either way."""

    asked: NDArray[np.intp]
    stored: NDArray[np.intp]
    now: NDArray[np.bool_]
    by_all: NDArray[np.bool_]
    twice: NDArray[np.bool_]
    off: NDArray[np.float64]
    """By how much the similarity that is shown is off; 0 where none is."""


def main() -> None:
    arguments = parse_arguments()
    meter = Meter.load(arguments.model, COMPARABLE)
    sets = {name: Path(folder) for name, folder in (each.split("=", 1) for each in arguments.sets)}
    seen = {name: look(meter, folder, arguments.every, drawn=False) for name, folder in sets.items()}
    seen |= {f"{name}, masked": look(meter, sets[name], arguments.every, drawn=True) for name in arguments.masked}
    for columns, rows_of in ((PAIRS, pairs), (GROUPS, searches)):
        print(f"\n{line(arguments.model, *columns)}\n|---{'|---' * len(columns)}|")
        for name, views in seen.items():
            for row in rows_of(meter, name, views):
                print(row, flush=True)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+", metavar="SET=PEOPLE")
    parser.add_argument("--masked", nargs="+", default=[], metavar="SET", help="draw masks in these sets, too")
    parser.add_argument("--model", default=DEFAULT_RECOGNITION.name, help="the recognition model")
    parser.add_argument("--every", type=int, default=1, help="take every Nth person only")
    return parser.parse_args()


def look(meter: Meter, folder: Path, every: int, *, drawn: bool) -> list[Views]:
    work = [(name, file) for name, files in list(people_of(folder))[::every] for file in files]
    seen = in_parallel(partial(looked_at, meter, drawn=drawn), work, folder.name)
    return [views for views in seen if views]


def looked_at(meter: Meter, person_and_file: tuple[str, Path], *, drawn: bool) -> Views | None:
    """None where no face is found, or it is too poor to be compared."""
    person, file = person_and_file
    try:
        picture = decode(file.read_bytes())
    except ServiceError:
        return None
    faces = meter.analyzer.find(picture)
    face = central(faces, picture.size) if faces else None
    if (stored := embedded(meter, picture, face)) is None:
        return None
    if drawn:
        picture, face = masked(meter.analyzer, picture, face, file.name)
    if (asked := embedded(meter, picture, face)) is None:
        return None
    [first] = meter.analyzer.embed_first_view(picture, [face], meter.model)
    return Views(person, first, asked, stored)


def embedded(meter: Meter, picture: DecodedPicture, face: DetectedFace | None) -> Embedding | None:
    if face is None:
        return None
    [described] = meter.analyzer.describe(picture, [face], Traits(comparability=True))
    return meter.embed(picture, described)


def pairs(meter: Meter, name: str, views: Sequence[Views]) -> Iterator[str]:
    """The rows of the first table: all pairs of two pictures, in both directions."""
    people = np.array([each.person for each in views])
    held = np.array([not fitted_on(name.split(",", maxsplit=1)[0], each.person) for each in views])
    similarities = meter.similarities([each.every for each in views], [each.stored for each in views])
    same, two = people[:, np.newaxis] == people, ~np.eye(len(views), dtype=bool)
    for threshold in THRESHOLDS:
        near = pairs_near(meter, views, threshold)
        for part, chosen in (("all", np.ones_like(held)), ("held out", held)):
            counted = two & chosen & chosen[:, np.newaxis]
            row = figures(near, counted & same, counted & ~same, similarities)
            yield line(f"{name}, {part}", f"{threshold:.0f}", *row)


def figures(
    near: Pairs, own: NDArray[np.bool_], strangers: NDArray[np.bool_], similarities: NDArray[np.float64]
) -> list[str]:
    """What the first table says of pairs of one person and of strangers; all have shape (asked, stored)."""
    place = near.asked, near.stored
    of_own, of_strangers = own[place], strangers[place]
    kinds = ((of_own, max(int(own.sum()), 1)), (of_strangers, max(int(strangers.sum()), 1)))
    true, false = [
        [np.sum(matches & kind) / count for matches in (near.by_all, near.now)] for kind, count in kinds
    ]
    twice = np.zeros_like(own)
    twice[place] = near.twice
    ends = [*REGIMES, np.inf]
    regimes = [own & (similarities >= low) & (similarities < high) for low, high in pairwise(ends)]
    return [
        f"{int(own.sum()):,} / {int(strangers.sum()):,}",
        " / ".join(f"{100 * rate:.2f}" for rate in true) if own.any() else "",
        " / ".join(f"{1e4 * rate:.3g}" for rate in false),
        " / ".join(str(np.sum((near.now != near.by_all) & kind)) for kind, _ in kinds),
        f"{near.off[of_own | of_strangers].max(initial=0):.2f}",
        f"{1e4 * np.sum(near.twice & of_strangers) / kinds[1][1]:.2f}",
        *(share(twice[which]) for which in (own, *regimes)),
    ]


def pairs_near(meter: Meter, views: Sequence[Views], threshold: float) -> Pairs:
    stored = np.stack([each.stored for each in views])
    within = meter.analyzer.first_view_within(meter.model)
    cosines = [
        meter.analyzer.as_probe(np.stack(asked), meter.model) @ stored.T
        for asked in ([each.first for each in views], [each.every for each in views])
    ]
    # Neither view comes near the threshold in any other pair, so no rule could let it match.
    close = np.maximum(*cosines) >= meter.calibration.cosine(threshold) - 2 * within
    np.fill_diagonal(close, val=False)
    rows, columns = np.nonzero(close)
    found = [
        decide(meter, views[row], stored[column : column + 1], threshold)
        for row, column in zip(rows, columns, strict=True)
    ]
    return Pairs(
        rows,
        columns,
        np.array([bool(each.now) for each in found], bool),
        np.array([bool(each.by_all) for each in found], bool),
        np.array([each.twice for each in found], bool),
        np.array([shown_off(each) for each in found]),
    )


def shown_off(decided: Decided) -> float:
    both = zip(decided.now, decided.by_all, strict=False)
    return max((abs(now.similarity - by_all.similarity) for now, by_all in both), default=0.0)


def decide(meter: Meter, views: Views, stored: Embedding, threshold: float) -> Decided:
    """What the product answers to a search in a group of these faces, shape (n, d)."""
    group = SimpleNamespace(model=meter.model)
    scales = {meter.model: meter.calibration}
    search = Search(meter.analyzer, None, scales, meter.model, Stored(stored), None, None)
    asked = Asked(meter.analyzer.first_view_within(meter.model), views)
    now = search.matching_sight(group, asked, MATCHES, threshold)
    return Decided(now, search.matching(group, views.every, MATCHES, threshold), asked.twice)


def searches(meter: Meter, name: str, views: Sequence[Views]) -> Iterator[str]:
    """The rows of the second table: searches of some of the people among others, drawn by chance."""
    chance = np.random.default_rng(0)
    people = np.array([each.person for each in views])
    stored = np.stack([each.stored for each in views])
    some = chance.permutation(len(views))[:SEARCHES]
    for size in [each for each in GALLERIES if each <= len(views)]:
        galleries = [chance.permutation(np.flatnonzero(people != people[row]))[:size] for row in some]
        others = [np.setdiff1d(np.flatnonzero(people == people[row]), [row]) for row in some]
        for threshold in THRESHOLDS:
            known = [
                decide(meter, views[row], stored[[*mine, *gallery[len(mine) :]]], threshold)
                for row, mine, gallery in zip(some, others, galleries, strict=True)
                if len(mine)
            ]
            unknown = [
                decide(meter, views[row], stored[gallery], threshold)
                for row, gallery in zip(some, galleries, strict=True)
            ]
            both = [*known, *unknown]
            other, first = sum(each.otherwise for each in both), sum(each.another_first for each in both)
            twice = [share([each.twice for each in found]) for found in (known, unknown)]
            yield line(name, f"{threshold:.0f}", f"{size:,}", *twice, f"{other} / {first} of {len(both):,}")


def share(those: Sequence[bool] | NDArray[np.bool_]) -> str:
    return f"{100 * np.mean(those):.0f} % of {len(those):,}" if len(those) else ""


def line(*texts: str) -> str:
    return f"| {' | '.join(texts)} |"


if __name__ == "__main__":
    main()
