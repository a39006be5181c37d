"""Wires the parts together; the only module that knows all of them."""

from __future__ import annotations

import getpass
import logging
import os
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from anyio import to_thread
from fastapi import FastAPI
from starlette.routing import Mount
from starlette.types import ASGIApp

from visavis.api.access_log import log_exchange
from visavis.api.admin.health import health
from visavis.api.admin.routes import build_admin
from visavis.api.admin.scrape import scrape
from visavis.api.body import form_fields
from visavis.api.dialect import build, install_http_errors
from visavis.api.edge.answer_headers import AnswerHeaders
from visavis.api.edge.deadlines import BodyDeadlines
from visavis.api.edge.request_id import RequestIds
from visavis.api.exchange import NO_TELEMETRY, Watch, remember
from visavis.api.metrics import Metrics
from visavis.api.nhn.envelope import failure
from visavis.api.nhn.plus import PLUS
from visavis.api.nhn.shared_paths import v1_or_plus
from visavis.api.nhn.v1 import V1
from visavis.api.nhn.v2 import V2
from visavis.api.openapi.pages import documentation
from visavis.api.rates import Rates
from visavis.api.recording import actor_of
from visavis.api.replies import Replies
from visavis.api.searchface.dialect import SEARCHFACE
from visavis.api.services import Services
from visavis.api.tokens import PageTokens
from visavis.api.tracing_option import open_tracing
from visavis.api.turns import Gone
from visavis.api.workers import Workers
from visavis.console.services import Condition, ConsoleServices, ModelFact
from visavis.console.site import build_console
from visavis.core.accounts import Accounts
from visavis.core.activity import Activity
from visavis.core.apps import Apps
from visavis.core.attempts import Attempts
from visavis.core.audit import Audit
from visavis.core.audit_upkeep import AuditUpkeep
from visavis.core.calibration import Calibration
from visavis.core.chores import Chores
from visavis.core.collections import Collections
from visavis.core.compare import Comparer
from visavis.core.faces import Faces
from visavis.core.groups import Groups
from visavis.core.retention import Retention
from visavis.core.search import Search
from visavis.core.sessions import Sessions
from visavis.errors import SetupError
from visavis.fetch import GuardedFetcher
from visavis.settings import Settings
from visavis.stages import Observer, both, unobserved
from visavis.storage.backup.file import Manifest
from visavis.storage.backup.restore import Target, restore_backup
from visavis.storage.calibrations import StoredCalibrations
from visavis.storage.keys.following import FOLLOW_SECONDS
from visavis.storage.keys.providers import GivenKeys, KeyCommand, KeyFile, KeyProvider, decode_keys
from visavis.storage.store import SERVER, Storage, open_storage
from visavis.trail import Actor, ActorKind, Effect, Event
from visavis.types import OwnScale
from visavis.vision.analyzer import Analyzer
from visavis.vision.catalogue import Catalogue, installed
from visavis.vision.models import not_calibrated
from visavis.vision.recognition import Recognizers
from visavis.vision.store import ModelStore

DIALECTS = (V1, PLUS, V2, SEARCHFACE)
DIALECT_NAMES = tuple(dialect.name for dialect in DIALECTS)
_DEPTHS = {"changes": Effect.CHANGE, "uses": Effect.USE, "everything": Effect.LISTING}
logger = logging.getLogger(__name__)


