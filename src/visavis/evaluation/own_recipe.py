"""A recipe of one's own: mean, centres and scale fitted to anybody's pictures, for networks that are there.

Everybody counts once in the mean and the centres, with the mean of the answers to all of their pictures. The scale
comes from pairs of single pictures, in centres that were made without the people of either.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.errors import SetupError
from visavis.evaluation.centring import Pictures, Pool, fit_centring, unseen_impostors
from visavis.evaluation.comparisons import of_cosines
from visavis.evaluation.folders import Person
from visavis.evaluation.grouping import Grouping
from visavis.evaluation.populations import Population
from visavis.evaluation.scale import FEWEST_PEOPLE, fit_scale
from visavis.types import Embedding
from visavis.vision.models import RecognitionCard

FEWEST_IN_THE_MEAN = 100
"""A group with at least this many people weighs as much in the mean as larger groups."""
MOST_PICTURES = 5_000
"""How many pictures the scale is fitted on at most; their 12.5 million pairs are kept in memory."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Network outputs for pictures of people, and for poor versions of some of them."""

    pictures: Pictures
    """The pictures in which a face was found."""
    groups: NDArray[np.int64]
    """The group of each person, shape (people,): an index into `group_names`, or -1 for none."""
    group_names: tuple[str, ...]
    """Empty if there are no groups."""
    poor: Mapping[str, Embedding]
    """Outputs for poor pictures by the kind of defect, shape (n, d)."""
    poor_people: Mapping[str, NDArray[np.int64]]
    """The person of each of `poor`, numbered as in `pictures`."""


@dataclass(frozen=True, slots=True, eq=False)
class OwnRecipe:
    """A fitted recipe, and the people that it was fitted on."""

    card: RecognitionCard
    groups: tuple[Population, ...]
    """Empty if there were no groups."""


def seen_of(
    people: Sequence[Person],
    answers: Sequence[Embedding | None],
    poor: Mapping[int, Mapping[str, Embedding]],
    grouping: Grouping | None,
    one_person: Sequence[tuple[str, str]] = (),
) -> Seen:
    """Combine the outputs for all pictures. Raises SetupError if there is no face in any picture.

    `answers`: of all pictures, person by person, None where there is no face; `poor`: by the number of the person,
    of one picture, the answers to its poor versions; `one_person`: pairs of names that count as one person.
    """
    owner = _owners(people, one_person)
    shown = [(owner[number], each) for (number, _), each in zip(pictures_of(people), answers, strict=True)]
    faces = [(number, each) for number, each in shown if each is not None]
    if not faces:
        raise SetupError("No face was found in any of the pictures.")
    given, numbers = np.unique([number for number, _ in faces], return_inverse=True)
    rows = {int(number): row for row, number in enumerate(given)}
    kinds = dict.fromkeys(kind for versions in poor.values() for kind in versions)
    of_kind = {
        kind: [(rows.get(owner[n], -1), versions[kind]) for n, versions in poor.items() if kind in versions]
        for kind in kinds
    }
    return Seen(
        Pictures(np.stack([each for _, each in faces]), numbers.astype(np.int64)),
        np.zeros(len(given), np.int64) if grouping is None else grouping.of_person[given],
        () if grouping is None else grouping.names,
        {kind: np.stack([each for _, each in found]) for kind, found in of_kind.items()},
        {kind: np.array([number for number, _ in found], np.int64) for kind, found in of_kind.items()},
    )


def pictures_of(people: Sequence[Person]) -> list[tuple[int, Path]]:
    """All pictures, each with the number of its person."""
    return [(number, file) for number, person in enumerate(people) for file in person.files]


def to_be_spoilt(people: Sequence[Person], count: int) -> dict[int, Path]:
    """One picture to make worse for up to `count` people, evenly chosen, by the number of the person."""
    step = max(1, math.ceil(len(people) / count)) if count else len(people) + 1
    return {number: people[number].files[0] for number in range(0, len(people), step)} if count else {}


def require_people(count: int) -> None:
    """Raises SetupError if there are too few people for a recipe, even with a face in every picture."""
    if count < FEWEST_PEOPLE:
        raise SetupError(
            f"{count:,} people are too few: a recipe with its scale takes at least {FEWEST_PEOPLE:,}."
        )


