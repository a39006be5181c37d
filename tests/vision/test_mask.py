from __future__ import annotations

import cv2
import numpy as np

from tests.conftest import PEOPLE, OpenPeoplePicture
from tests.vision.pictures import Array, resized
from tests.vision.scenes import picture_of, the_face
from visavis.types import DetectedFace, Traits
from visavis.vision.align import align
from visavis.vision.analyzer import Analyzer
from visavis.vision.mask import MaskClassifier
from visavis.vision.models import MASK
from visavis.vision.store import ModelStore


def masked(rgb: Array, face: DetectedFace) -> Array:
    """The picture with a surgical mask painted from the bridge of the nose to below the chin."""
    points, box = face.landmarks, face.box
    top = (points.nose[1] + (points.left_eye[1] + points.right_eye[1]) / 2) / 2
    bottom = box.y1 - 0.02 * box.height
    outline = [
        (box.x0 + 0.06 * box.width, top + 0.1 * box.height),
        (points.nose[0], top),
        (box.x1 - 0.06 * box.width, top + 0.1 * box.height),
        (box.x1 - 0.14 * box.width, bottom - 0.14 * box.height),
        (points.nose[0], bottom),
        (box.x0 + 0.14 * box.width, bottom - 0.14 * box.height),
    ]
    painted = rgb.copy()
    cv2.fillPoly(painted, [np.array(outline, np.int32)], (178, 205, 224))
    for share in (0.35, 0.5, 0.65):
        y = int(top + share * (bottom - top))
        left, right = int(box.x0 + 0.15 * box.width), int(box.x1 - 0.15 * box.width)
        cv2.line(painted, (left, y), (right, y), (150, 180, 200), max(1, int(box.height / 120)))
    return cv2.GaussianBlur(painted, (3, 3), 0).astype(np.uint8)


def test_bare_faces_wear_no_mask_and_painted_ones_do(
    analyzer: Analyzer, openpeople_picture: OpenPeoplePicture
) -> None:
    bare: list[bool | None] = []
    covered: list[bool | None] = []
    for name in PEOPLE:
        rgb = resized(openpeople_picture(name, "studio_portrait"), 768, 768)
        face = the_face(analyzer, rgb)
        for picture, verdicts in ((rgb, bare), (masked(rgb, face), covered)):
            (described,) = analyzer.describe(picture_of(picture), [face], Traits(mask=True))
            verdicts.append(described.mask)
    assert bare.count(False) == len(PEOPLE)
    assert covered.count(True) >= len(PEOPLE) - 1


def test_a_face_and_its_mirror_image_get_the_same_verdict(
    analyzer: Analyzer, openpeople_picture: OpenPeoplePicture, model_store: ModelStore
) -> None:
    classifier = MaskClassifier(model_store.load(MASK))
    with analyzer.decode(openpeople_picture("P002", "emotions_sheet")) as sheet:
        faces = [align(sheet, face.landmarks) for face in analyzer.find(sheet)]
    halves = [np.where(np.arange(112)[:, None, None] > 66, 230, face).astype(np.uint8) for face in faces]
    crops = faces + halves
    assert len(crops) == 32
    assert classifier.wears_mask([crop[:, ::-1] for crop in crops]) == classifier.wears_mask(crops)
    assert not any(classifier.wears_mask(faces))
