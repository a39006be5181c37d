"""Routes of the admin API: behind the token, and each request on the audit log."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field

from visavis.api.admin.events import admin_event
from visavis.audit_events import ActorKind
from visavis.core.apps import MAX_OVERLAP_HOURS
from visavis.errors import ErrorCode, ServiceError
from visavis.web.bearer import require_token
from visavis.web.recording import refusal_of
from visavis.web.services import Services

_REFUSALS: dict[type[Exception], ErrorCode] = {RequestValidationError: ErrorCode.INVALID_PARAMETER}


class Body(BaseModel):
    """A body in JSON: types are not converted, unknown fields are refused."""

    model_config = ConfigDict(strict=True, extra="forbid")


class Rotation(Body):
    """How long the key or the secret before works on."""

    overlap_hours: float = Field(24, ge=0, le=MAX_OVERLAP_HOURS)


class ForAdmin(APIRoute):
    """A route that checks the token before it reads the request, and records the request in the audit log."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            services = services_of(request)
            detail = "The admin token is missing or wrong, or the admin API is off."
            try:
                require_token(request, request.app.state.token, services.attempts, detail)
            except ServiceError as error:
                refusal = refusal_of(request, ActorKind.ADMIN, error.code)
                await services.workers.quick(lambda: services.audit.refused(refusal))
                raise
            event = admin_event(request, self.name)
            async with services.audit.recording_in_loop(event, services.workers.quick, _REFUSALS):
                return await handle(request)

        return guarded


def services_of(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


OfServer = Annotated[Services, Depends(services_of)]
