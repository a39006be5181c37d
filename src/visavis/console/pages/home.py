"""The first page: what there is, and what can be done."""

from __future__ import annotations

from fastapi import Response

from visavis.console.visit import Visit


async def show(visit: Visit) -> Response:
    app = visit.current_app
    groups = [] if app is None else await visit.quick(lambda: list(visit.services.groups.all(app)))
    faces = sum(group.face_count for group in groups)
    return visit.page("home.html", groups=len(groups), faces=faces)
