"""Centres are means of many people, a scale is fitted on people they have not seen, and unit vectors stay such."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from visavis.errors import SetupError
from visavis.evaluation.centring import FEWEST_IN_A_CENTRE, Pool, fit_centring, unseen_impostors
from visavis.evaluation.comparisons import of_cosines
from visavis.evaluation.scale import fit_common_scale
from visavis.types import Embedding
from visavis.vision.fusion import as_probe, fused
from visavis.vision.models import SFACE, Centring, Fit, RecognitionCard

DIMENSION = 16
CARD = replace(
    SFACE,
    name="made-up",
    networks=(replace(SFACE.networks[0], dimension=DIMENSION),),
    own_fit=Fit("nobody", (), (0.0,) * DIMENSION),
)


def crowd(people: int, seed: int = 0, kinds: int = 3) -> Embedding:
    """Unit vectors of people who are of a few kinds, which lie close together."""
    generator = np.random.default_rng(seed)
    kind = generator.normal(size=(kinds, DIMENSION))
    vectors = 2 * kind[generator.integers(kinds, size=people)] + generator.normal(size=(people, DIMENSION))
    return unit(vectors)


def unit(vectors: NDArray[np.floating]) -> Embedding:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True), np.float32)


def pool_of(clean: Embedding, poor: Embedding | None = None, owners: list[int] | None = None) -> Pool:
    kinds = {} if poor is None else {"blurred": poor}
    return Pool(
        clean,
        np.zeros(len(clean), np.int64),
        kinds,
        {kind: np.array(owners if owners is not None else [-1] * len(vectors)) for kind, vectors in kinds.items()},
    )


def with_centres(centres: Embedding, pull: float = 0.9, focus: float = 15.0) -> RecognitionCard:
    return replace(CARD, own_fit=Fit("nobody", (), CARD.mean, Centring(centres, pull, focus)))


def cosines_between(embeddings: Embedding) -> np.ndarray:
    return np.asarray((embeddings @ embeddings.T)[np.triu_indices(len(embeddings), 1)])


@given(st.integers(0, 1000), st.floats(0, 1), st.floats(0, 40))
def test_what_is_centred_has_unit_length_and_is_what_the_formula_says(
    seed: int, pull: float, focus: float
) -> None:
    vectors, centres = crowd(5, seed), 0.4 * crowd(4, seed + 1)
    found = Centring(centres, pull, focus).applied(vectors)
    assert np.linalg.norm(found, axis=1) == pytest.approx(1, abs=1e-5)
    for vector, centred in zip(vectors.astype(np.float64), found, strict=True):
        nearness = np.exp([focus * float(vector @ centre) / np.linalg.norm(centre) for centre in centres])
        rest = vector - pull * sum(n * c for n, c in zip(nearness, centres, strict=True)) / nearness.sum()
        assert centred == pytest.approx(rest / np.linalg.norm(rest), abs=1e-4)


def test_strangers_of_one_kind_are_less_alike_once_it_is_taken_out() -> None:
    fitted = fit_centring(CARD, pool_of(crowd(600)), "a crowd")
    others = crowd(300, seed=0)[::-1]
    before, after = cosines_between(others), cosines_between(fused(fitted, others))
    assert np.quantile(after, 0.999) < np.quantile(before, 0.999) - 0.1


def test_a_centre_is_the_mean_of_several_people() -> None:
    clean = crowd(400)
    centring = fit_centring(CARD, pool_of(clean), "a crowd").fit.centring
    assert centring is not None
    assert len(centring.centres) * FEWEST_IN_A_CENTRE <= len(clean)
    nearest = (unit(clean) @ unit(centring.centres).T).max(axis=1)
    assert nearest.max() < 0.999  # nobody is a centre


def test_a_kind_of_poor_picture_that_few_people_have_makes_no_centre() -> None:
    clean = crowd(300)
    alone = fit_centring(CARD, pool_of(clean), "a crowd").fit.centring
    few = fit_centring(CARD, pool_of(clean, crowd(FEWEST_IN_A_CENTRE, seed=9)), "a crowd").fit.centring
    many = fit_centring(CARD, pool_of(clean, crowd(200, seed=9)), "a crowd").fit.centring
    assert alone is not None
    assert few is not None
    assert many is not None
    assert len(alone.centres) == len(few.centres) < len(many.centres)


def test_too_few_people_are_refused() -> None:
    with pytest.raises(SetupError, match="too few for centres"):
        fit_centring(CARD, pool_of(crowd(199)), "a crowd")


def test_the_pool_without_somebody_is_also_without_their_poor_pictures() -> None:
    clean, poor = crowd(250), crowd(6, seed=1)
    pool = pool_of(clean, poor, owners=[0, 0, 3, -1, 249, 7])
    gone = np.zeros(250, bool)
    gone[[0, 7]] = True
    left = pool.without(gone)
    assert np.array_equal(left.clean, clean[~gone])
    assert np.array_equal(left.poor["blurred"], poor[[2, 3, 4]])
    assert left.poor_people["blurred"].tolist() == [2, -1, 247]


def test_every_pair_within_a_group_is_compared_once() -> None:
    pool, groups = pool_of(crowd(400)), [np.arange(0, 100), np.arange(90, 260)]
    found = unseen_impostors(CARD, pool, groups)
    assert [len(cosines) for cosines in found] == [100 * 99 // 2, 170 * 169 // 2]


def test_people_whom_the_centres_have_not_seen_are_more_alike_than_those_they_were_made_of() -> None:
    pool = pool_of(crowd(800, kinds=40))
    everybody = np.arange(800)
    seen = cosines_between(fused(fit_centring(CARD, pool, "a crowd"), pool.clean))
    [unseen] = unseen_impostors(CARD, pool, [everybody])
    assert np.quantile(unseen, 0.999) > np.quantile(seen, 0.999)


def test_a_common_scale_is_as_strict_as_its_strictest_group() -> None:
    generator = np.random.default_rng(0)
    easy, hard = (of_cosines(generator.normal(mean, 0.1, 200_000).astype(np.float32)) for mean in (0.0, 0.05))
    scale = {similarity: cosine for cosine, similarity in fit_common_scale([easy, hard])}
    for similarity, fmr in ((77, 1e-3), (90, 1e-4)):
        assert (easy.fmr(scale[similarity]) or 0) < (hard.fmr(scale[similarity]) or 0) <= 1.1 * fmr


@given(st.integers(0, 100))
def test_an_allowance_helps_a_poor_and_a_good_picture_and_never_two_poor_ones(seed: int) -> None:
    allowance = 0.05
    card = replace(CARD, allowance=allowance)
    answers = np.hstack([crowd(2, seed), np.array([[0.0], [0.0]])]).astype(np.float32)

    def cosine(first: float, second: float) -> float:
        answers[:, -1] = first, second
        one, other = fused(card, answers)
        assert np.linalg.norm(one) == pytest.approx(1, abs=1e-5)
        assert float(as_probe(card, one) @ other) == pytest.approx(float(one @ as_probe(card, other)), abs=1e-6)
        return float(as_probe(card, one) @ other)

    assert cosine(1, 1) == pytest.approx(cosine(0, 0), abs=1e-5)
    assert cosine(1, 0) == pytest.approx(cosine(0, 0) + allowance / (1 + allowance / 2), abs=1e-5)
    assert cosine(1, 0) == pytest.approx(cosine(0, 1), abs=1e-5)


def test_the_same_good_picture_has_the_cosine_that_100_stands_for() -> None:
    card = replace(CARD, allowance=0.05)
    [embedding] = fused(card, np.hstack([crowd(1), np.zeros((1, 1), np.float32)]))
    assert float(as_probe(card, embedding) @ embedding) == pytest.approx(card.most_alike, abs=1e-6)


def test_a_recipe_without_an_allowance_has_one_form_of_an_embedding() -> None:
    embeddings = crowd(3)
    assert np.array_equal(as_probe(CARD, embeddings), embeddings)
