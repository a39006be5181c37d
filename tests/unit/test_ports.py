"""Each room that core needs implements a port of core: mypy holds it to that, and the port alone describes it.

The annotations below are the check: an implementation that its port would not take fails mypy here.
"""

from __future__ import annotations

import inspect

import pytest

from visavis.core import ports
from visavis.fetch import GuardedFetcher
from visavis.storage.access_keys import StoredAccessKeys
from visavis.storage.accounts import StoredAccounts
from visavis.storage.apps import KeyedApps
from visavis.storage.audit.chain import Chain
from visavis.storage.audit.journal import Acting, Journal
from visavis.storage.gallery.gallery import SealedGallery
from visavis.storage.gallery.persons import StoredPersons
from visavis.storage.second_factors import StoredSecondFactors
from visavis.vision.analyzer import Analyzer
from visavis.vision.conversion import Recipes
from visavis.vision.decode import DecodedPicture
from visavis.vision.pool.analyzer import PooledAnalyzer, RemotePicture

ACCESS_KEYS: type[ports.AccessKeyStore] = StoredAccessKeys
ACCOUNTS: type[ports.AccountStore] = StoredAccounts
ACTING: type[ports.AuditActing] = Acting
ANALYZER: type[ports.FaceAnalyzer[DecodedPicture]] = Analyzer
APPS: type[ports.AppStore] = KeyedApps
CHAIN: type[ports.AuditChain] = Chain
FETCHER: type[ports.ImageFetcher] = GuardedFetcher
GALLERY: type[ports.Gallery] = SealedGallery
JOURNAL: type[ports.AuditJournal] = Journal
PICTURE: type[ports.Picture] = DecodedPicture
POOLED: type[ports.FaceAnalyzer[RemotePicture]] = PooledAnalyzer
RECIPES: type[ports.Recipes] = Recipes
SECOND_FACTORS: type[ports.SecondFactorStore] = StoredSecondFactors
PERSONS: type[ports.PersonStore] = StoredPersons
REMOTE: type[ports.Picture] = RemotePicture

IMPLEMENTATIONS = [
    (ports.AccessKeyStore, ACCESS_KEYS),
    (ports.AccountStore, ACCOUNTS),
    (ports.AppStore, APPS),
    (ports.AuditActing, ACTING),
    (ports.AuditChain, CHAIN),
    (ports.AuditJournal, JOURNAL),
    (ports.FaceAnalyzer, ANALYZER),
    (ports.FaceAnalyzer, POOLED),
    (ports.Gallery, GALLERY),
    (ports.ImageFetcher, FETCHER),
    (ports.Picture, PICTURE),
    (ports.Picture, REMOTE),
    (ports.Recipes, RECIPES),
    (ports.SecondFactorStore, SECOND_FACTORS),
    (ports.PersonStore, PERSONS),
]


def test_every_port_has_an_implementation() -> None:
    classes = [value for value in vars(ports).values() if inspect.isclass(value)]
    declared = {each.__name__ for each in classes if getattr(each, "_is_protocol", False)} - {"Protocol"}
    assert declared == {port.__name__ for port, _ in IMPLEMENTATIONS}


@pytest.mark.parametrize(("port", "implementation"), IMPLEMENTATIONS)
def test_an_implementation_names_its_port_and_leaves_the_description_to_it(
    port: type, implementation: type
) -> None:
    assert f"Implements core's `{port.__name__}`" in (implementation.__doc__ or "")
    for name, _ in inspect.getmembers(port, inspect.isfunction):
        if not name.startswith("_"):
            assert vars(implementation)[name].__doc__ is None, name
