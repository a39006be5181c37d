"""Opens services for commands that analyse pictures; each context starts worker processes and ends them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager

from visavis.app.commands import open_calibrations
from visavis.app.records import has_records, open_records
from visavis.app.services import analyzer_of, calibrations_of, fetcher_of, services_of
from visavis.core.compare import Comparer
from visavis.core.detection import Detection
from visavis.settings import Settings
from visavis.types import OwnScale
from visavis.vision.catalogue import Catalogue
from visavis.web.services import Services


@contextmanager
def open_services(settings: Settings) -> Iterator[Services]:
    """All services of a server, for commands that analyse pictures."""
    catalogue = Catalogue.read(settings.models_dir)
    with closing(analyzer_of(settings, catalogue)) as analyzer, closing(open_records(settings)) as storage:
        yield services_of(settings, catalogue, analyzer, storage)


@contextmanager
def open_detection(settings: Settings) -> Iterator[Detection]:
    """Detection for one picture at a time. It needs no data directory."""
    with closing(analyzer_of(settings, Catalogue.read(settings.models_dir), workers=1)) as analyzer:
        yield Detection(analyzer, fetcher_of(settings))


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
