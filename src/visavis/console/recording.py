"""Records actions of the console in the audit log."""

from __future__ import annotations

from fastapi import Response

from visavis.audit_events import Event
from visavis.console.request_context import RequestContext
from visavis.console.routes import Route
from visavis.errors import ErrorCode

_RESULTS = {
    401: ErrorCode.UNAUTHORIZED,
    404: ErrorCode.GROUP_NOT_FOUND,
    429: ErrorCode.RATE_LIMITED,
    500: ErrorCode.INTERNAL,
    503: ErrorCode.OVERLOADED,
}


class _Unsuccessful(Exception):  # noqa: N818 - an answer that is recorded as a failure
    def __init__(self, response: Response) -> None:
        self.response = response


async def recorded(context: RequestContext, route: Route) -> Response:
    """Call the page and return its answer, after recording the action."""
    if not route.does:
        return await route.page(context)
    services = context.services
    results: dict[type[Exception], ErrorCode] = {}
    try:
        async with services.audit.recording_in_loop(event_of(context, route), context.quick, results):
            response = await route.page(context)
            results[_Unsuccessful] = _RESULTS.get(response.status_code, ErrorCode.INVALID_PARAMETER)
            _check(response)
            return response
    except _Unsuccessful as unsuccessful:
        return unsuccessful.response


def event_of(context: RequestContext, route: Route) -> Event:
    """The audit event of a route."""
    path = context.request.path_params
    app = next((app for app in context.apps if str(app.id) == path.get("app_id")), None)
    return Event(
        actor=context.actor(),
        operation=route.does,
        effect=route.effect,
        dialect="console",
        app_id=app.id if app else None,
        app=app.name if app else None,
        group=path.get("group_id"),
        faces=(path["face_id"],) if "face_id" in path else (),
    )


def _check(response: Response) -> None:
    """Raises _Unsuccessful."""
    if response.status_code >= 400:
        raise _Unsuccessful(response)
