"""Things that are no faces are not taken for faces, but for those that are drawn like one."""

from __future__ import annotations

import numpy as np
import pytest

from harness import things
from tests.conftest import PEOPLE, OpenPeoplePicture
from tests.vision.pictures import resized
from tests.vision.scenes import picture_of, the_face
from tests.vision.test_mask import masked
from visavis.types import DetectedFace
from visavis.vision.align import align
from visavis.vision.analyzer import Analyzer
from visavis.vision.decode import DecodedPicture
from visavis.vision.mask import MaskClassifier
from visavis.vision.models import MASK
from visavis.vision.store import ModelStore

pytestmark = pytest.mark.slow

BARE = 0.85


def found_in(analyzer: Analyzer, kind: str) -> list[list[DetectedFace]]:
    return [analyzer.find(DecodedPicture(np.ascontiguousarray(pixels))) for pixels in things.drawn(kind)]


def test_there_are_a_hundred_drawn_things() -> None:
    assert sum(len(things.drawn(kind)) for kind in things.KINDS) >= 100


@pytest.mark.parametrize("kind", [kind for kind in things.KINDS if kind not in things.TAKEN_FOR_FACES])
def test_a_thing_is_no_face(kind: str, analyzer: Analyzer) -> None:
    assert [face for faces in found_in(analyzer, kind) for face in faces] == []


def test_what_seems_bare_is_reported_only_if_it_scores_as_bare_faces_do(
    analyzer: Analyzer, model_store: ModelStore
) -> None:
    masks = MaskClassifier(model_store.load(MASK))
    for kind in things.TAKEN_FOR_FACES:
        for pixels, faces in zip(things.drawn(kind), found_in(analyzer, kind), strict=True):
            crops = [align(DecodedPicture(np.ascontiguousarray(pixels)), face.landmarks) for face in faces]
            for face, worn in zip(faces, masks.wears_mask(crops), strict=True):
                assert worn or face.detection_score >= BARE


def test_masked_people_are_found_though_they_score_less(
    analyzer: Analyzer, openpeople_picture: OpenPeoplePicture
) -> None:
    for name in PEOPLE:
        rgb = resized(openpeople_picture(name, "studio_portrait"), 768, 768)
        assert len(analyzer.find(picture_of(masked(rgb, the_face(analyzer, rgb))))) == 1
