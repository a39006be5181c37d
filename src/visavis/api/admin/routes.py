"""The admin API: apps, keys, dialects, settings of groups, the audit log. Off without an admin token."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, FastAPI, Query, Request
from fastapi.routing import APIRoute
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, SecretStr
from pydantic.fields import FieldInfo

from visavis.api.admin.answers import install_errors
from visavis.api.admin.persons import persons
from visavis.api.admin.routing import Body, ForAdmin, OfServer, Rotation
from visavis.api.admin.webhooks import webhooks
from visavis.audit_events import AuditFilter
from visavis.core.access_keys import LEAST_LIFETIME, MOST_LIFETIME
from visavis.core.apps import shown_key
from visavis.core.calibration import strangers_matched
from visavis.core.group_settings import BOUNDS
from visavis.core.strangers import enough_similarity
from visavis.identities import App, KeyKind
from visavis.recognition_events import MAX_DOOR, EventFilter
from visavis.types import Group
from visavis.usage import VisionUse
from visavis.web.request_log import NO_TELEMETRY
from visavis.web.services import Services

_BIGGEST = 2**63 - 1


class NewApp(Body):
    name: str


class AppChange(Body):
    """Changes of an app. A field that is left out stays as it is."""

    dialects_off: list[str] | None = None
    rate_limit: str | None = None


class NewAccessKey(Body):
    """A user access key for these apps; "all" stands for all of them."""

    name: str
    apps: list[str] | Literal["all"] = "all"
    lifetime: int = Field(MOST_LIFETIME, ge=LEAST_LIFETIME, le=MOST_LIFETIME)


class AccessKeyChange(Body):
    """Changes of a user access key. A field that is left out stays as it is."""

    apps: list[str] | Literal["all"] | None = None
    lifetime: int | None = Field(None, ge=LEAST_LIFETIME, le=MOST_LIFETIME)


def _within(setting: str) -> FieldInfo:
    bounds = BOUNDS[setting]
    field: FieldInfo = Field(ge=bounds.least, le=bounds.most)
    return field


class SettingsChange(Body):
    """Changes of a group's settings. A field that is left out stays as it is."""

    liveness: bool | None = None
    liveness_threshold: Annotated[float | None, _within("liveness_threshold")] = None
    similarity: Annotated[float | None, _within("similarity")] = None
    min_quality: Annotated[float | None, _within("min_quality")] = None
    min_comparability: Annotated[float | None, _within("min_comparability")] = None
    retention_hours: Annotated[int | None, _within("retention_hours")] = None
    recognition_event_days: Annotated[int | None, _within("recognition_event_days")] = None
    recognition_event_gap_seconds: Annotated[int | None, _within("recognition_event_gap_seconds")] = None


class Upgrade(Body):
    """The recognition model to upgrade to; without one, the newest of the same networks."""

    model: str | None = Field(None, max_length=100)


class AuditQuery(BaseModel):
    """Selects records of the audit log, newest first, with a position below `before`."""

    model_config = ConfigDict(extra="forbid")

    before: int | None = Field(None, ge=1, le=_BIGGEST)
    limit: int = Field(100, ge=1, le=1_000)
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    app: str | None = None
    operation: str | None = None
    group: str | None = None
    face: str | None = None


class EventQuery(BaseModel):
    """Selects recognition events, newest first, with a sequence below `before`."""

    model_config = ConfigDict(extra="forbid")

    before: int | None = Field(None, ge=1, le=_BIGGEST)
    limit: int = Field(100, ge=1, le=1_000)
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    person: str = Field("", max_length=255)
    door: str | None = Field(None, max_length=MAX_DOOR)


def build_admin(services: Services, token: SecretStr | None, vision: Callable[[], VisionUse]) -> FastAPI:
    """Build the application that is mounted under /admin."""
    app = FastAPI(title="Visavis administration", openapi_url=None, redirect_slashes=False, telemetry=NO_TELEMETRY)
    app.state.services, app.state.token, app.state.vision = services, token, vision
    app.include_router(router)
    app.include_router(persons)
    app.include_router(webhooks)
    install_errors(app, all_routes())
    return app


def all_routes() -> list[APIRoute]:
    """Every route of the admin API."""
    return [route for route in (*router.routes, *persons.routes, *webhooks.routes) if isinstance(route, APIRoute)]


router = APIRouter(route_class=ForAdmin)


@router.get("/apps")
async def list_apps(services: OfServer) -> list[dict[str, object]]:
    return [_shown(app) for app in await services.workers.quick(services.apps.all)]


@router.post("/apps", status_code=201)
async def create_app(services: OfServer, body: NewApp) -> dict[str, str]:
    """Create an app. Its keys are in this answer and never shown again."""
    return _keys(body.name, await services.workers.quick(lambda: services.apps.create(body.name)))


@router.patch("/apps/{name}")
async def change_app(services: OfServer, name: str, body: AppChange) -> dict[str, object]:
    def change() -> App:
        app = services.apps.require(name)
        if body.dialects_off is not None:
            app = services.apps.switch_off(app, body.dialects_off)
        if body.rate_limit is not None:
            app = services.apps.limit_rate(app, body.rate_limit)
        return app

    return _shown(await services.workers.quick(change))


@router.post("/apps/{name}/keys", status_code=201)
async def rotate_keys(services: OfServer, name: str, body: Rotation) -> dict[str, str]:
    overlap = timedelta(hours=body.overlap_hours)
    keys = await services.workers.quick(lambda: services.apps.rotate(services.apps.require(name), overlap))
    return _keys(name, keys)