def create_app(settings: Settings) -> FastAPI:
    """The server as an ASGI application. Raises SetupError when models or keys are not in order."""
    metrics = Metrics(settings.recognition_model)
    tracing = open_tracing(settings.tracing_endpoint)
    observe = metrics.observe if tracing is None else both(metrics.observe, tracing.observe)
    store = ModelStore(settings.models_dir)
    catalogue = Catalogue.read(store.directory)
    analyzer = _analyzer(settings, store, catalogue, observe)
    storage = open_records(settings, observe, SERVER)
    _tell_of_models(catalogue, store, storage)
    services = _services(settings, catalogue, analyzer, storage, observe)
    metrics.watch({"images": services.workers.images, "records": services.workers.records}, storage.use)

    chores = Chores([Retention(storage.gallery, _now).enforce, storage.tidy])
    keep_days = settings.audit.keep_days
    keep = None if keep_days is None else timedelta(days=keep_days)
    keys = Chores([storage.key_follower.turn], FOLLOW_SECONDS)
    upkeep = AuditUpkeep(services.audit, storage.prune_audit, keep, _now)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        logging.getLogger().addHandler(metrics.logged)
        chores.start()
        upkeep.start()
        keys.start()
        yield
        await to_thread.run_sync(chores.stop)
        await to_thread.run_sync(keys.stop)
        await to_thread.run_sync(upkeep.stop)
        storage.close()
        if tracing is not None:
            await to_thread.run_sync(tracing.close)
        logging.getLogger().removeHandler(metrics.logged)

    app = FastAPI(
        title="Visavis", openapi_url=None, redirect_slashes=False, lifespan=lifespan, telemetry=NO_TELEMETRY
    )
    app.state.stopping = False
    # The last is the first that a request meets.
    edge = settings.edge
    app.add_middleware(BodyDeadlines, pause_seconds=edge.body_pause_seconds, total_seconds=edge.body_seconds)
    app.add_middleware(RequestIds)
    app.add_middleware(Watch, listeners=(log_exchange, metrics.listen, remember(services.activity, DIALECT_NAMES)))
    if tracing is not None:
        app.add_middleware(tracing.middleware)
    app.add_middleware(AnswerHeaders)
    app.include_router(health(storage.check))
    if settings.metrics_token is not None:
        app.include_router(scrape(metrics, settings.metrics_token, services.attempts, services.audit))
    app.include_router(documentation(DIALECTS, home="console/" if settings.console.enabled else "docs"))
    v1_and_plus = v1_or_plus(build(V1, services), build(PLUS, services))
    app.router.routes += [
        _mounted(V2.prefix, build(V2, services)),
        _mounted(V1.prefix, v1_and_plus),
        _mounted(SEARCHFACE.prefix, build(SEARCHFACE, services)),
        _mounted("/admin", build_admin(services, settings.admin_token)),
    ]
    if settings.console.enabled:
        facts = [ModelFact(*fact) for fact in installed(store, catalogue)]
        parts = _console_services(settings, services, storage, catalogue, facts)
        console = build_console(parts, NO_TELEMETRY)
        app.router.routes.append(_mounted("/console", console))
    install_http_errors(app, (), failure)
    return app


@contextmanager
def open_apps(settings: Settings) -> Iterator[Apps]:
    """The apps of a data directory, for commands that work beside a running server."""
    with open_groups(settings) as (apps, _):
        yield apps


@contextmanager
def open_groups(settings: Settings) -> Iterator[tuple[Apps, Groups]]:
    """The apps and groups of a data directory, likewise."""
    storage = open_records(settings)
    groups = Groups(storage.gallery, settings.recognition_model, settings.quota.groups_per_app)
    try:
        yield Apps(storage.apps, _now, DIALECT_NAMES), groups
    finally:
        storage.close()


@contextmanager
def open_services(settings: Settings) -> Iterator[Services]:
    """What requests are served with, for commands that look at pictures, likewise."""
    store = ModelStore(settings.models_dir)
    catalogue = Catalogue.read(store.directory)
    analyzer = _analyzer(settings, store, catalogue)
    storage = open_records(settings)
    try:
        yield _services(settings, catalogue, analyzer, storage)
    finally:
        storage.close()


def comparer(settings: Settings) -> Comparer:
    """What compares pictures, on the scales of the data directory if there is one. It is not made for that."""
    store = ModelStore(settings.models_dir)
    catalogue = Catalogue.read(store.directory)
    own: Mapping[str, OwnScale] = {}
    if settings.database_url or settings.data_dir.exists():
        with open_calibrations(settings) as stored:
            own = stored.all()
    model = settings.recognition_model
    calibrations = _calibrations(model, catalogue, own)
    return Comparer(_analyzer(settings, store, catalogue), _fetcher(settings), calibrations, model)


