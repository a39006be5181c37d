"""Landmarks of the pack insightface, where somebody has accepted its terms and fetched it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.conftest import OpenPeoplePicture
from visavis.types import Box
from visavis.vision.analyzer import Analyzer
from visavis.vision.decode import DecodedPicture
from visavis.vision.models import SCRFD
from visavis.vision.scrfd import LandmarkFinder
from visavis.vision.store import ModelStore


@pytest.fixture(scope="module")
def finder(model_store: ModelStore) -> LandmarkFinder:
    scrfd = model_store.load_if_there(SCRFD)
    if scrfd is None:
        pytest.skip("the pack insightface is not installed")
    return LandmarkFinder(scrfd)


@pytest.mark.parametrize("kind", ["studio_portrait", "emotions_sheet"])
def test_landmarks_lie_near_those_of_the_detector(
    analyzer: Analyzer, finder: LandmarkFinder, openpeople_picture: OpenPeoplePicture, kind: str
) -> None:
    with analyzer.decode(openpeople_picture("P002", kind)) as picture:
        faces = analyzer.find(picture)
        found = finder.find(picture, faces)
    assert len(found) == len(faces)
    for face, landmarks in zip(faces, found, strict=True):
        moved = np.linalg.norm(landmarks.as_array() - face.landmarks.as_array(), axis=1)
        assert 0 < moved.max() < 0.1 * (face.box.x1 - face.box.x0)


def test_landmarks_of_a_mirrored_picture_are_mirrored(
    analyzer: Analyzer, finder: LandmarkFinder, stranger: bytes
) -> None:
    with analyzer.decode(stranger) as picture:
        [face] = analyzer.find(picture)
        [landmarks] = finder.find(picture, [face])
        mirror = DecodedPicture(picture.pixels[:, ::-1])
        width = picture.size.width
    box = Box(width - face.box.x1, face.box.y0, width - face.box.x0, face.box.y1)
    [mirrored] = finder.find(mirror, [replace(face, box=box)])
    back = mirrored.as_array()[[1, 0, 2, 4, 3]]
    back[:, 0] = width - back[:, 0]
    assert back == pytest.approx(landmarks.as_array(), abs=1.5)


def test_where_it_sees_no_face_the_landmarks_stay(
    finder: LandmarkFinder, analyzer: Analyzer, stranger: bytes
) -> None:
    with analyzer.decode(stranger) as picture:
        [face] = analyzer.find(picture)
    nothing = DecodedPicture(np.full((512, 512, 3), 128, np.uint8))
    assert finder.find(nothing, [face]) == [face.landmarks]
    assert finder.find(nothing, []) == []
