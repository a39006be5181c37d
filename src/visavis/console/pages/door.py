"""The door views of an app: which there are, and who stands before the camera of one."""

from __future__ import annotations

from fastapi import Response

from visavis.console.pages.groups import group_of
from visavis.console.pictures import Upload, with_pictures
from visavis.console.request_context import RequestContext
from visavis.core.collections import Identified
from visavis.core.recognition_events import DOOR_HEADER, door_named
from visavis.recognition_events import Asked


async def show_all(context: RequestContext) -> Response:
    """The groups by their names alone, each with a link to its door view."""
    groups = await context.quick(lambda: list(context.services.groups.all(context.app)))
    return context.page("doors.html", names=[group.name for group in groups])


async def show(context: RequestContext) -> Response:
    """A camera that says who stands before it, on the whole screen."""
    return context.page("group_door.html", group=await group_of(context))


async def recognise(context: RequestContext) -> Response:
    """Who the largest face of a picture is: the best match by the group's settings, as in Search Face, or nobody.

    Nobody who only has this page can ask for more people or lower similarities.
    """
    group = await group_of(context)
    asked = Asked(context.actor(), door_named(context.request.headers.get(DOOR_HEADER)))

    def work(upload: Upload) -> tuple[Identified, dict[str, str]]:
        found = context.services.collections.identify(context.app, group.name, upload.file(), asked)
        ids = [match.face.external_image_id for match in found.matches[:1] if match.face.external_image_id]
        return found, context.services.persons.names_of(group, ids)

    found, names = await with_pictures(context, work)
    return context.json(
        {
            "refused": context.messages("face.too_poor") if found.detail else "",
            "matches": [
                {
                    "faceId": match.face.face_id,
                    "externalId": match.face.external_image_id,
                    "name": names.get(match.face.external_image_id or "", ""),
                    "similarity": match.similarity,
                }
                for match in found.matches[:1]
            ],
        }
    )
