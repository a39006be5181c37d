"""Files that are nearly pictures: a worker answers or refuses each, and none of them ends it."""

from __future__ import annotations

import pytest

from tests.fuzz.targets import seeds
from tests.fuzz.test_targets import near
from tests.hostile.corpus import corpus
from visavis.errors import ErrorCode, ServiceError
from visavis.types import Traits
from visavis.vision.pool.analyzer import PooledAnalyzer

from .conftest import OpenPool

ALL = Traits(pose=True, mask=True, liveness=True, quality=True, comparability=True)


def outcome(analyzer: PooledAnalyzer, data: bytes) -> ErrorCode | None:
    try:
        with analyzer.decode(data) as picture:
            analyzer.describe(picture, analyzer.find(picture), ALL)
    except ServiceError as error:
        return error.code
    return None


def test_pictures_that_were_changed_a_little(open_pool: OpenPool) -> None:
    with open_pool() as analyzer:
        outcomes = {outcome(analyzer, data) for data in near(list(seeds("picture")), 400)}
        assert not analyzer.pool.replaced
    assert None in outcomes
    assert ErrorCode.BROKEN_IMAGE in outcomes
    assert ErrorCode.INTERNAL not in outcomes


@pytest.mark.slow
def test_the_corpus_of_hostile_pictures(open_pool: OpenPool) -> None:
    with open_pool() as analyzer:
        wrong = [
            (each.name, code) for each in corpus() if (code := outcome(analyzer, each.data)) not in each.outcomes
        ]
        assert not analyzer.pool.replaced
    assert wrong == []
