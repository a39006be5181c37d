"""The first page: an overview."""

from __future__ import annotations

from fastapi import Response

from visavis.console.request_context import RequestContext
from visavis.core.permissions import Act


async def show(context: RequestContext) -> Response:
    app = context.current_app if context.may(Act.READ) else None
    groups = [] if app is None else await context.quick(lambda: list(context.services.groups.all(app)))
    faces = sum(group.face_count for group in groups)
    return context.page("home.html", groups=len(groups), faces=faces)
