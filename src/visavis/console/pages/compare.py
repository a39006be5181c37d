"""Two pictures: how alike their faces are, and what each dialect says of that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import Response

from visavis.console.pictures import Upload, with_pictures
from visavis.console.questions import loaded, problem, question, reply, sent, told
from visavis.console.visit import Visit
from visavis.core.calibration import pairs_per_false_match
from visavis.core.compare import Compared, Pairs, about
from visavis.core.questions import Sent
from visavis.errors import ErrorCode, FaceError
from visavis.types import ImageBytes, Want

_THRESHOLD = 90
_EVERYTHING = Want(pose=True, mask=True, quality=True)


async def show(visit: Visit) -> Response:
    scale = [pairs_per_false_match(threshold) for threshold in range(101)]
    scale_set = visit.services.scale_set
    return visit.page("compare.html", app=visit.app, threshold=_THRESHOLD, scale=scale, scale_set=scale_set)


async def compare(visit: Visit) -> Response:
    """Every face of one picture against every face of the other, for any threshold at once."""

    def work(upload: Upload) -> dict[str, Any]:
        pictures = [sent(upload, "source", "sourceImage"), sent(upload, "target", "targetImage")]
        try:
            for place, name in enumerate(("Source", "Target")):
                with about(name):
                    pictures[place] = loaded(visit, pictures[place])
            pairs = _pairs(visit, pictures)
        except FaceError as error:
            return {"problem": problem(visit, error), "replies": _refusals(visit, pictures, error)}
        answer = {
            "source": told(pairs.source_size, pairs.source_faces, pictures[0]),
            "target": told(pairs.target_size, pairs.target_faces, pictures[1]),
            "similarities": pairs.similarities,
            "pairs": [[pairs_per_false_match(similarity) for similarity in row] for row in pairs.similarities],
        }
        try:
            return answer | _incomparable(visit, pairs) | {"replies": _replies(visit, pictures, pairs)}
        except FaceError as error:  # there is nobody in the first picture
            return answer | {"problem": problem(visit, error), "replies": _refusals(visit, pictures, error)}

    return visit.json(await with_pictures(visit, work))


def _incomparable(visit: Visit, pairs: Pairs) -> dict[str, Any]:
    """The problem of a picture that is too poor for any verdict; nothing where some pair can be compared."""
    if any(similarity for row in pairs.similarities for similarity in row):
        return {}
    detail = pairs.of_largest(_THRESHOLD).detail
    place = detail.partition(" ")[0]
    return {"problem": problem(visit, FaceError(ErrorCode.TOO_POOR, detail, place))} if detail else {}


def _pairs(visit: Visit, pictures: list[Sent]) -> Pairs:
    source, target = (ImageBytes(sent.data or b"", len(sent.data or b"")) for sent in pictures)
    return visit.services.search.pairs(source, target, _EVERYTHING)


def _replies(visit: Visit, pictures: list[Sent], pairs: Pairs) -> list[dict[str, Any]]:
    """What each dialect answers, by the number of faces that match: that is all a threshold can change."""
    by_dialect: dict[str, dict[str, Any]] = {}
    for threshold, compared in _outcomes(pairs):
        asked = question(visit, "compare", pictures, threshold=threshold)
        for given in visit.services.replies.to(asked, compared):
            shown = by_dialect.setdefault(given.dialect, {**reply(given), "bodies": {}})
            shown["bodies"][len(compared.matched)] = given.body
    return list(by_dialect.values())


def _outcomes(pairs: Pairs) -> Iterator[tuple[int, Compared]]:
    """One for each number of matches that some threshold leads to, that of the usual threshold first."""
    seen = set()
    for threshold in (_THRESHOLD, *range(1, 101)):
        compared = pairs.of_largest(threshold)
        if len(compared.matched) not in seen:
            seen.add(len(compared.matched))
            yield threshold, compared


def _refusals(visit: Visit, pictures: list[Sent], error: FaceError) -> list[dict[str, Any]]:
    asked = question(visit, "compare", pictures, threshold=_THRESHOLD)
    return [{**reply(given), "bodies": {0: given.body}} for given in visit.services.replies.to(asked, error)]
