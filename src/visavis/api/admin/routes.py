"""The operator's API: apps, their keys and dialects, the settings of groups. Off unless an admin token is set."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from visavis.api.admin.answers import install_errors
from visavis.api.bearer import has_token
from visavis.api.exchange import NO_TELEMETRY
from visavis.api.services import Services
from visavis.errors import ErrorCode, FaceError
from visavis.types import MAX_RETENTION_HOURS, App, Group, KeyKind

MAX_OVERLAP_HOURS = 87_600
"""Ten years: longer is a slip of the pen."""


class _Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class NewApp(_Body):
    name: str


class AppChange(_Body):
    dialects_off: list[str] | None = None


class Rotation(_Body):
    overlap_hours: float = Field(24, ge=0, le=MAX_OVERLAP_HOURS)


class SettingsChange(_Body):
    """What is left out stays as it is."""

    liveness: bool | None = None
    liveness_threshold: float | None = Field(None, ge=0, le=100)
    similarity: float | None = Field(None, ge=0, le=100)
    min_quality: float | None = Field(None, ge=0, le=100)
    retention_hours: int | None = Field(None, ge=0, le=MAX_RETENTION_HOURS)


def build_admin(services: Services, token: SecretStr | None) -> FastAPI:
    """The application to be mounted under /admin."""
    app = FastAPI(title="Visavis administration", openapi_url=None, redirect_slashes=False, telemetry=NO_TELEMETRY)
    app.state.services, app.state.token = services, token
    app.include_router(router)
    install_errors(app, [route for route in router.routes if isinstance(route, APIRoute)])
    return app


class _ForAdmin(APIRoute):
    """Asks for the token before anything else of the request is read."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            if not has_token(request, request.app.state.token):
                detail = "The admin token is missing or wrong, or the admin API is off."
                raise FaceError(ErrorCode.UNAUTHORIZED, detail)
            return await handle(request)

        return guarded


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


OfServer = Annotated[Services, Depends(_services)]

router = APIRouter(route_class=_ForAdmin)


@router.get("/apps")
async def list_apps(services: OfServer) -> list[dict[str, Any]]:
    return [_shown(app) for app in await services.workers.quick(services.apps.store.list_apps)]


@router.post("/apps", status_code=201)
async def create_app(services: OfServer, body: NewApp) -> dict[str, str]:
    """The only answer that ever shows the app's keys."""
    return _keys(body.name, await services.workers.quick(lambda: services.apps.create(body.name)))


@router.patch("/apps/{name}")
async def change_app(services: OfServer, name: str, body: AppChange) -> dict[str, Any]:
    def change() -> App:
        app = services.apps.require(name)
        return app if body.dialects_off is None else services.apps.switch_off(app, body.dialects_off)

    return _shown(await services.workers.quick(change))


@router.post("/apps/{name}/keys", status_code=201)
async def rotate_keys(services: OfServer, name: str, body: Rotation) -> dict[str, str]:
    overlap = timedelta(hours=body.overlap_hours)
    keys = await services.workers.quick(lambda: services.apps.rotate(services.apps.require(name), overlap))
    return _keys(name, keys)


@router.delete("/apps/{name}", status_code=204)
async def delete_app(services: OfServer, name: str) -> None:
    await services.workers.quick(lambda: services.apps.store.delete_app(services.apps.require(name)))


@router.get("/apps/{name}/groups/{group_id}")
async def group_settings(services: OfServer, name: str, group_id: str) -> dict[str, Any]:
    group = await services.workers.quick(lambda: services.groups.require(services.apps.require(name), group_id))
    return _settings(group)


@router.patch("/apps/{name}/groups/{group_id}")
async def change_group(services: OfServer, name: str, group_id: str, body: SettingsChange) -> dict[str, Any]:
    def change() -> Group:
        app = services.apps.require(name)
        settings = services.groups.require(app, group_id).settings
        changed = replace(settings, **body.model_dump(exclude_none=True))
        return services.groups.change_settings(app, group_id, changed)

    return _settings(await services.workers.quick(change))


def _shown(app: App) -> dict[str, Any]:
    return {"name": app.name, "created": app.created_at.isoformat(), "dialects_off": sorted(app.dialects_off)}


def _keys(name: str, keys: dict[KeyKind, str]) -> dict[str, str]:
    return {"name": name} | {kind.value: key for kind, key in keys.items()}


def _settings(group: Group) -> dict[str, Any]:
    facts = {"groupId": group.name, "modelVersion": group.model, "faceCount": group.face_count}
    return facts | asdict(group.settings)
