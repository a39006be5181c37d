"""Recognition models side by side, and ways to feed one: on faces whose truth is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.evaluation.vectors import embeddings_of
from visavis.core.calibration import Calibration
from visavis.errors import SetupError
from visavis.evaluation.comparisons import Comparisons, compare_all
from visavis.evaluation.intervals import of_comparisons
from visavis.evaluation.model_comparison import Measured, summary, verdict
from visavis.evaluation.model_sheets import comparison_sheets, way_sheets
from visavis.evaluation.preprocessing import compare_ways, ways_to_feed
from visavis.vision.models import DEFAULT_RECOGNITION, INSIGHTFACE, SFACE

PEOPLE = np.arange(300) // 3
SCALE = Calibration.from_table(((-1.0, 0.0), (0.5, 90.0), (0.8, 99.0), (1.0, 100.0)))


def faces(spread: float, seed: int = 5) -> Comparisons:
    """100 people with three pictures each; the more spread, the worse they are told apart."""
    return compare_all(embeddings_of(PEOPLE, seed, spread), PEOPLE)


def measured(name: str, compared: Comparisons, scale: Calibration | None = SCALE) -> Measured:
    return Measured(name, compared, scale, "of the model", file_bytes=13_600_000, seconds=0.0123)


def test_a_model_that_tells_people_apart_better_is_better_and_the_other_way_round() -> None:
    worse, better = measured("worse", faces(0.9)), measured("better", faces(0.6))
    for models, word in (((worse, better), "better"), ((better, worse), "worse")):
        [difference] = summary(models, resamples=300, seed=1)["differences"]
        assert (difference["model"], difference["against"]) == (models[1].model, models[0].model)
        assert difference["verdict"]["1e-3"] == word
        low, high = difference["interval"]["1e-3"]
        assert low < difference["tar_at_far"]["1e-3"] < high


def test_a_model_is_not_better_than_itself() -> None:
    found = summary([measured(name, faces(0.9)) for name in ("one", "same")], resamples=100, seed=1)
    assert found["differences"][0]["tar_at_far"] == {"1e-3": 0, "1e-4": 0, "1e-5": 0}
    assert set(found["differences"][0]["verdict"].values()) == {"not shown"}


def test_the_same_people_are_drawn_for_every_model() -> None:
    # The rates of both models move with the draw; the difference of a model from itself does not.
    first, second = faces(0.9), faces(0.9)
    alone = of_comparisons(first, [1e-3], [], 200, 3)
    assert alone == of_comparisons(second, [1e-3], [], 200, 3)
    found = summary([measured("one", first), measured("same", second)], resamples=200, seed=3)
    assert found["models"][0]["intervals"]["tar_at_far"]["1e-3"] == alone[0][0]
    assert found["differences"][0]["interval"]["1e-3"] is None


def test_figures_of_each_model_are_those_of_its_own_threshold_and_scale() -> None:
    compared = faces(0.9)
    [model, other] = summary([measured("a", compared), measured("b", compared, None)], 50, 1)["models"]
    assert model["tar_at_far"]["1e-3"] == compared.tar(compared.threshold(1e-3))
    assert model["fmr_at_similarity"]["90"] == compared.fmr(0.5)
    assert other["fmr_at_similarity"] == {"80": None, "90": None, "99": None}
    assert other["intervals"]["fmr_at_similarity"] == {"80": None, "90": None, "99": None}
    assert (model["file_bytes"], model["ms_per_face"]) == (13_600_000, pytest.approx(12.3))


def test_too_few_pairs_are_said_to_be_too_few() -> None:
    found = summary([measured("a", faces(0.9)), measured("b", faces(0.8))], 50, 1)
    assert found["beyond_the_pairs"] == ["1e-5"]
    found |= {"faces": 300, "missed": 0, "unreadable": 0}
    _, rates, differences, strangers = comparison_sheets(found)
    assert [row[0] for row in rates.rows] == ["a", "b"]
    assert differences.rows[0][-1] == "too few pairs"
    assert "not shown" in differences.rows[0][1] or "better" in differences.rows[0][1]
    assert strangers.rows[1][-1] == "of the model"


@pytest.mark.parametrize(
    ("interval", "word"),
    [((0.1, 0.2), "better"), ((-0.2, -0.1), "worse"), ((-0.1, 0.1), "not shown"), (None, "not shown")],
)
def test_an_interval_that_holds_0_shows_nothing(interval: tuple[float, float] | None, word: str) -> None:
    assert verdict(interval) == word


def test_the_cards_own_way_comes_first_and_every_other_once() -> None:
    [insightface] = INSIGHTFACE.cards
    ways = ways_to_feed(insightface)
    assert len(ways) == 6
    name, card = next(iter(ways.items()))
    assert name == "RGB, (x - 127.5) / 127.5"
    assert card.networks == insightface.networks
    assert ways["BGR, 0 to 255"].networks[0].channels == "BGR"
    assert next(iter(ways_to_feed(SFACE))) == "RGB, 0 to 255"


def test_a_way_that_is_none_of_the_usual_ones_is_compared_with_all_of_them() -> None:
    [network] = SFACE.networks
    odd = replace(SFACE, networks=(replace(network, offset=(104.0, 117.0, 123.0), divisor=(1.0, 2.0, 3.0)),))
    ways = ways_to_feed(odd)
    assert len(ways) == 7
    assert next(iter(ways)) == "RGB, (x - [104.0, 117.0, 123.0]) / [1.0, 2.0, 3.0]"


def test_a_model_of_several_networks_is_not_checked() -> None:
    with pytest.raises(SetupError, match="sface-fr-3 has 2 networks"):
        ways_to_feed(DEFAULT_RECOGNITION)


@pytest.mark.slow
def test_the_way_that_tells_people_apart_best_is_found() -> None:
    ways = compare_ways({"own": faces(0.8), "better": faces(0.5), "worse": faces(1.2)}, resamples=200, seed=1)
    assert [way.clearly_better for way in ways] == [False, True, False]
    own, better, worse = ways
    assert worse.separation < own.separation < better.separation
    assert own.difference == 0
    assert better.interval is not None
    assert 0 < better.interval[0] < better.difference < better.interval[1]
    [sheet] = way_sheets(ways)
    assert [row[-1] for row in sheet.rows] == ["", "better", ""]
    assert "as the card says" in sheet.rows[0][0]


def test_people_with_one_picture_each_check_nothing() -> None:
    people = np.arange(9)
    with pytest.raises(SetupError, match="two pictures or more"):
        compare_ways({"own": compare_all(embeddings_of(people, 1), people)}, 10, 1)
