"""Each room that core needs implements a port of core: mypy holds it to that, and the port alone describes it.

The annotations below are the check: an implementation that its port would not take fails mypy here.
"""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

import visavis
from visavis.core import ports
from visavis.fetch import GuardedFetcher, GuardedWebhookSender
from visavis.storage.access_keys import StoredAccessKeys
from visavis.storage.accounts import StoredAccounts
from visavis.storage.apps import KeyedApps
from visavis.storage.audit.chain import Chain
from visavis.storage.audit.journal import Acting, Journal
from visavis.storage.gallery.gallery import SealedGallery
from visavis.storage.gallery.persons import StoredPersons
from visavis.storage.gallery.recognition_events import StoredRecognitionEvents
from visavis.storage.gallery.webhooks import StoredWebhooks
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
RECOGNITION_EVENTS: type[ports.RecognitionEventStore] = StoredRecognitionEvents
REMOTE: type[ports.Picture] = RemotePicture
WEBHOOK_SENDER: type[ports.WebhookSender] = GuardedWebhookSender
WEBHOOKS: type[ports.WebhookStore] = StoredWebhooks

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
    (ports.RecognitionEventStore, RECOGNITION_EVENTS),
    (ports.WebhookSender, WEBHOOK_SENDER),
    (ports.WebhookStore, WEBHOOKS),
]


CONTRACTS = {
    "AccessKeyStore": "access_key_store",
    "AccountStore": "account_store",
    "AppStore": "app_store",
    "AuditActing": "audit",
    "AuditChain": "audit",
    "AuditJournal": "audit",
    "FaceAnalyzer": "face_analyzer",
    "Gallery": "gallery_faces",
    "ImageFetcher": "image_fetcher",
    "PersonStore": "person_store",
    "Picture": "face_analyzer",
    "Recipes": "recipes",
    "RecognitionEventStore": "recognition_event_store",
    "SecondFactorStore": "second_factor_store",
    "WebhookSender": "webhook_sender",
    "WebhookStore": "webhook_store",
}
"""Which tests of tests/ports hold the fake of a port to the same contract as the real one."""


def declared_ports() -> set[str]:
    classes = [value for value in vars(ports).values() if inspect.isclass(value)]
    return {each.__name__ for each in classes if getattr(each, "_is_protocol", False)} - {"Protocol"}


def test_every_port_has_an_implementation() -> None:
    assert declared_ports() == {port.__name__ for port, _ in IMPLEMENTATIONS}


def test_every_port_has_a_contract_that_its_fake_keeps_too() -> None:
    assert declared_ports() == CONTRACTS.keys()
    for name in CONTRACTS.values():
        text = (Path(__file__).parents[1] / "ports" / f"test_{name}.py").read_text("utf-8")
        assert "storage: Stores" in text or "Fake" in text, name


@pytest.mark.parametrize(("port", "implementation"), IMPLEMENTATIONS)
def test_an_implementation_names_its_port_and_leaves_the_description_to_it(
    port: type, implementation: type
) -> None:
    assert f"Implements core's `{port.__name__}`" in (implementation.__doc__ or "")
    for name, _ in inspect.getmembers(port, inspect.isfunction):
        if not name.startswith("_"):
            assert vars(implementation)[name].__doc__ is None, name


SOURCES = Path(visavis.__file__).parent
PORTS = {port.__name__ for port, _ in IMPLEMENTATIONS} | {"AnyAnalyzer"}


def attributes_with_ports() -> set[str]:
    """What core's services call the ports that they hold."""
    trees = [ast.parse(path.read_text("utf-8")) for path in sorted((SOURCES / "core").glob("*.py"))]
    return {
        node.target.id
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
        if isinstance(node.annotation, ast.Name) and node.annotation.id in PORTS
    }


def reached_through(tree: ast.AST, ports: set[str]) -> list[str]:
    """The expressions that use a port which another object holds, in place of that object's own methods."""
    return [
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute) and node.value.attr in ports
        if not (isinstance(node.value.value, ast.Name) and node.value.value.id == "self")
    ]


@pytest.mark.parametrize("room", ["api", "cli", "console", "web"])
def test_rooms_ask_services_of_core_and_never_the_ports_behind_them(room: str) -> None:
    ports = attributes_with_ports()
    assert {"gallery", "analyzer", "fetcher", "recipes"} <= ports
    for path in sorted((SOURCES / room).rglob("*.py")):
        assert reached_through(ast.parse(path.read_text("utf-8")), ports) == [], path.name


def test_an_act_that_reaches_through_a_service_is_noticed() -> None:
    tree = ast.parse("services.faces.gallery.fingerprints(group)\nself.gallery.add()\ngallery.add()")
    assert reached_through(tree, {"gallery"}) == ["services.faces.gallery.fingerprints"]