@contextmanager
def open_accounts(settings: Settings) -> Iterator[Accounts]:
    """The people who may use the console, likewise."""
    storage = open_records(settings)
    try:
        yield Accounts(storage.accounts, _now)
    finally:
        storage.close()


@contextmanager
def open_calibrations(settings: Settings) -> Iterator[StoredCalibrations]:
    """The similarity scales that a data directory has of its own, likewise."""
    storage = open_records(settings)
    try:
        yield storage.calibrations
    finally:
        storage.close()


def models_in_use(settings: Settings) -> dict[str, int] | None:
    """How many groups each recognition model has, or None where there is no data directory yet."""
    if not settings.data_dir.exists():
        return None
    storage = open_records(settings)
    try:
        return storage.gallery.models_in_use()
    finally:
        storage.close()


def _analyzer(
    settings: Settings, store: ModelStore, catalogue: Catalogue, observe: Observer = unobserved
) -> Analyzer:
    """All networks, that of new groups included. Raises SetupError if one is missing."""
    recognizers = Recognizers(store, catalogue)
    recognizers.load(settings.recognition_model)
    return Analyzer.load(store, settings.work.cpu_places, recognizers, observe)


def _services(
    settings: Settings, catalogue: Catalogue, analyzer: Analyzer, storage: Storage, observe: Observer = unobserved
) -> Services:
    fetcher = _fetcher(settings, observe)
    model = settings.recognition_model
    groups = Groups(storage.gallery, model, settings.quota.groups_per_app)
    calibrations = _calibrations(model, catalogue, storage.calibrations.all())
    faces_quota = settings.quota.faces_per_group
    search = Search(analyzer, fetcher, calibrations, model, storage.gallery, groups)
    return Services(
        apps=Apps(storage.apps, _now, DIALECT_NAMES),
        audit=Audit(storage.journal, storage.audit, _now, _DEPTHS[settings.audit.record]),
        groups=groups,
        faces=Faces(analyzer, storage.gallery, groups, fetcher, faces_quota),
        search=search,
        collections=Collections(analyzer, storage.gallery, groups, fetcher, search, faces_quota),
        attempts=Attempts(settings.edge.wrong_keys_per_minute),
        rates=Rates(),
        workers=Workers(settings.work.image_requests, settings.work.image_queue),
        tokens=PageTokens(storage.token_key, int(settings.page_token_hours * 3600)),
        confidence_factor=100.0 if settings.confidence_scale == "percent" else 1.0,
        activity=Activity(_now),
        observe=observe,
    )


def _console_services(
    settings: Settings, services: Services, storage: Storage, catalogue: Catalogue, models: list[ModelFact]
) -> ConsoleServices:
    model = settings.recognition_model
    own = storage.calibrations.all().get(model)
    return ConsoleServices(
        accounts=Accounts(storage.accounts, _now),
        sessions=Sessions(
            storage.accounts,
            _now,
            idle=timedelta(minutes=settings.console.idle_minutes),
            lifetime=timedelta(hours=settings.console.session_hours),
        ),
        apps=services.apps,
        groups=services.groups,
        faces=services.faces,
        search=services.search,
        collections=services.collections,
        workers=services.workers,
        condition=Condition(models, storage.gallery.models_in_use, storage.use, services.activity),
        audit=services.audit,
        actor=lambda request, name: actor_of(request, ActorKind.USER, user=name),
        read_upload=form_fields,
        client_gone=Gone,
        replies=Replies(DIALECTS, services.confidence_factor),
        scale_set=own.measured_on if own else catalogue.require(model).fit.set,
    )


def _fetcher(settings: Settings, observe: Observer = unobserved) -> GuardedFetcher:
    return GuardedFetcher(
        allow_private_addresses=settings.fetch.allow_private_addresses,
        connect_timeout=settings.fetch.connect_seconds,
        total_timeout=settings.fetch.total_seconds,
        observe=observe,
    )


