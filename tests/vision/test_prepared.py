"""Networks are edited once, at `visavis models pull`; what is kept is used only if it is whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.packs import link_models
from visavis.vision.models import CARDS, FR_FEATURE, MASK, MINIFAS_V2, YUNET
from visavis.vision.models.cards import ModelCard
from visavis.vision.networks import network
from visavis.vision.prepared import Edits, PreparedNetwork, read_prepared
from visavis.vision.preparing import prepare
from visavis.vision.session import Network
from visavis.vision.store import ModelStore

LOAD = """
import sys
from pathlib import Path
from visavis.vision.analyzer import Analyzer
from visavis.vision.store import ModelStore
Analyzer.load(ModelStore(Path(sys.argv[1])), 1)
print("onnx" in sys.modules)
"""


@pytest.fixture
def models(tmp_path: Path, model_store: ModelStore) -> Path:
    return link_models(tmp_path / "models", model_store)


def loads_onnx(models: Path) -> bool:
    """Whether a process that loads all networks imports ONNX."""
    done = subprocess.run([sys.executable, "-c", LOAD, str(models)], capture_output=True, text=True, check=True)  # noqa: S603
    return done.stdout.strip() == "True"


def test_after_a_pull_no_start_edits_anything(models: Path) -> None:
    assert loads_onnx(models)
    prepare(models)
    assert not loads_onnx(models)
    assert len(list((models / "prepared").iterdir())) == len(
        [card for card in CARDS if (models / card.file).exists() or card is MASK]
    )


@pytest.mark.parametrize(
    ("card", "edits"),
    [(MASK, Edits()), (MINIFAS_V2, Edits(family="minifas")), (FR_FEATURE, Edits((0,)))],
    ids=str,
)
def test_what_is_kept_computes_what_is_edited_at_the_start(models: Path, card: ModelCard, edits: Edits) -> None:
    store = ModelStore(models)
    if not store.path(card).exists():
        pytest.skip(f"{card.name} is not installed")
    edited = network(store, card, edits)
    network(ModelStore(models, keeps_prepared=True), card, edits)
    kept = read_prepared(edits.path(models, card.sha256))
    assert kept == edited
    side = {MASK: 64, MINIFAS_V2: 80, FR_FEATURE: 112}[card]
    batch = np.random.default_rng(1).uniform(0, 255, (1, 3, side, side)).astype(np.float32)
    for one, other in zip(Network(edited).run(batch).values(), Network(kept).run(batch).values(), strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize("damage", ["cut", "bit", "empty"])
def test_what_is_damaged_is_edited_anew(models: Path, damage: str) -> None:
    edits = Edits((0, 2, 3), takes_pixels=True)
    store = ModelStore(models, keeps_prepared=True)
    sound = network(store, YUNET, edits)
    path = edits.path(models, YUNET.sha256)
    content = bytearray(path.read_bytes())
    content[-1] ^= damage == "bit"
    damaged = {"cut": bytes(content[:-1]), "bit": bytes(content), "empty": b""}
    path.write_bytes(damaged[damage])
    assert read_prepared(path) is None
    assert network(store, YUNET, edits) == sound
    assert read_prepared(path) == sound


def test_the_published_file_is_verified_all_the_same(models: Path) -> None:
    edits = Edits()
    network(ModelStore(models, keeps_prepared=True), MINIFAS_V2, Edits(family="minifas"))
    path = models / MINIFAS_V2.file
    path.unlink()
    path.write_bytes(b"another file")
    with pytest.raises(Exception, match="repair it with"):
        network(ModelStore(models), MINIFAS_V2, edits)


def test_a_prepared_network_is_not_edited_again() -> None:
    with pytest.raises(Exception, match="cannot load"):
        Network(PreparedNetwork(b"no network"))
