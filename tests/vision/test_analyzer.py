from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tests.conftest import PEOPLE, OpenPeoplePicture
from visavis.core.ports import FaceAnalyzer
from visavis.errors import ErrorCode, ServiceError
from visavis.types import DetectedFace, Traits
from visavis.vision.analyzer import Analyzer
from visavis.vision.decode import DecodedPicture
from visavis.vision.models import SFACE
from visavis.vision.store import ModelStore


def test_core_can_use_the_analyzer(analyzer: Analyzer, stranger: bytes) -> None:
    port: FaceAnalyzer[DecodedPicture] = analyzer
    with port.decode(stranger) as picture:
        faces = port.find(picture)
        assert (picture.size.width, picture.size.height) == (512, 512)
        assert port.embed(picture, faces, SFACE.name).shape == (1, SFACE.dimension)


@pytest.mark.parametrize("pose", [False, True])
@pytest.mark.parametrize("mask", [False, True])
def test_traits_are_there_only_when_they_are_wanted(
    analyzer: Analyzer, stranger: bytes, pose: bool, mask: bool
) -> None:
    with analyzer.decode(stranger) as picture:
        faces = analyzer.find(picture)
        (face,) = analyzer.describe(picture, faces, Traits(pose=pose, mask=mask))
    assert (face.pose is not None, face.mask is not None) == (pose, mask)
    assert (face.box, face.landmarks) == (faces[0].box, faces[0].landmarks)


def test_no_faces_have_no_traits(analyzer: Analyzer, stranger: bytes) -> None:
    with analyzer.decode(stranger) as picture:
        assert analyzer.describe(picture, [], Traits(pose=True, mask=True)) == []


def test_no_more_pictures_are_held_at_once_than_there_are_places(model_store: ModelStore, stranger: bytes) -> None:
    analyzer = Analyzer.load(model_store, cpu_places=2)
    lock, held, most = threading.Lock(), 0, 0

    def work() -> None:
        nonlocal held, most
        with analyzer.decode(stranger) as picture:
            with lock:
                held += 1
                most = max(most, held)
            analyzer.find(picture)
            with lock:
                held -= 1

    with ThreadPoolExecutor(8) as threads:
        for future in [threads.submit(work) for _ in range(24)]:
            future.result()
    assert most == 2


def test_a_broken_picture_gives_its_place_back(model_store: ModelStore, stranger: bytes) -> None:
    analyzer = Analyzer.load(model_store, cpu_places=1)
    for _ in range(3):
        with pytest.raises(ServiceError) as refusal, analyzer.decode(stranger[:1000]):
            pass
        assert refusal.value.code is ErrorCode.BROKEN_IMAGE
    with analyzer.decode(stranger) as picture:
        assert len(analyzer.find(picture)) == 1


def test_threads_do_not_disturb_one_another(analyzer: Analyzer, openpeople_picture: OpenPeoplePicture) -> None:
    files = [openpeople_picture(name, "studio_posture") for name in PEOPLE[:4]]

    def work(data: bytes) -> tuple[list[DetectedFace], bytes]:
        with analyzer.decode(data) as picture:
            faces = analyzer.describe(picture, analyzer.find(picture), Traits(pose=True, mask=True))
            return faces, np.round(analyzer.embed(picture, faces, SFACE.name), 4).tobytes()

    alone = [work(data) for data in files]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(work, files * 3))
    assert together == alone * 3
