"""Opens services for commands, which may run while a server runs; each context closes what it opens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

from visavis.app.gallery import DIALECT_NAMES, groups_of
from visavis.app.records import has_records, now, open_records
from visavis.core.access_keys import AccessKeys
from visavis.core.accounts import Accounts
from visavis.core.apps import Apps
from visavis.core.groups import Groups
from visavis.core.persons import Persons
from visavis.core.recognition_events import RecognitionEvents
from visavis.core.second_factor import SecondFactors
from visavis.core.webhooks import Webhooks
from visavis.fetch import GuardedWebhookSender, networks
from visavis.settings import Settings
from visavis.storage.calibrations import StoredCalibrations
from visavis.storage.store import Storage
from visavis.vision.catalogue import Catalogue


@contextmanager
def open_apps(settings: Settings) -> Iterator[Apps]:
    """The apps of the data directory."""
    with open_groups(settings) as (apps, _):
        yield apps


@contextmanager
def open_access_keys(settings: Settings) -> Iterator[AccessKeys]:
    """The user access keys of the data directory."""
    with closing(open_records(settings)) as storage:
        yield AccessKeys(storage.access_keys, storage.apps, now)


@contextmanager
def open_groups(settings: Settings) -> Iterator[tuple[Apps, Groups]]:
    """The apps and the groups of the data directory."""
    with closing(open_records(settings)) as storage:
        catalogue = Catalogue.read(settings.models_dir)
        fitted = {name for name, card in catalogue.cards.items() if card.fit.knots}
        groups = groups_of(settings, catalogue, storage, fitted | storage.calibrations.all().keys())
        yield Apps(storage.apps, now, DIALECT_NAMES), groups


@contextmanager
def open_persons(settings: Settings) -> Iterator[tuple[Apps, Persons]]:
    """The apps, and the persons of their groups."""
    with closing(open_records(settings)) as storage:
        groups = groups_of(settings, Catalogue.read(settings.models_dir), storage, ())
        yield Apps(storage.apps, now, DIALECT_NAMES), Persons(storage.persons, groups)


@contextmanager
def open_recognition_events(settings: Settings) -> Iterator[tuple[Apps, RecognitionEvents, Storage]]:
    """The apps, and the recognition events of their groups; the storage takes the record of their use."""
    with closing(open_records(settings)) as storage:
        groups = groups_of(settings, Catalogue.read(settings.models_dir), storage, ())
        apps = Apps(storage.apps, now, DIALECT_NAMES)
        yield apps, RecognitionEvents(storage.recognition_events, groups, now), storage


@contextmanager
def open_webhooks(settings: Settings) -> Iterator[tuple[Apps, Groups, Webhooks]]:
    """The apps, their groups, and the webhooks of these."""
    with closing(open_records(settings)) as storage:
        groups = groups_of(settings, Catalogue.read(settings.models_dir), storage, ())
        sender = GuardedWebhookSender(networks(settings.webhook.allow_networks))
        yield Apps(storage.apps, now, DIALECT_NAMES), groups, Webhooks(storage.webhooks, sender, now)


@contextmanager
def open_accounts(settings: Settings) -> Iterator[Accounts]:
    """The accounts of the console."""
    with closing(open_records(settings)) as storage:
        yield Accounts(storage.accounts, now)


@contextmanager
def open_roles(settings: Settings) -> Iterator[tuple[Accounts, Apps]]:
    """The accounts of the console, and the apps that their owners have roles in."""
    with closing(open_records(settings)) as storage:
        yield Accounts(storage.accounts, now), Apps(storage.apps, now, DIALECT_NAMES)


@contextmanager
def open_second_factors(settings: Settings) -> Iterator[tuple[Accounts, SecondFactors]]:
    """The people who may use the console, and their second factors."""
    with closing(open_records(settings)) as storage:
        yield Accounts(storage.accounts, now), SecondFactors(storage.second_factors, now)


@contextmanager
def open_calibrations(settings: Settings) -> Iterator[StoredCalibrations]:
    """The similarity scales that were fitted for this data directory."""
    with closing(open_records(settings)) as storage:
        yield storage.calibrations


def models_in_use(settings: Settings) -> dict[str, int] | None:
    """The number of groups of each recognition model; None if there is no storage yet."""
    if not has_records(settings):
        return None
    with closing(open_records(settings)) as storage:
        return storage.gallery.models_in_use()
