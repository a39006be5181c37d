"""Opens services for commands, which may run while a server runs; each context closes what it opens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager

from visavis.app.records import has_records, now, open_records
from visavis.app.services import DIALECT_NAMES, analyzer_of, calibrations_of, fetcher_of, groups_of, services_of
from visavis.core.accounts import Accounts
from visavis.core.apps import Apps
from visavis.core.compare import Comparer
from visavis.core.groups import Groups
from visavis.settings import Settings
from visavis.storage.calibrations import StoredCalibrations
from visavis.types import OwnScale
from visavis.vision.catalogue import Catalogue
from visavis.web.services import Services


@contextmanager
def open_apps(settings: Settings) -> Iterator[Apps]:
    """The apps of the data directory."""
    with open_groups(settings) as (apps, _):
        yield apps


@contextmanager
def open_groups(settings: Settings) -> Iterator[tuple[Apps, Groups]]:
    """The apps and the groups of the data directory."""
    with closing(open_records(settings)) as storage:
        catalogue = Catalogue.read(settings.models_dir)
        fitted = {name for name, card in catalogue.cards.items() if card.fit.knots}
        groups = groups_of(settings, catalogue, storage, fitted | storage.calibrations.all().keys())
        yield Apps(storage.apps, now, DIALECT_NAMES), groups


@contextmanager
def open_services(settings: Settings) -> Iterator[Services]:
    """All services of a server, for commands that analyse pictures."""
    catalogue = Catalogue.read(settings.models_dir)
    with closing(analyzer_of(settings, catalogue)) as analyzer, closing(open_records(settings)) as storage:
        yield services_of(settings, catalogue, analyzer, storage)


@contextmanager
def open_accounts(settings: Settings) -> Iterator[Accounts]:
    """The accounts of the console."""
    with closing(open_records(settings)) as storage:
        yield Accounts(storage.accounts, now)


@contextmanager
def open_calibrations(settings: Settings) -> Iterator[StoredCalibrations]:
    """The similarity scales that were fitted for this data directory."""
    with closing(open_records(settings)) as storage:
        yield storage.calibrations


@contextmanager
def open_comparer(settings: Settings) -> Iterator[Comparer]:
    """A comparer for one picture at a time, with the scales of the data directory if it exists.

    The data directory is not created.
    """
    catalogue = Catalogue.read(settings.models_dir)
    own: Mapping[str, OwnScale] = {}
    if has_records(settings):
        with open_calibrations(settings) as stored:
            own = stored.all()
    model = settings.recognition_model
    calibrations = calibrations_of(model, catalogue, own)
    with closing(analyzer_of(settings, catalogue, workers=1)) as analyzer:
        yield Comparer(analyzer, fetcher_of(settings), calibrations, model)


def models_in_use(settings: Settings) -> dict[str, int] | None:
    """The number of groups of each recognition model; None if there is no storage yet."""
    if not has_records(settings):
        return None
    with closing(open_records(settings)) as storage:
        return storage.gallery.models_in_use()
