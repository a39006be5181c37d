"""The faces of a group: list, register, search by picture, delete. No picture is stored."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass

from fastapi import Response

from visavis.console.pages.groups import group_of, group_path
from visavis.console.paging import ITEMS, Paging
from visavis.console.pictures import Upload, with_pictures
from visavis.console.refusals import Refused
from visavis.console.request_context import RequestContext
from visavis.console.strangers import meaning
from visavis.core import policy
from visavis.core.detection import Detected
from visavis.core.faces import Introduction, Registered
from visavis.core.persons import checked_name
from visavis.core.recognition_events import DOOR_HEADER, door_named
from visavis.core.search import Found
from visavis.errors import ErrorCode, ServiceError
from visavis.recognition_events import Asked
from visavis.types import (
    DetectedFace,
    FaceFilter,
    FaceRecord,
    Group,
    ImageSize,
    ImageSource,
    RequestedAttributes,
)

MOST_FACES = 20
"""How many faces of one picture may be registered."""
MOST_MATCHES = 100
_SAME = 90.0
"""The similarity from which on somebody is asked whether two persons are one."""
_SAME_PICTURE = 99.995
"""The similarity that no two pictures of one person reach, only copies of one picture."""


async def show(context: RequestContext) -> Response:
    group = await group_of(context)
    wanted = context.request.query_params.get("q", "").strip()
    where = FaceFilter(label_contains=wanted or None)

    def read(offset: int) -> tuple[list[FaceRecord], int]:
        return context.services.faces.slice(group, where, offset, ITEMS)

    _, total = await context.quick(lambda: read(0))
    paging = Paging.of(context, total)
    faces, _ = await context.quick(lambda: read(paging.offset))
    return context.page("group_faces.html", group=group, faces=faces, paging=paging, wanted=wanted)


async def show_registration(context: RequestContext) -> Response:
    """Register pictures of several people, or of the one whose id the query has."""
    group = await group_of(context)
    person_id = context.request.query_params.get("id", "")
    person = await context.quick(lambda: context.services.persons.require(group, person_id)) if person_id else None
    return context.page("group_add.html", group=group, person=person, most=MOST_FACES)


async def show_search(context: RequestContext) -> Response:
    group = await group_of(context)
    return context.page("group_search.html", group=group, strangers=meaning(context.messages, group.face_count))


async def look(context: RequestContext) -> Response:
    """What a registration of the picture would find: its faces, and who of the group the largest is already.

    Nothing is stored.
    """
    group = await group_of(context)

    def work(upload: Upload) -> tuple[Detected, _Known | None]:
        source = upload.picture()
        seen = context.services.faces.detect(source, RequestedAttributes(quality=True))
        return seen, _known(context, group, source) if seen.faces else None

    seen, known = await with_pictures(context, work)
    faces = [_face(face, seen.size) for face in seen.faces]
    return context.json({"faces": faces, "known": known and asdict(known)})


async def register(context: RequestContext) -> Response:
    """Register the faces of a picture; show the result for each face.

    With the field `check`, a face that is registered already as somebody else's, or from the same picture, is a
    question: nothing is stored.
    """
    group = await group_of(context)

    def work(upload: Upload) -> Registered | _Known:
        label = upload.text("external_id") or None
        if label is not None and not re.fullmatch(policy.EXTERNAL_IMAGE_ID, label):
            raise Refused(422, "faces.label_wrong")
        limit = int(upload.number("limit", 1, 1, MOST_FACES))
        source = upload.picture()
        known = _known(context, group, source) if upload.text("check") else None
        if known is not None and (known.id != label or known.same_picture):
            return known
        requested = RequestedAttributes(pose=True, quality=True)
        named = Introduction(checked_name(upload.text("name")))
        return context.services.faces.register(context.app, group.name, source, limit, label, requested, named)

    done = await with_pictures(context, work)
    if isinstance(done, _Known):
        return context.json({"known": asdict(done)})
    count = (await group_of(context)).face_count
    return context.json(
        {
            "count": context.messages.count("groups.count", count),
            "width": done.size.width,
            "height": done.size.height,
            "added": [{"faceId": added.record.face_id, **_face(added.face, done.size)} for added in done.added],
            "notAdded": [
                {"why": context.messages(f"faces.refused.{refused.reason}"), **_face(refused.face, done.size)}
                for refused in done.not_added
            ],
        }
    )


async def search(context: RequestContext) -> Response:
    """Search for the largest face of a picture; show the matches, best first."""
    group = await group_of(context)
    asked = Asked(context.actor(), door_named(context.request.headers.get(DOOR_HEADER)))

    def work(upload: Upload) -> tuple[Found, dict[str, str]]:
        threshold = upload.number("threshold", group.settings.similarity, 0, 100)
        limit = int(upload.number("limit", 10, 1, MOST_MATCHES))
        attributes = RequestedAttributes(quality=True)
        found = context.services.search.by_image(
            context.app, group.name, upload.picture(), limit, threshold, attributes, asked
        )
        ids = {match.face.external_image_id or "" for match in found.matches} - {""}
        return found, context.services.persons.names_of(group, sorted(ids))

    found, names = await with_pictures(context, work)
    return context.json(
        {
            "probe": _face(found.probe.face, found.probe.size),
            "refused": context.messages("face.too_poor") if found.detail else "",
            "matches": [
                {
                    "faceId": match.face.face_id,
                    "externalId": match.face.external_image_id,
                    "name": names.get(match.face.external_image_id or "", ""),
                    "registered": match.face.created_at.isoformat(),
                    "similarity": match.similarity,
                }
                for match in found.matches
            ],
        }
    )


async def delete(context: RequestContext) -> Response:
    group = await group_of(context)
    face_id = context.request.path_params["face_id"]
    await context.quick(lambda: context.services.faces.delete(context.app, group.name, face_id))
    return context.redirect(group_path(context, group.name), "face_deleted")


@dataclass(frozen=True, slots=True)
class _Known:
    """Somebody of the group whose face a picture shows."""

    id: str
    name: str
    similarity: float
    same_picture: bool


def _known(context: RequestContext, group: Group, source: ImageSource) -> _Known | None:
    try:
        found = context.services.search.by_image(
            context.app, group.name, source, 1, max(group.settings.similarity, _SAME), RequestedAttributes()
        )
    except ServiceError as error:
        if error.code is not ErrorCode.NO_FACE:
            raise
        return None
    for match in found.matches:
        known = match.face.external_image_id
        if known:
            name = context.services.persons.names_of(group, [known]).get(known, "")
            return _Known(known, name, match.similarity, match.similarity >= _SAME_PICTURE)
    return None


def _face(face: DetectedFace, size: ImageSize) -> dict[str, object]:
    """A face for a script: its box in fractions of the picture, and its quality."""
    box = face.box.relative_to(size)
    quality = face.quality
    return {
        "box": [box.x0, box.y0, box.x1, box.y1],
        "quality": None if quality is None else round(quality.score),
        "defect": None if quality is None or quality.defect is None else quality.defect.value,
    }
