"""Compares two pictures: the similarities of their faces, and the answer of each dialect."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import Response

from visavis.console.api_preview import description, loaded, preview_request, problem, reply, sent
from visavis.console.pictures import Upload, with_pictures
from visavis.console.request_context import RequestContext
from visavis.core.api_preview import SentPicture
from visavis.core.calibration import pairs_per_false_match
from visavis.core.compare import Compared, Pairs, about
from visavis.errors import ErrorCode, ServiceError
from visavis.types import ImageBytes, RequestedAttributes

_THRESHOLD = 90
_EVERYTHING = RequestedAttributes(pose=True, mask=True, quality=True)


async def show(context: RequestContext) -> Response:
    scale = [pairs_per_false_match(threshold) for threshold in range(101)]
    scale_set = context.services.scale_set
    return context.page("compare.html", app=context.app, threshold=_THRESHOLD, scale=scale, scale_set=scale_set)


async def compare(context: RequestContext) -> Response:
    """Compare every face of one picture with every face of the other, for all thresholds."""

    def work(upload: Upload) -> dict[str, object]:
        pictures = [sent(upload, "source", "sourceImage"), sent(upload, "target", "targetImage")]
        try:
            for number, name in enumerate(("Source", "Target")):
                with about(name):
                    pictures[number] = loaded(context, pictures[number])
            pairs = _pairs(context, pictures)
        except ServiceError as error:
            return {"problem": problem(context, error), "replies": _refusals(context, pictures, error)}
        answer = {
            "source": description(pairs.source_size, pairs.source_faces, pictures[0]),
            "target": description(pairs.target_size, pairs.target_faces, pictures[1]),
            "similarities": pairs.similarities,
            "pairs": [[pairs_per_false_match(similarity) for similarity in row] for row in pairs.similarities],
        }
        try:
            return answer | _incomparable(context, pairs) | {"replies": _replies(context, pictures, pairs)}
        except ServiceError as error:  # there is no face in the first picture
            return answer | {"problem": problem(context, error), "replies": _refusals(context, pictures, error)}

    return context.json(await with_pictures(context, work))


def _incomparable(context: RequestContext, pairs: Pairs) -> dict[str, object]:
    """The error if no pair can be compared because a picture is too poor; empty otherwise."""
    if not pairs.target_faces or any(similarity for row in pairs.similarities for similarity in row):
        return {}
    detail = pairs.of_largest(_THRESHOLD).detail
    subject = detail.partition(" ")[0]
    return {"problem": problem(context, ServiceError(ErrorCode.TOO_POOR, detail, subject))} if detail else {}


def _pairs(context: RequestContext, pictures: list[SentPicture]) -> Pairs:
    source, target = (ImageBytes(sent.data or b"", len(sent.data or b"")) for sent in pictures)
    return context.services.search.pairs(source, target, _EVERYTHING)


def _replies(context: RequestContext, pictures: list[SentPicture], pairs: Pairs) -> list[dict[str, object]]:
    """The answers of each dialect by the number of matching faces, which is all that a threshold changes."""
    by_dialect: dict[str, dict[str, Any]] = {}
    for threshold, compared in _outcomes(pairs):
        request = preview_request(context, "compare", pictures, threshold=threshold)
        for given in context.services.previews.to(request, compared):
            shown = by_dialect.setdefault(given.dialect, {**reply(context, given), "bodies": {}})
            shown["bodies"][len(compared.matched)] = given.body
    return list(by_dialect.values())


def _outcomes(pairs: Pairs) -> Iterator[tuple[int, Compared]]:
    """One result for each possible number of matches, that of the default threshold first."""
    seen = set()
    for threshold in (_THRESHOLD, *range(1, 101)):
        compared = pairs.of_largest(threshold)
        if len(compared.matched) not in seen:
            seen.add(len(compared.matched))
            yield threshold, compared


def _refusals(context: RequestContext, pictures: list[SentPicture], error: ServiceError) -> list[dict[str, Any]]:
    request = preview_request(context, "compare", pictures, threshold=_THRESHOLD)
    return [
        {**reply(context, given), "bodies": {0: given.body}}
        for given in context.services.previews.to(request, error)
    ]