def fit_recipe(base: RecognitionCard, name: str, seen: Seen) -> OwnRecipe:
    """The recipe of this name, of the networks of a base. Raises SetupError if people or pairs are too few."""
    people = len(seen.groups)
    require_people(people)
    pool = _pool(seen)
    pictures = _for_the_scale(seen.pictures)
    fitted = fit_centring(replace(base, name=name, base=base.name, accuracy=()), pool, "people of its user")
    everybody, *groups = _populations(fitted, pool, pictures, seen)
    knots = fit_scale(everybody, groups, base.most_alike)
    words = _in_words(fitted, seen, len(pictures.people), everybody, groups)
    return OwnRecipe(
        replace(fitted, own_fit=replace(fitted.fit, set=words, knots=tuple(knots))), groups=tuple(groups)
    )


def _owners(people: Sequence[Person], one_person: Sequence[tuple[str, str]]) -> dict[int, int]:
    """For each person's number, the first number of the same person."""
    owner = {number: number for number in range(len(people))}
    number_of = {person.name: number for number, person in enumerate(people)}
    for a, b in one_person:
        if a in number_of and b in number_of:
            kept, dropped = sorted((owner[number_of[a]], owner[number_of[b]]))
            owner = {number: kept if first == dropped else first for number, first in owner.items()}
    return owner


def _pool(seen: Seen) -> Pool:
    pictures = seen.pictures
    clean = np.zeros((len(seen.groups), pictures.answers.shape[1]), np.float32)
    np.add.at(clean, pictures.people, pictures.answers)
    clean /= np.bincount(pictures.people)[:, np.newaxis]
    return Pool(clean, _weighed_alike(seen.groups), seen.poor, seen.poor_people)


def _weighed_alike(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """The groups that are large enough for the mean, -1 for people of others; one group of all if none is."""
    names, number, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    large = (sizes >= FEWEST_IN_THE_MEAN) & (names >= 0)
    return np.where(large[number], groups, -1) if large.any() else np.zeros_like(groups)


def _for_the_scale(pictures: Pictures) -> Pictures:
    """At most MOST_PICTURES pictures: one of each person before a second of anybody."""
    people = pictures.people
    by_person = np.argsort(people, kind="stable")
    rank = np.empty_like(people)
    rank[by_person] = np.arange(len(people)) - np.searchsorted(people[by_person], people[by_person])
    order = np.random.default_rng(0).permutation(int(people.max()) + 1)[people]
    chosen = np.sort(np.lexsort((order, rank))[:MOST_PICTURES])
    return Pictures(pictures.answers[chosen], people[chosen])


def _populations(card: RecognitionCard, pool: Pool, pictures: Pictures, seen: Seen) -> list[Population]:
    """Everybody, then each group."""
    group = seen.groups[pictures.people]
    chosen = [np.arange(len(group)), *(np.flatnonzero(group == number) for number in range(len(seen.group_names)))]
    cosines = unseen_impostors(card, pool, chosen, pictures)
    return [
        Population(name, len(np.unique(pictures.people[rows])), of_cosines(found))
        for name, rows, found in zip(("everybody", *seen.group_names), chosen, cosines, strict=True)
    ]


def _in_words(
    card: RecognitionCard, seen: Seen, pictures: int, everybody: Population, groups: Sequence[Population]
) -> str:
    centring = card.fit.centring
    centres = 0 if centring is None else len(centring.centres)
    spoilt = max(map(len, seen.poor.values()), default=0)
    weighed = _weighed_alike(seen.groups)
    alike = [name for number, name in enumerate(seen.group_names) if number in weighed]
    fitted = [group.name for group in groups if group.enough_for_a_group]
    return (
        f"mean and {centres} centres: {everybody.count:,} people"
        + (f", {len(alike)} groups of them alike ({', '.join(alike)})" if alike else "")
        + (f", and poor versions of {spoilt:,} of their pictures" if spoilt else "")
        + f"; scale: {everybody.compared.impostor_count:,} pairs of {pictures:,} of their pictures, each in "
        "centres made without the two"
        + (f"; at each rate the highest of everybody and {', '.join(fitted)}" if fitted else "")
    )