@router.get("/apps/{name}/keys")
async def list_keys(services: OfServer, name: str) -> list[dict[str, object]]:
    keys = await services.workers.quick(lambda: services.apps.keys(services.apps.require(name)))
    return [shown_key(key) for key in keys]


@router.delete("/apps/{name}/keys/{key_id}", status_code=204)
async def revoke_key(services: OfServer, name: str, key_id: int) -> None:
    await services.workers.quick(lambda: services.apps.revoke(services.apps.require(name), [key_id]))


@router.delete("/apps/{name}", status_code=204)
async def delete_app(services: OfServer, name: str) -> None:
    await services.workers.quick(lambda: services.apps.delete(services.apps.require(name)))


@router.get("/access-keys")
async def list_access_keys(services: OfServer) -> list[dict[str, object]]:
    keys = services.access_keys
    return await services.workers.quick(lambda: keys.shown(keys.all()))


@router.post("/access-keys", status_code=201)
async def create_access_key(services: OfServer, body: NewAccessKey) -> dict[str, str]:
    """Create a user access key. Its secret is in this answer and never shown again."""
    apps = None if body.apps == "all" else body.apps
    key, secret = await services.workers.quick(lambda: services.access_keys.create(body.name, apps, body.lifetime))
    return {"name": key.name, "id": key.id, "secret": secret}


@router.patch("/access-keys/{key_name}")
async def change_access_key(services: OfServer, key_name: str, body: AccessKeyChange) -> dict[str, object]:
    def change() -> dict[str, object]:
        keys = services.access_keys
        key = keys.require(key_name)
        apps = keys.apps_of(key) if body.apps is None else body.apps
        lifetime = body.lifetime or key.lifetime_seconds
        return keys.shown([keys.limit(key, None if apps == "all" else apps, lifetime)])[0]

    return await services.workers.quick(change)


@router.post("/access-keys/{key_name}/secret", status_code=201)
async def rotate_access_key(services: OfServer, key_name: str, body: Rotation) -> dict[str, str]:
    def rotate() -> dict[str, str]:
        key = services.access_keys.require(key_name)
        secret = services.access_keys.rotate(key, timedelta(hours=body.overlap_hours))
        return {"name": key.name, "id": key.id, "secret": secret}

    return await services.workers.quick(rotate)


@router.delete("/access-keys/{key_name}", status_code=204)
async def revoke_access_key(services: OfServer, key_name: str) -> None:
    await services.workers.quick(lambda: services.access_keys.revoke(services.access_keys.require(key_name)))


@router.get("/apps/{name}/groups/{group_id}")
async def group_settings(services: OfServer, name: str, group_id: str) -> dict[str, object]:
    group = await services.workers.quick(lambda: services.groups.require(services.apps.require(name), group_id))
    return _settings(services, group)


@router.patch("/apps/{name}/groups/{group_id}")
async def change_group(services: OfServer, name: str, group_id: str, body: SettingsChange) -> dict[str, object]:
    def change() -> Group:
        app = services.apps.require(name)
        return services.groups.change_settings(app, group_id, body.model_dump(exclude_none=True))

    return _settings(services, await services.workers.quick(change))


@router.post("/apps/{name}/groups/{group_id}/upgrade")
async def upgrade_group(services: OfServer, name: str, group_id: str, body: Upgrade) -> dict[str, object]:
    def upgrade() -> Group:
        return services.groups.upgrade(services.apps.require(name), group_id, body.model)

    return _settings(services, await services.workers.quick(upgrade))


@router.get("/apps/{name}/groups/{group_id}/events")
async def list_events(
    services: OfServer, name: str, group_id: str, asked: Annotated[EventQuery, Query()]
) -> dict[str, object]:
    """Recognition events of a group, newest first, and its strangers."""
    where = EventFilter(asked.person, asked.door, asked.since, asked.until)
    events = services.recognition_events

    def read() -> dict[str, object]:
        group = services.groups.require(services.apps.require(name), group_id)
        page = events.page(group, where, asked.before, asked.limit)
        strangers = [asdict(count) for count in events.strangers(group, where)]
        return {"events": [event.shown() for event in page.items], "next": page.next, "strangers": strangers}

    return await services.workers.quick(read)


@router.get("/status")
async def read_status(request: Request) -> dict[str, object]:
    return {"vision": asdict(request.app.state.vision())}


@router.get("/audit")
async def read_audit(services: OfServer, asked: Annotated[AuditQuery, Query()]) -> dict[str, object]:
    faces = None if asked.face is None else (asked.face,)
    where = AuditFilter(asked.since, asked.until, asked.app, asked.operation, asked.group, faces)
    page = await services.workers.quick(lambda: services.audit.page(where, asked.before, asked.limit))
    return {"records": [record.shown() for record in page.items], "next": page.next}


def _shown(app: App) -> dict[str, object]:
    return {
        "name": app.name,
        "created": app.created_at.isoformat(),
        "dialects_off": sorted(app.dialects_off),
        "rate_limit": app.rate_limit or "off",
    }


def _keys(name: str, keys: dict[KeyKind, str]) -> dict[str, str]:
    return {"name": name} | {kind.value: key for kind, key in keys.items()}


def _settings(services: Services, group: Group) -> dict[str, object]:
    newer = services.groups.newer_model(group.model)
    shown = {"groupId": group.name, "modelVersion": group.model, "newerModelVersion": newer}
    return shown | {"faceCount": group.face_count} | asdict(group.settings) | {"strangers": _strangers(group)}


def _strangers(group: Group) -> dict[str, float | None]:
    """The estimated share of strangers who match at the group's similarity, and the similarity for 1 in 100."""
    return {
        "matched": strangers_matched(group.settings.similarity, group.face_count),
        "similarity_for_1_in_100": enough_similarity(group.face_count),
    }
