"""All that storage keeps, in memory, as one unit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from tests.fakes.access_keys import FakeAccessKeyStore
from tests.fakes.accounts import FakeAccountStore
from tests.fakes.apps import FakeAppStore
from tests.fakes.gallery import Conversions, FakeGallery
from tests.fakes.journal import FakeChain, FakeJournal
from tests.fakes.persons import FakePersonStore
from tests.fakes.recipes import FakeRecipes
from tests.fakes.recognition_events import FakeRecognitionEventStore
from tests.fakes.second_factors import FakeSecondFactorStore
from tests.fakes.webhooks import FakeWebhookStore
from visavis.core.ports import Clock

nothing_leads_anywhere = FakeRecipes().conversion


@dataclass(frozen=True)
class FakeStorage:
    """Stores that know one another: an app takes its groups with it, and the journal notes each change."""

    gallery: FakeGallery
    persons: FakePersonStore
    recognition_events: FakeRecognitionEventStore
    webhooks: FakeWebhookStore
    apps: FakeAppStore
    access_keys: FakeAccessKeyStore
    accounts: FakeAccountStore
    second_factors: FakeSecondFactorStore
    journal: FakeJournal
    audit: FakeChain


def fake_storage(
    clock: Clock = lambda: datetime.now(UTC), conversions: Conversions = nothing_leads_anywhere
) -> FakeStorage:
    """Storage with nothing in it."""
    journal = FakeJournal(clock)
    apps, accounts = FakeAppStore(journal, clock), FakeAccountStore(journal)
    gallery = FakeGallery(apps, journal, clock, conversions)
    webhooks = FakeWebhookStore(gallery, clock)
    return FakeStorage(
        gallery=gallery,
        persons=FakePersonStore(gallery),
        recognition_events=FakeRecognitionEventStore(gallery, webhooks, clock),
        webhooks=webhooks,
        apps=apps,
        access_keys=FakeAccessKeyStore(journal, apps, clock),
        accounts=accounts,
        second_factors=FakeSecondFactorStore(journal, accounts),
        journal=journal,
        audit=FakeChain(journal),
    )
