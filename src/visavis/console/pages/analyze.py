"""Analyses a picture: its faces, and the answer of each dialect."""

from __future__ import annotations

from fastapi import Response

from visavis.console.api_preview import description, loaded, preview_request, problem, reply, sent
from visavis.console.pictures import Upload, with_pictures
from visavis.console.request_context import RequestContext
from visavis.core.detection import Detected
from visavis.errors import ServiceError
from visavis.types import ImageBytes, RequestedAttributes, Sensitivity

_EVERYTHING = RequestedAttributes(pose=True, mask=True, spoof=Sensitivity.BALANCED, quality=True)


async def show(context: RequestContext) -> Response:
    return context.page("analyze.html", app=context.app)


async def analyze(context: RequestContext) -> Response:
    """Analyse the picture once and make the answers of all dialects from the result, or from its error."""

    def work(upload: Upload) -> dict[str, object]:
        picture = sent(upload, "picture", "image")
        outcome: Detected | ServiceError
        try:
            picture = loaded(context, picture)
            outcome = _detect(context, picture.data or b"")
        except ServiceError as error:
            outcome = error
        request = preview_request(context, "detect", [picture], spoofing=True)
        previews = [reply(context, given) for given in context.services.previews.to(request, outcome)]
        if isinstance(outcome, ServiceError):
            return {"problem": problem(context, outcome), "replies": previews}
        return {"picture": description(outcome.size, outcome.faces, picture), "replies": previews}

    return context.json(await with_pictures(context, work))


def _detect(context: RequestContext, data: bytes) -> Detected:
    return context.services.faces.detect(ImageBytes(data, len(data)), _EVERYTHING)
