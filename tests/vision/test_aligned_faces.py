"""A face of a picture is cut out and asked about a mask once, whoever needs it, and forgotten with its picture."""

from __future__ import annotations

import weakref
from collections.abc import Sequence

import numpy as np
import pytest

from tests.conftest import curated
from visavis.types import Landmarks, Traits
from visavis.vision.aligned import aligned
from visavis.vision.analyzer import Analyzer
from visavis.vision.decode import DecodedPicture, Pixels, decode
from visavis.vision.mask import MaskClassifier
from visavis.vision.models import ARCFACE, DEFAULT_RECOGNITION

ANYBODY = Landmarks(*ARCFACE.points)


def noise() -> DecodedPicture:
    return DecodedPicture(np.random.default_rng(0).integers(0, 256, (112, 112, 3), np.uint8))


def test_the_same_landmarks_are_the_same_face() -> None:
    picture = noise()
    assert aligned(picture, ANYBODY) is aligned(picture, Landmarks(*ARCFACE.points))
    elsewhere = Landmarks(*((x + 1, y) for x, y in ARCFACE.points))
    assert aligned(picture, elsewhere) is not aligned(picture, ANYBODY)


def test_nothing_is_kept_of_a_picture_that_is_overwritten() -> None:
    picture = noise()
    face = weakref.ref(aligned(picture, ANYBODY))
    assert face() is not None
    picture.overwrite()
    assert face() is None


@pytest.mark.slow
def test_a_described_and_embedded_face_is_asked_about_a_mask_once(
    analyzer: Analyzer, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = decode(curated("P001", "amateur_selfie"))
    [face] = analyzer.find(picture)
    analyzer.embed(noise(), [face], DEFAULT_RECOGNITION.name)  # a recipe is tried out when it is loaded
    asked: list[int] = []
    probabilities = MaskClassifier.probabilities

    def counted(classifier: MaskClassifier, crops: Sequence[Pixels]) -> object:
        asked.append(len(crops))
        return probabilities(classifier, crops)

    monkeypatch.setattr(MaskClassifier, "probabilities", counted)
    analyzer.describe(picture, [face], Traits(mask=True, comparability=True))
    analyzer.embed(picture, [face], DEFAULT_RECOGNITION.name)
    assert sum(asked) == 1
