"""Recipes that their user fitted: a pack that names its base, and what is refused of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests import packs
from tests.packs import link_models
from visavis.errors import SetupError
from visavis.types import Embedding
from visavis.vision.adding import add_fitted
from visavis.vision.analyzer import Analyzer
from visavis.vision.catalogue import Catalogue
from visavis.vision.conversion import converted, obstacle
from visavis.vision.fusion import fused
from visavis.vision.models import SFACE, SFACE_2, SFACE_FR, SFACE_FR_2, Centring, Fit, RecognitionCard
from visavis.vision.recognition import Recognizers
from visavis.vision.store import ModelStore

NAME = "our-people"


def fitted(base: RecognitionCard = SFACE_2, name: str = NAME, seed: int = 0) -> RecognitionCard:
    """A recipe of made-up numbers, as `visavis.evaluation.own_recipe` makes one."""
    generator = np.random.default_rng(seed)
    dimension = sum(network.dimension for network in base.networks)
    centres = generator.normal(0, 0.04, (9, dimension)).astype(np.float16).astype(np.float32)
    mean = tuple(round(float(value), 6) for value in generator.normal(0, 0.02, dimension))
    knots = ((-1.0, 0.0), (0.3, 90.0), (0.4, 99.0), (round(base.most_alike - 1e-4, 4), 100.0))
    return replace(
        base,
        name=name,
        base=base.name,
        accuracy=(),
        own_fit=Fit("made up", knots, mean, Centring(centres, 0.9, 15)),
    )


@pytest.fixture
def models(tmp_path: Path, model_store: ModelStore) -> Path:
    return link_models(tmp_path / "models", model_store)


def folder(models: Path) -> Path:
    return models / "packs" / NAME


def refusal(models: Path) -> str:
    """Why the pack is refused; whoever asks for the model hears the same."""
    catalogue = Catalogue.read(models)
    assert NAME not in catalogue.cards
    with pytest.raises(SetupError) as refused:
        catalogue.require(NAME)
    assert str(refused.value) == catalogue.broken[NAME]
    return catalogue.broken[NAME]


def changed_fit(models: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """The fit with a change, and a card that means it."""
    file, card = folder(models) / "fit.json", folder(models) / "card.toml"
    before = hashlib.sha256(file.read_bytes()).hexdigest()
    content = json.loads(file.read_bytes())
    change(content)
    file.write_text(json.dumps(content))
    after = hashlib.sha256(file.read_bytes()).hexdigest()
    card.write_text(card.read_text().replace(before, after))


def embedding_of(analyzer: Analyzer, store: ModelStore, card: RecognitionCard, data: bytes) -> Embedding:
    recognizer = Recognizers(store, Catalogue({card.name: card}, (), (), {})).load(card.name)
    with analyzer.decode(data) as picture:
        [face, *_] = analyzer.find(picture)
        embedding: Embedding = recognizer.embed(picture, [face])[0]
        return embedding


def test_what_is_kept_is_what_was_fitted(models: Path) -> None:
    card = fitted()
    read = add_fitted(models, card, SFACE_2)
    assert (read.name, read.base, read.networks, read.allowance) == (NAME, "sface-2", SFACE_2.networks, 0.045)
    assert (read.fit.set, read.fit.knots, read.fit.mean) == (card.fit.set, card.fit.knots, card.fit.mean)
    assert read.fit.centring is not None
    assert card.fit.centring is not None
    assert np.array_equal(read.fit.centring.centres, card.fit.centring.centres)
    assert (read.fit.centring.pull, read.fit.centring.focus) == (0.9, 15)
    assert Catalogue.read(models).own == (NAME,)
    assert list((models / "packs").iterdir()) == [folder(models)]
    assert not list(models.glob(".adding*"))


def test_real_faces_are_embedded_by_it(
    models: Path, analyzer: Analyzer, model_store: ModelStore, stranger: bytes
) -> None:
    add_fitted(models, fitted(), SFACE_2)
    recognizers = Recognizers(ModelStore(models), Catalogue.read(models))
    with analyzer.decode(stranger) as picture:
        [face] = analyzer.find(picture)
        [embedding] = recognizers.load(NAME).embed(picture, [face])
        answers = recognizers.load(SFACE_2.name).answers(picture, [face])
    assert np.linalg.norm(embedding) == pytest.approx(1, abs=1e-5)
    assert embedding == pytest.approx(fused(fitted(), answers)[0], abs=1e-6)
    base = embedding_of(analyzer, model_store, SFACE_2, stranger)
    assert float(embedding @ base) < 0.99  # another recipe is another model


def test_embeddings_of_a_recipe_without_centres_lead_to_it_and_none_lead_away(
    models: Path, analyzer: Analyzer, model_store: ModelStore, stranger: bytes
) -> None:
    card = add_fitted(models, fitted(), SFACE_2)
    moved = converted(SFACE, card, embedding_of(analyzer, model_store, SFACE, stranger)[np.newaxis])[0]
    assert float(moved @ embedding_of(analyzer, model_store, card, stranger)) > 0.9999
    assert obstacle(SFACE, card) is None
    assert obstacle(SFACE_2, card) is not None
    assert obstacle(card, SFACE_2) is not None


def test_a_pack_of_ones_own_may_be_the_base_and_takes_the_recipe_with_it(
    models: Path, model_store: ModelStore
) -> None:
    own = packs.add_pack(models, model_store)
    base = Catalogue.read(models).require(packs.NAME)
    assert add_fitted(models, fitted(base), base).files == base.files
    assert Catalogue.read(models).own == (NAME, packs.NAME)
    (own / "card.toml").write_text("licence")
    assert f"packs/{NAME}/card.toml: base: " in refusal(models)
    assert f"packs/{packs.NAME}/card.toml is not TOML" in refusal(models)


@pytest.mark.parametrize(
    ("base", "complaint"),
    [
        ("no-such", "There is no recognition model no-such"),
        ("insightface-w600k-mbf", "visavis models pull insightface"),
        (SFACE_FR.name, "lifts the cosines of poor pictures"),
        (SFACE_FR_2.name, "those of sface-fr-2 are others"),
        (NAME, f"There is no recognition model {NAME}"),
        ("", "String should have at least 1 character"),
    ],
)
def test_a_base_that_is_none_for_it_is_refused(base: str, complaint: str, models: Path) -> None:
    add_fitted(models, fitted(), SFACE_2)
    card = folder(models) / "card.toml"
    card.write_text(card.read_text().replace('"sface-2"', f'"{base}"'))
    said = refusal(models)
    assert f"packs/{NAME}/card.toml: " in said
    assert complaint in said


def test_a_recipe_that_was_itself_fitted_is_no_base(models: Path) -> None:
    add_fitted(models, fitted(name="first"), SFACE_2)
    add_fitted(models, fitted(), SFACE_2)
    card = folder(models) / "card.toml"
    card.write_text(card.read_text().replace('"sface-2"', '"first"'))
    assert "first was itself fitted, to the networks of sface-2" in refusal(models)


@pytest.mark.parametrize(
    "damage",
    [lambda data: data[:-100], lambda data: data.replace(b"0.9", b"0.8", 1), lambda _: b""],
    ids=["cut off", "another number", "empty"],
)
def test_a_damaged_fit_is_refused(damage: Callable[[bytes], bytes], models: Path) -> None:
    add_fitted(models, fitted(), SFACE_2)
    file = folder(models) / "fit.json"
    file.write_bytes(damage(file.read_bytes()))
    assert f"packs/{NAME}/fit.json is damaged" in refusal(models)


def test_a_fit_that_is_gone_is_refused(models: Path) -> None:
    add_fitted(models, fitted(), SFACE_2)
    (folder(models) / "fit.json").unlink()
    assert "fit.json cannot be read (No such file or directory)" in refusal(models)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda fit: fit["mean"].pop(), "mean and centres have 128 numbers each, and not 127"),
        (lambda fit: fit["centres"][3].append(0.5), "mean and centres have 128 numbers each, and not 129"),
        (lambda fit: fit["centres"].append([0.0] * 128), "one of them is zero"),
        (lambda fit: fit.update(centres=[]), "centres: Tuple should have at least 1 item"),
        (lambda fit: fit.update(pull=1.5), "pull: Input should be less than or equal to 1"),
        (lambda fit: fit["knots"].pop(), "knots must rise strictly"),
        (lambda fit: fit["knots"].insert(1, [0.3, 80.0]), "knots must rise strictly"),
        (lambda fit: fit.update(knots=[[-1, 0], [1.5, 100]]), "knots must rise strictly"),
        (lambda fit: fit.pop("set"), "set: Field required"),
        (lambda fit: fit.update(means=[]), "means: Extra inputs are not permitted"),
    ],
)
def test_a_fit_that_makes_no_sense_is_refused_by_file_and_field(
    change: Callable[[dict[str, Any]], None], complaint: str, models: Path
) -> None:
    add_fitted(models, fitted(), SFACE_2)
    changed_fit(models, change)
    said = refusal(models)
    assert f"packs/{NAME}/fit.json: " in said
    assert complaint in said


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        (SFACE_FR_2.name, "the name of another recognition model"),
        ("Our People", "is not a name for a model"),
        ("../elsewhere", "is not a name for a model"),
        ("taken", "already exists"),
    ],
)
def test_a_name_that_is_taken_or_none_is_refused(name: str, complaint: str, models: Path) -> None:
    add_fitted(models, fitted(name="taken"), SFACE_2)
    before = (models / "packs" / "taken" / "fit.json").read_bytes()
    with pytest.raises(SetupError, match=complaint):
        add_fitted(models, fitted(name=name, seed=1), SFACE_2)
    assert (models / "packs" / "taken" / "fit.json").read_bytes() == before
    assert Catalogue.read(models).own == ("taken",)


def test_what_cannot_be_written_leaves_nothing_behind(models: Path) -> None:
    (models / "packs").write_text("a file where the folder should be")
    with pytest.raises(SetupError, match=f"The model {NAME} cannot be written"):
        add_fitted(models, fitted(), SFACE_2)
    assert not list(models.glob(".adding*"))
