"""Pictures and models for all tests: synthetic people, one real stranger, the real networks."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import openpeople
import pytest
import skimage
from hypothesis import settings

from harness.postgres import Postgres, running_postgres
from harness.storage.blank import Blanks
from visavis.vision.analyzer import Analyzer
from visavis.vision.models import CARDS
from visavis.vision.store import ModelStore, default_directory

# Properties are about results; how long an example takes says more about the machine.
settings.register_profile("untimed", deadline=None)
# A landing is judged by the change it makes: new examples are for whoever can look into them.
settings.register_profile("ci", deadline=None, derandomize=True, max_examples=40)
settings.register_profile("fast", deadline=None, max_examples=20)
settings.load_profile("ci" if "CI" in os.environ else "untimed")

# Long paths would be broken over lines at 80 columns, and a sentence with them.
os.environ["COLUMNS"] = "200"

SLOW_FIXTURES = {"chromium", "cluster", "postgres", "server", "servers"}
"""Who asks for one of these waits for a server or a browser to start."""

PEOPLE = tuple(f"P{number:03}" for number in range(1, 11))

OpenPeoplePicture: TypeAlias = Callable[[str, str], bytes]
"""(name, kind) to JPEG bytes; kinds: studio_portrait, studio_posture, amateur_selfie, amateur_posture,
character_sheet, emotions_sheet."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what waits for a server, so that `make test-fast` leaves it out."""
    for item in items:
        if SLOW_FIXTURES.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def openpeople_picture() -> OpenPeoplePicture:
    """Pictures of ten synthetic people, named as in PEOPLE."""
    return curated


def curated(name: str, kind: str) -> bytes:
    """The picture of this kind of one of PEOPLE."""
    assets = Path(openpeople.__file__).parent / "data" / "curated" / name / "assets"
    return (assets / f"{kind}.jpg").read_bytes()


@pytest.fixture(scope="session")
def stranger() -> bytes:
    """A picture of a real person who is none of the synthetic ones; PNG."""
    return (Path(skimage.__file__).parent / "data" / "astronaut.png").read_bytes()


@pytest.fixture(scope="session")
def model_store() -> ModelStore:
    """The store with the default models in it, pulled if they are missing."""
    store = ModelStore(Path(os.environ.get("VISAVIS_MODELS_DIR") or default_directory()))
    store.pull(CARDS)
    return store


@pytest.fixture(scope="session")
def analyzer(model_store: ModelStore) -> Analyzer:
    return Analyzer.load(model_store, cpu_places=2)


@pytest.fixture(scope="session")
def blanks(tmp_path_factory: pytest.TempPathFactory) -> Blanks:
    return Blanks(tmp_path_factory.mktemp("blank"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A running PostgreSQL without a database of ours in it."""
    # Tests kill processes, not machines: what PostgreSQL has written stays, also before it is on the disk.
    with running_postgres({"fsync": "off"}) as server:
        yield server
