"""Builds the server: all dialects, the console and the admin API in one ASGI application."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from anyio import to_thread
from fastapi import FastAPI
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp

from visavis.api.admin.document import TITLE as ADMIN_TITLE
from visavis.api.admin.document import admin_document
from visavis.api.admin.health import health
from visavis.api.admin.routes import build_admin
from visavis.api.admin.scrape import scrape
from visavis.api.dialect import build, install_http_errors
from visavis.api.nhn.envelope import failure
from visavis.api.nhn.plus import PLUS
from visavis.api.nhn.shared_paths import v1_or_plus
from visavis.api.nhn.v1 import V1
from visavis.api.nhn.v2 import V2
from visavis.api.nhn.v2_1 import V2_1
from visavis.api.oauth import PREFIX as OAUTH_PREFIX
from visavis.api.oauth import build_oauth
from visavis.api.openapi.pages import Reference, documentation
from visavis.api.searchface.dialect import SEARCHFACE
from visavis.app.gallery import DIALECT_NAMES
from visavis.app.private_files import require_private_files
from visavis.app.records import make_records, now
from visavis.app.services import DIALECTS, analyzer_of, console_services, services_of
from visavis.console.services import Condition, ModelDescription
from visavis.console.site import build_console
from visavis.core.audit_upkeep import AuditUpkeep
from visavis.core.periodic_tasks import PeriodicTasks
from visavis.core.retention import Retention
from visavis.errors import SetupError
from visavis.settings import Settings
from visavis.spans import both
from visavis.storage.keys.sync import SYNC_SECONDS
from visavis.storage.proof.anchor import ANCHOR_SECONDS
from visavis.storage.store import SERVER, Storage
from visavis.transfer.backup.restore import forget_killed_restores
from visavis.usage import VisionUse
from visavis.vision.catalogue import Catalogue, installed
from visavis.vision.conversion import Recipes
from visavis.vision.store import ModelStore
from visavis.web.access_log import log_request
from visavis.web.edge.answer_headers import AnswerHeaders
from visavis.web.edge.deadlines import BodyDeadlines
from visavis.web.edge.head_requests import HeadRequests
from visavis.web.edge.origins import open_to
from visavis.web.edge.proxies import Proxies
from visavis.web.edge.request_id import RequestIds
from visavis.web.metrics import Metrics
from visavis.web.request_log import NO_TELEMETRY, RequestLogMiddleware, RequestLogRecord, record_activity
from visavis.web.services import Services
from visavis.web.tracing_option import open_tracing

if TYPE_CHECKING:
    from visavis.web.tracing import Tracing

logger = logging.getLogger(__name__)


def create_app(settings: Settings) -> FastAPI:
    """Build the server as an ASGI application. Raises SetupError if models or keys are not in order."""
    metrics = Metrics(settings.recognition_model)
    tracing = open_tracing(settings.tracing_endpoint)
    instrument = metrics.instrument if tracing is None else both(metrics.instrument, tracing.instrument)
    store = ModelStore(settings.models_dir)
    catalogue = Catalogue.read(store.directory)
    analyzer = analyzer_of(settings, catalogue, instrument)
    require_private_files(settings)
    storage = make_records(settings, instrument, SERVER)
    forget_killed_restores(settings.data_dir)
    _log_workers(analyzer.pool.use)
    _log_models(catalogue, store, storage)
    _log_older_models(Recipes(catalogue.cards), storage)
    services = services_of(settings, catalogue, analyzer, storage, instrument, metrics.count_delivery)
    metrics.watch({"images": services.workers.images, "records": services.workers.records}, storage.use)
    metrics.watch_workers(lambda: analyzer.pool.use)

    keep_days = settings.audit.keep_days
    keep = None if keep_days is None else timedelta(days=keep_days)
    background = (
        PeriodicTasks(
            [
                Retention(storage.gallery, now).enforce,
                services.recognition_events.sweep,
                storage.tidy,
                services.access_tokens.sweep,
            ]
        ),
        PeriodicTasks([storage.key_sync.run_once], SYNC_SECONDS),
        PeriodicTasks([storage.anchor.advance], ANCHOR_SECONDS),
        services.deliveries,
        AuditUpkeep(services.audit, storage.prune_audit, keep, now),
    )
    lifespan = _lifespan(background, (analyzer, storage), metrics, tracing)
    app = FastAPI(
        title="Visavis", openapi_url=None, redirect_slashes=False, lifespan=lifespan, telemetry=NO_TELEMETRY
    )
    app.state.stopping = False
    listeners = (log_request, metrics.listen, record_activity(services.activity, DIALECT_NAMES))
    _add_middleware(app, settings, listeners, tracing)
    # Routes are tried in turn, so those that are asked for most come first.
    app.router.routes += _dialects(services, settings.edge.cors_origins)
    app.include_router(health(storage.check, storage.check_writes))
    if settings.metrics_token is not None:
        app.include_router(scrape(metrics, settings.metrics_token, services.attempts, services.audit))
    home = "console/" if settings.console.enabled else "docs"
    app.include_router(documentation(DIALECTS, home, [Reference("admin", ADMIN_TITLE, admin_document())]))
    app.router.routes += [
        _mounted(OAUTH_PREFIX, build_oauth(services)),
        _mounted("/admin", build_admin(services, settings.admin_token, lambda: analyzer.pool.use)),
    ]
    if settings.console.enabled:
        condition = Condition(
            [ModelDescription(*model) for model in installed(store, catalogue)],
            storage.gallery.models_in_use,
            storage.use,
            lambda: analyzer.pool.use,
            services.activity,
        )
        parts = console_services(settings, services, storage, catalogue, condition)
        console = build_console(parts, NO_TELEMETRY)
        app.router.routes.append(_mounted("/console", console))
    install_http_errors(app, (), failure)
    return app


def _dialects(services: Services, origins: str) -> list[BaseRoute]:
    """The routes of all wire protocols. `origins`: the sites whose pages may call them."""
    searchface = open_to(origins, build(SEARCHFACE, services))
    v1_and_plus = v1_or_plus(build(V1, services), build(PLUS, services))
    return [
        _mounted(V2.prefix, open_to(origins, build(V2, services))),
        _mounted(V2_1.prefix, open_to(origins, build(V2_1, services))),
        _mounted(V1.prefix, open_to(origins, v1_and_plus)),
        _mounted(SEARCHFACE.prefix, searchface),
        *(Route(path, searchface) for path in {operation.path for operation in SEARCHFACE.operations}),
    ]


class _Background(Protocol):
    """Work in the background, beside the requests."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