def _calibrations(default: str, catalogue: Catalogue, own: Mapping[str, OwnScale]) -> dict[str, Calibration]:
    """The scale of each recognition model: its card's, or its own that was fitted here."""
    for scale in own.values():
        logger.info("Similarity of %s is on the scale of `visavis calibrate`: %s", scale.model, scale.measured_on)
    tables = {name: own[name].knots if name in own else card.fit.knots for name, card in catalogue.cards.items()}
    if not tables[default]:
        raise not_calibrated(default)
    return {model: Calibration.from_table(table) for model, table in tables.items() if table}


def _tell_of_models(catalogue: Catalogue, store: ModelStore, storage: Storage) -> None:
    """Which recognition models are for non-commercial use, and which are missed by groups."""
    for pack in catalogue.accepted:
        names = ", ".join(card.name for card in pack.cards)
        logger.warning("For NON-COMMERCIAL use only, as accepted here: %s (%s). %s", pack.name, names, pack.terms)
    for reason in catalogue.broken.values():
        logger.warning("A recognition model is left out. %s", reason)
    for model, groups in storage.gallery.models_in_use().items():
        try:
            store.require_all(catalogue.require(model).files)
        except SetupError as error:
            logger.warning(
                "Groups that use the recognition model %s, %d, cannot be used: %s", model, groups, error
            )


def _mounted(prefix: str, app: ASGIApp) -> Mount:
    """All that begins with the prefix, an id with an encoded line break in it included."""
    mount = Mount(prefix, app)
    mount.path_regex = re.compile(mount.path_regex.pattern, re.DOTALL)
    return mount


def restore(settings: Settings, file: Path, progress: Callable[[int], None], *, replace: bool) -> Manifest:
    """Put a backup where the settings keep records (see `restore_backup`), and put that on its record."""
    target = Target(settings.data_dir, _key_provider(settings), _database_url(settings), replace)
    manifest = restore_backup(file, target, progress)
    with closing(open_records(settings)) as storage:
        told = f"a backup of {manifest.made_at}"
        storage.journal.add(Event(actor=storage.owner, operation="restore", effect=Effect.CHANGE, detail=told))
    return manifest


def open_records(settings: Settings, observe: Observer = unobserved, owner: Actor | None = None) -> Storage:
    """What is kept, as the settings name it; close it in the end. Raises SetupError.

    `owner` is whom changes are put down to in the audit log, the user of this process unless told.
    """
    return open_storage(
        settings.data_dir,
        _key_provider(settings),
        max_loaded_bytes=settings.index_memory_mb * 1_000_000,
        database_url=_database_url(settings),
        database_connections=settings.database_connections,
        observe=observe,
        owner=owner or operator(),
    )


def operator() -> Actor:
    """Whoever gives a command, as the audit log names them."""
    return Actor(kind=ActorKind.COMMAND, user=_user())


def _key_provider(settings: Settings) -> KeyProvider | None:
    """Where the settings say that the master key is; None: in the data directory. Raises SetupError."""
    given, file, command = settings.master_key, settings.master_key_file, settings.master_key_command
    if sum(each is not None for each in (given, file, command)) > 1:
        names = "VISAVIS_MASTER_KEY, VISAVIS_MASTER_KEY_FILE and VISAVIS_MASTER_KEY_COMMAND"
        raise SetupError(f"Give only one of {names}.")
    if given is not None:
        return GivenKeys(decode_keys(given.get_secret_value()))
    if file is not None:
        return KeyFile(file, own=False)
    return None if command is None else KeyCommand(command.get_secret_value())


def _user() -> str:
    """Of the system; where it has no name there, its number."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"number {os.getuid()}"


def _database_url(settings: Settings) -> str | None:
    return settings.database_url.get_secret_value() if settings.database_url else None


def _now() -> datetime:
    return datetime.now(UTC)
