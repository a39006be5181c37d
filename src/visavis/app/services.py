"""Builds core's services on the models and the storage that the settings name."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from datetime import timedelta

from visavis.api.nhn.plus import PLUS
from visavis.api.nhn.v1 import V1
from visavis.api.nhn.v2 import V2
from visavis.api.nhn.v2_1 import V2_1
from visavis.api.previews import Previews
from visavis.api.searchface.dialect import SEARCHFACE
from visavis.app.gallery import DIALECT_NAMES, groups_of
from visavis.app.records import now
from visavis.audit_events import Effect
from visavis.console.services import Condition, ConsoleServices
from visavis.core.access_keys import AccessKeys
from visavis.core.access_tokens import AccessTokens
from visavis.core.accounts import Accounts
from visavis.core.activity import Activity
from visavis.core.apps import Apps
from visavis.core.attempts import Attempts
from visavis.core.audit import Audit
from visavis.core.calibration import Calibration
from visavis.core.collections import Collections
from visavis.core.faces import Faces
from visavis.core.persons import Persons
from visavis.core.ports import AnyAnalyzer
from visavis.core.recognition_events import RecognitionEvents
from visavis.core.search import Search
from visavis.core.second_factor import SecondFactors
from visavis.core.sessions import Sessions
from visavis.core.sign_in_tokens import SignInTokens
from visavis.core.webhook_delivery import WebhookDeliveries
from visavis.core.webhooks import Webhooks
from visavis.fetch import GuardedFetcher, GuardedWebhookSender, networks
from visavis.settings import Settings
from visavis.spans import Instrumentation, uninstrumented
from visavis.storage.store import Storage
from visavis.types import OwnScale
from visavis.vision.catalogue import Catalogue
from visavis.vision.models import not_calibrated
from visavis.vision.pool.analyzer import PooledAnalyzer
from visavis.vision.pool.fork_server import ForkServer, WorkerPlan
from visavis.vision.pool.workers import PoolLimits, WorkerPool
from visavis.web.page_tokens import PageTokens
from visavis.web.rates import Rates
from visavis.web.services import Services
from visavis.web.workers import Workers
from visavis.webhooks import Verdict

DIALECTS = (V1, PLUS, V2, V2_1, SEARCHFACE)
_DEPTHS = {"changes": Effect.CHANGE, "uses": Effect.USE, "everything": Effect.LISTING}
logger = logging.getLogger(__name__)


def services_of(
    settings: Settings,
    catalogue: Catalogue,
    analyzer: AnyAnalyzer,
    storage: Storage,
    instrument: Instrumentation = uninstrumented,
    report_delivery: Callable[[Verdict], None] = lambda _: None,
) -> Services:
    """`report_delivery` is told what became of each attempt to tell a webhook."""
    fetcher = fetcher_of(settings, instrument)
    model = settings.recognition_model
    calibrations = calibrations_of(model, catalogue, storage.calibrations.all())
    groups = groups_of(settings, catalogue, storage, calibrations)
    faces_quota = settings.quota.faces_per_group
    sender = GuardedWebhookSender(networks(settings.webhook.allow_networks))
    deliveries = WebhookDeliveries(storage.webhooks, sender, now, report_delivery)
    audit = Audit(storage.journal, storage.audit, now, _DEPTHS[settings.audit.record])
    events = RecognitionEvents(storage.recognition_events, groups, now, on_delivery=deliveries.wake)
    search = Search(analyzer, fetcher, calibrations, model, storage.gallery, groups, events)
    return Services(
        apps=Apps(storage.apps, now, DIALECT_NAMES),
        access_keys=AccessKeys(storage.access_keys, storage.apps, now),
        access_tokens=AccessTokens(storage.access_keys, storage.apps, now),
        audit=audit,
        groups=groups,
        faces=Faces(analyzer, fetcher, storage.gallery, groups, faces_quota),
        persons=Persons(storage.persons, groups),
        recognition_events=events,
        webhooks=Webhooks(storage.webhooks, sender, now),
        deliveries=deliveries,
        search=search,
        collections=Collections(analyzer, storage.gallery, groups, fetcher, search, faces_quota),
        attempts=Attempts(settings.edge.wrong_keys_per_minute),
        rates=Rates(),
        workers=Workers(
            settings.work.image_requests,
            settings.work.image_queue,
            audit,
            distant_database=settings.database_url is not None,
        ),
        tokens=PageTokens(storage.token_key, int(settings.page_token_hours * 3600)),
        confidence_factor=100.0 if settings.confidence_scale == "percent" else 1.0,
        activity=Activity(now),
        instrument=instrument,
    )


def console_services(
    settings: Settings, services: Services, storage: Storage, catalogue: Catalogue, condition: Condition
) -> ConsoleServices:
    model = settings.recognition_model
    own = storage.calibrations.all().get(model)
    second_factors = SecondFactors(storage.second_factors, now)
    return ConsoleServices(
        accounts=Accounts(storage.accounts, now),
        second_factors=second_factors,
        requires_second_factor=settings.console.require_second_factor,
        sessions=Sessions(
            storage.accounts,
            now,
            second_factors,
            SignInTokens(storage.sign_in_key, now),
            proof_lasts=timedelta(minutes=settings.console.proof_minutes),
            idle=timedelta(minutes=settings.console.idle_minutes),
            lifetime=timedelta(hours=settings.console.session_hours),
        ),
        apps=services.apps,
        access_keys=services.access_keys,
        groups=services.groups,
        faces=services.faces,
        persons=services.persons,
        recognition_events=services.recognition_events,
        webhooks=services.webhooks,
        search=services.search,
        collections=services.collections,
        workers=services.workers,
        condition=condition,
        audit=services.audit,
        previews=Previews(DIALECTS, services.confidence_factor),
        scale_set=own.measured_on if own else catalogue.require(model).fit.set,
    )


def analyzer_of(
    settings: Settings,
    catalogue: Catalogue,
    instrument: Instrumentation = uninstrumented,
    workers: int | None = None,
) -> PooledAnalyzer:
    """Start worker processes with all networks; the caller closes them.

    `workers`: how many, by default as the settings say. Raises SetupError if a network is missing.
    """
    work = settings.work
    plan = WorkerPlan(
        settings.models_dir,
        settings.recognition_model,
        work.provider,
        memory_bytes=work.picture_memory_mb * 1_000_000,
        cpu_seconds=math.ceil(work.picture_seconds * work.worker_pictures) + 60,
    )
    server = ForkServer(plan)
    for warning in server.warnings:
        logger.warning("%s", warning)
    limits = PoolLimits(workers or work.cpu_places, work.picture_seconds, work.worker_pictures)
    return PooledAnalyzer(WorkerPool(server, limits), catalogue.cards, instrument)


def fetcher_of(settings: Settings, instrument: Instrumentation = uninstrumented) -> GuardedFetcher:
    return GuardedFetcher(
        allow_private_addresses=settings.fetch.allow_private_addresses,
        connect_timeout=settings.fetch.connect_seconds,
        total_timeout=settings.fetch.total_seconds,
        instrument=instrument,
    )


def calibrations_of(default: str, catalogue: Catalogue, own: Mapping[str, OwnScale]) -> dict[str, Calibration]:
    """The scale of each recognition model: the one fitted for this storage, or else the one of its card."""
    for scale in own.values():
        logger.info("Similarity of %s uses the scale of `visavis calibrate`: %s", scale.model, scale.measured_on)
    tables = {name: own[name].knots if name in own else card.fit.knots for name, card in catalogue.cards.items()}
    if not tables[default]:
        raise not_calibrated(default)
    return {model: Calibration.from_table(table) for model, table in tables.items() if table}