class _Opened(Protocol):
    """A resource that is closed after the last request."""

    def close(self) -> None: ...


def _lifespan(
    background: Sequence[_Background], opened: Sequence[_Opened], metrics: Metrics, tracing: Tracing | None
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        logging.getLogger().addHandler(metrics.logged)
        for each in background:
            each.start()
        yield
        for each in background:
            await to_thread.run_sync(each.stop)
        for part in opened:
            await to_thread.run_sync(part.close)
        if tracing is not None:
            await to_thread.run_sync(tracing.close)
        logging.getLogger().removeHandler(metrics.logged)

    return lifespan


def _add_middleware(
    app: FastAPI,
    settings: Settings,
    listeners: Sequence[Callable[[RequestLogRecord], None]],
    tracing: Tracing | None,
) -> None:
    """Add the middleware; a request passes the one that is added last first."""
    edge = settings.edge
    app.add_middleware(HeadRequests)
    app.add_middleware(BodyDeadlines, pause_seconds=edge.body_pause_seconds, total_seconds=edge.body_seconds)
    app.add_middleware(RequestIds)
    app.add_middleware(RequestLogMiddleware, listeners=listeners)
    if tracing is not None:
        app.add_middleware(tracing.middleware)
    app.add_middleware(AnswerHeaders)
    app.add_middleware(Proxies, trusted=edge.trusted_proxies, prefix=settings.root_path)


def _mounted(prefix: str, app: ASGIApp) -> Mount:
    """Mount an application under the prefix, also for ids that contain an encoded line break."""
    mount = Mount(prefix, app)
    mount.path_regex = re.compile(mount.path_regex.pattern, re.DOTALL)
    return mount


def _log_workers(use: VisionUse) -> None:
    """Log the number of worker processes for pictures, and the layers of their sandbox."""
    on = [name for name, state in use.layers.items() if state == "on"]
    logger.info("%d processes for pictures, sandboxed by: %s", use.workers, ", ".join(on) or "nothing")
    for name, state in use.layers.items():
        if state != "on":
            logger.warning("The processes for pictures lack a layer of the sandbox: %s, %s.", name, state)


def _log_models(catalogue: Catalogue, store: ModelStore, storage: Storage) -> None:
    """Log recognition models for non-commercial use, and models that groups need but the server lacks."""
    for pack in catalogue.accepted:
        names = ", ".join(card.name for card in pack.cards)
        logger.warning("For NON-COMMERCIAL use only, as accepted here: %s (%s). %s", pack.name, names, pack.terms)
    for card in (catalogue.cards[name] for name in catalogue.own):
        if any(file.non_commercial for file in card.files):
            logger.warning("For NON-COMMERCIAL use only, as its card says: %s (%s).", card.name, card.licence)
    for reason in catalogue.broken.values():
        logger.warning("A recognition model was skipped. %s", reason)
    for model, groups in storage.gallery.models_in_use().items():
        try:
            store.require_all(catalogue.require(model).files)
        except SetupError as error:
            logger.warning("Groups of the recognition model %s (%d) cannot be used: %s", model, groups, error)


def _log_older_models(recipes: Recipes, storage: Storage) -> None:
    """Log groups that have a newer recognition model available, and the command that upgrades them."""
    for model, groups in storage.gallery.models_in_use().items():
        newer = recipes.newer_of(model)
        if newer is not None:
            description = (
                "Groups of the recognition model %s (%d) can be moved to the newer %s without pictures: %s"
            )
            logger.warning(description, model, groups, newer, "visavis group upgrade --all")
