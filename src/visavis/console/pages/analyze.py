"""What a picture shows: its faces, and what each dialect says of them."""

from __future__ import annotations

from typing import Any

from fastapi import Response

from visavis.console.pictures import Upload, with_pictures
from visavis.console.questions import loaded, problem, question, reply, sent, told
from visavis.console.visit import Visit
from visavis.core.faces import Detected
from visavis.errors import FaceError
from visavis.types import ImageBytes, Sensitivity, Want

_EVERYTHING = Want(pose=True, mask=True, spoof=Sensitivity.BALANCED, quality=True)


async def show(visit: Visit) -> Response:
    return visit.page("analyze.html", app=visit.app)


async def analyze(visit: Visit) -> Response:
    """One look at the picture; every dialect's answer is made of it, errors of the picture included."""

    def work(upload: Upload) -> dict[str, Any]:
        picture = sent(upload, "picture", "image")
        outcome: Detected | FaceError
        try:
            picture = loaded(visit, picture)
            outcome = _detect(visit, picture.data or b"")
        except FaceError as error:
            outcome = error
        asked = question(visit, "detect", [picture], spoofing=True)
        replies = [reply(given) for given in visit.services.replies.to(asked, outcome)]
        if isinstance(outcome, FaceError):
            return {"problem": problem(visit, outcome), "replies": replies}
        return {"picture": told(outcome.size, outcome.faces, picture), "replies": replies}

    return visit.json(await with_pictures(visit, work))


def _detect(visit: Visit, data: bytes) -> Detected:
    return visit.services.faces.detect(ImageBytes(data, len(data)), _EVERYTHING)
