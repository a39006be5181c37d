"""A recipe fitted to anybody's pictures: who counts how often, whom its scale is fitted to, what is refused."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import OpenPeoplePicture
from tests.packs import link_models
from visavis.core.calibration import Calibration
from visavis.errors import SetupError
from visavis.evaluation import own_recipe
from visavis.evaluation.answers import AnswersEmbedder
from visavis.evaluation.comparisons import compare_all
from visavis.evaluation.corpus import Which
from visavis.evaluation.folders import Person
from visavis.evaluation.grouping import Grouping
from visavis.evaluation.own_recipe import OwnRecipe, fit_recipe, pictures_of, seen_of, to_be_spoilt
from visavis.evaluation.worsening import POOR
from visavis.types import Embedding
from visavis.vision.adding import add_fitted
from visavis.vision.analyzer import Analyzer
from visavis.vision.catalogue import Catalogue
from visavis.vision.fusion import as_probe, fused
from visavis.vision.models import SFACE_2
from visavis.vision.recognition import Recognizers
from visavis.vision.store import ModelStore

pytestmark = pytest.mark.slow

BASE = SFACE_2
GROUPS = ("north", "south")


def people_of(pictures: list[int]) -> list[Person]:
    """Somebody for each number of pictures."""
    return [
        Person(f"p{number:05}", tuple(Path(f"p{number:05}/{place}.jpg") for place in range(count)))
        for number, count in enumerate(pictures)
    ]


def answers_of(pictures: list[int], seed: int = 0, common: float = 1.0) -> list[Embedding | None]:
    """Made-up answers of the base: people of three kinds, each near what the kind has in common."""
    generator = np.random.default_rng(seed)
    kinds = np.random.default_rng(99).normal(size=(3, 128))
    rows: list[Embedding | None] = []
    for number, count in enumerate(pictures):
        person = common * kinds[number % 3] + generator.normal(size=128)
        for _ in range(count):
            vector = person + 0.4 * generator.normal(size=128)
            rows.append(np.append(vector / np.linalg.norm(vector), 0.0).astype(np.float32))
    return rows


def grouping_of(of_person: list[int], names: tuple[str, ...] = GROUPS) -> Grouping:
    return Grouping(names, np.array(of_person), (), ())


@cache
def of_a_crowd() -> OwnRecipe:
    pictures = [2, 1] * 500
    poor = {
        number: {"blurred 2": answers[0]}
        for number, answers in zip(range(0, 1000, 5), poor_answers(), strict=True)
    }
    grouping = grouping_of([0, 0, 0, 0, 0, 0, 0, 0, 0, 1] * 100)
    return fit_recipe(BASE, "crowd", seen_of(people_of(pictures), answers_of(pictures), poor, grouping))


def poor_answers() -> list[list[Embedding]]:
    rows = answers_of([1] * 200, seed=5)
    return [[row] for row in rows if row is not None]


def test_90_and_99_hold_for_people_whom_it_has_not_seen() -> None:
    card, scale = of_a_crowd().card, Calibration.from_table(of_a_crowd().card.similarity_table)
    rows = [row for row in answers_of([1] * 1500, seed=7) if row is not None]
    others = fused(card, np.stack(rows))
    compared = compare_all(others, np.arange(len(others)), probes=as_probe(card, others))
    for similarity, fmr, factor in ((90, 1e-4, 2), (99, 1e-6, 8)):
        measured = compared.fmr(scale.cosine(similarity))
        assert measured is not None
        assert measured < fmr * factor
    assert (compared.fmr(scale.cosine(90)) or 0) > 1e-4 / 3


def test_what_is_said_of_it_and_where_its_scale_ends() -> None:
    fitted = of_a_crowd()
    assert (fitted.card.name, fitted.card.base) == ("crowd", BASE.name)
    assert fitted.card.similarity_table[-1][0] == pytest.approx(BASE.most_alike, abs=1e-4)
    assert fitted.card.similarity_table[-1][0] <= BASE.most_alike
    words = fitted.card.fit.set
    assert (
        "1,000 people, 2 groups of them alike (north, south), and poor versions of 200 of their pictures" in words
    )
    assert "pairs of 1,500 of their pictures" in words
    assert "the highest of everybody and north" in words
    assert [(group.name, group.count, group.enough_for_a_group) for group in fitted.groups] == [
        ("north", 900, True),
        ("south", 100, False),
    ]


def test_it_is_kept_and_embeds_real_faces(
    tmp_path: Path, model_store: ModelStore, analyzer: Analyzer, openpeople_picture: OpenPeoplePicture
) -> None:
    models = link_models(tmp_path / "models", model_store)
    add_fitted(models, of_a_crowd().card, BASE)
    recognizer = Recognizers(ModelStore(models), Catalogue.read(models)).load("crowd")
    embeddings = []
    for kind in ("amateur_selfie", "studio_portrait"):
        with analyzer.decode(openpeople_picture("P001", kind)) as picture:
            [face, *_] = analyzer.find(picture)
            [embedding] = recognizer.embed(picture, [face])
            expected = fused(of_a_crowd().card, recognizer.answers(picture, [face]))[0]
        assert np.array_equal(embedding, expected)
        embeddings.append(embedding)
    assert np.linalg.norm(embeddings, axis=1) == pytest.approx(1, abs=1e-5)


def test_networks_tell_of_real_pictures_and_of_poor_versions_of_them(
    people: Path, model_store: ModelStore, analyzer: Analyzer
) -> None:
    recognizer = Recognizers(model_store, Catalogue.read(model_store.directory)).load(BASE.name)
    embedder = AnswersEmbedder(analyzer, recognizer, 1, Which.LARGEST)
    files = [people / "P001" / "0.jpg", people / "P003" / "1.jpg", people / "P003" / "2.jpg"]
    face, wall, broken = embedder.measure(files, lambda: None)
    assert face.answers is not None
    assert (wall.answers, wall.sample.unreadable, broken.answers) == (None, None, None)
    assert broken.sample.unreadable is not None
    with analyzer.decode(files[0].read_bytes()) as picture:
        [embedding] = recognizer.embed(picture, analyzer.find(picture)[:1])
    assert np.allclose(fused(BASE, face.answers[np.newaxis])[0], embedding, atol=1e-6)
    spoilt, *nothing = embedder.measure_poor_versions(files, lambda: None)
    assert nothing == [{}, {}]
    assert set(spoilt) <= set(POOR)
    assert {"blurred 2", "turned 90", "dark 0.15"} <= set(spoilt)
    likeness = {kind: float(answers[:-1] @ face.answers[:-1]) for kind, answers in spoilt.items()}
    assert likeness["blurred 6"] < likeness["blurred 2"]


def test_a_picture_without_a_face_counts_nowhere_and_somebody_without_any_is_left_out() -> None:
    pictures = [1, 2, 1]
    rows = answers_of(pictures)
    rows[0] = rows[1] = None
    seen = seen_of(people_of(pictures), rows, {0: {"blurred 2": np.ones(129, np.float32)}}, grouping_of([0, 1, 0]))
    assert seen.pictures.people.tolist() == [0, 1]
    assert seen.groups.tolist() == [1, 0]
    assert seen.poor_people["blurred 2"].tolist() == [-1]
    with pytest.raises(SetupError, match="No face"):
        seen_of(people_of(pictures), [None] * 4, {}, None)


def test_names_that_are_one_person_count_as_one() -> None:
    pictures = [1, 1, 1, 1]
    seen = seen_of(
        people_of(pictures),
        answers_of(pictures),
        {3: {"smeared 9": np.ones(129, np.float32)}},
        None,
        [("p00003", "p00002"), ("p00002", "p00000"), ("p00001", "nobody")],
    )
    assert seen.pictures.people.tolist() == [0, 1, 0, 0]
    assert seen.poor_people["smeared 9"].tolist() == [0]


def test_a_group_of_a_few_does_not_weigh_in_the_mean_as_much_as_a_large_one() -> None:
    pictures = [1] * 1300
    rows = answers_of(pictures)
    alike = fit_recipe(BASE, "a", seen_of(people_of(pictures), rows, {}, grouping_of([0, 1] * 650)))
    few = [1] * 20 + [0] * 1270 + [-1] * 10
    mostly = fit_recipe(BASE, "b", seen_of(people_of(pictures), rows, {}, grouping_of(few)))
    assert "1 groups of them alike (north)" in mostly.card.fit.set
    mean = np.mean([row[:128] for row in rows[20:1290] if row is not None], axis=0)
    assert np.allclose(mostly.card.mean, mean, atol=1e-5)
    assert not np.allclose(alike.card.mean, mostly.card.mean, atol=1e-5)


def test_the_scale_takes_a_picture_of_everybody_before_a_second_of_anybody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(own_recipe, "MOST_PICTURES", 1_300)
    pictures = [3] * 900
    fitted = fit_recipe(BASE, "c", seen_of(people_of(pictures), answers_of(pictures), {}, None))
    pairs = 1_300 * 1_299 // 2 - 400  # 400 people have two
    assert f"scale: {pairs:,} pairs of 1,300 of their pictures" in fitted.card.fit.set
    assert fitted.groups == ()


@pytest.mark.parametrize(
    ("pictures", "complaint"),
    [([2] * 699, "699 people are too few"), ([1] * 900, "900 people and 404,550 pairs .* are too few")],
    ids=["people", "pairs"],
)
def test_too_few_are_refused(pictures: list[int], complaint: str) -> None:
    with pytest.raises(SetupError, match=complaint):
        fit_recipe(BASE, "d", seen_of(people_of(pictures), answers_of(pictures), {}, None))


def test_groups_none_of_which_is_large_enough_are_refused_with_their_numbers() -> None:
    pictures = [1] * 1300
    grouping = grouping_of([0] * 400 + [1] * 400 + [-1] * 500)
    with pytest.raises(SetupError, match=r"north 400 and 79,800, south 400 and 79,800\. It takes 450 people"):
        fit_recipe(BASE, "e", seen_of(people_of(pictures), answers_of(pictures), {}, grouping))


def test_pictures_that_are_made_worse_are_of_people_evenly_over_all() -> None:
    people = people_of([2] * 10)
    assert list(to_be_spoilt(people, 5)) == [0, 2, 4, 6, 8]
    assert list(to_be_spoilt(people, 4)) == [0, 3, 6, 9]
    assert len(to_be_spoilt(people, 300)) == 10
    assert to_be_spoilt(people, 0) == {}
    assert len(pictures_of(people)) == 20


def test_a_recipe_of_a_base_without_an_allowance_has_none() -> None:
    pictures = [1] * 1300
    base = replace(BASE, allowance=0.0)
    rows = [None if row is None else row[:128] for row in answers_of(pictures)]
    fitted = fit_recipe(base, "f", seen_of(people_of(pictures), rows, {}, None))
    assert (fitted.card.dimension, fitted.card.similarity_table[-1]) == (128, (1.0, 100.0))
