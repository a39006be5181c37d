"""Populations: everybody and each group of people, compared within themselves, to fit a common scale."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from visavis.evaluation.comparisons import Comparisons, compare_all
from visavis.evaluation.grouping import Grouping
from visavis.evaluation.verification import Faces

FEWEST_IN_A_GROUP = 450
FEWEST_OF_A_GROUP = 100_000
"""Fewest people and pairs of one group; with fewer, its rate at 99 is mostly chance (docs/decisions/0014)."""
_SIMILARITIES = (90.0, 99.0)


@dataclass(frozen=True, slots=True, eq=False)
class Population:
    """The people of one group, or everybody, and comparisons between them."""

    name: str
    count: int
    """Number of people."""
    compared: Comparisons

    @property
    def enough_for_a_group(self) -> bool:
        """Whether a scale can be fitted on them beside everybody's."""
        return self.count >= FEWEST_IN_A_GROUP and self.compared.impostor_count >= FEWEST_OF_A_GROUP


def populations(
    faces: Faces, grouping: Grouping | None, one_person: Collection[tuple[int, int]]
) -> list[Population]:
    """Everybody first, then each group. `one_person`: pairs of people, as in `faces`, who are not compared."""
    everybody = compare_all(faces.embeddings, faces.people, one_person, probes=faces.asked)
    found = [Population("everybody", len(faces.given), everybody)]
    if grouping is None:
        return found
    for number, name in enumerate(grouping.names):
        members = np.flatnonzero(grouping.of_person[faces.given] == number)
        found.append(_group(name, faces, members.tolist(), one_person))
    return found


def _group(name: str, faces: Faces, members: Sequence[int], one_person: Iterable[tuple[int, int]]) -> Population:
    rows = {member: row for row, member in enumerate(members)}
    chosen = np.flatnonzero(np.isin(faces.people, members))
    people = np.array([rows[person] for person in faces.people[chosen].tolist()], np.int64)
    pairs = [(rows[a], rows[b]) for a, b in one_person if a in rows and b in rows]
    compared = compare_all(faces.embeddings[chosen], people, pairs, probes=faces.asked[chosen])
    return Population(name, len(members), compared)


def of_groups(groups: Sequence[Population], knots: Iterable[tuple[float, float]]) -> list[dict[str, Any]]:
    """Error rates of groups on a scale with knots at 90 and 99, as shares, 0-1, for the JSON of the command."""
    cosine = {similarity: cosine for cosine, similarity in knots}
    return [
        {
            "group": group.name,
            "people": group.count,
            "impostor": group.compared.impostor_count,
            "fmr_at_similarity": {f"{at:g}": group.compared.fmr(cosine[at]) for at in _SIMILARITIES},
            "fitted": group.enough_for_a_group,
        }
        for group in groups
    ]
