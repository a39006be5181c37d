"""A worker says of a picture what the networks say."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict
from subprocess import run

import numpy as np
import pytest

from tests.conftest import OpenPeoplePicture
from visavis.errors import ErrorCode, ServiceError
from visavis.types import DetectedFace, Traits
from visavis.vision.analyzer import Analyzer
from visavis.vision.models import SFACE, SFACE_2
from visavis.vision.pool.analyzer import PooledAnalyzer

from .conftest import OpenPool

ALL = Traits(pose=True, mask=True, liveness=True, quality=True, comparability=True)


@pytest.mark.parametrize("kind", ["studio_portrait", "emotions_sheet"])
def test_faces_traits_and_embeddings(
    pooled: PooledAnalyzer, analyzer: Analyzer, openpeople_picture: OpenPeoplePicture, kind: str
) -> None:
    data = openpeople_picture("P003", kind)
    with analyzer.decode(data) as picture, pooled.decode(data) as remote:
        assert remote.size == picture.size
        found = analyzer.find(picture)
        assert pooled.find(remote) == found
        described = zip(pooled.describe(remote, found, ALL), analyzer.describe(picture, found, ALL), strict=True)
        assert all(rounded(there) == rounded(here) for there, here in described)
        embeddings = analyzer.embed(picture, found, SFACE_2.name)
        assert np.allclose(pooled.embed(remote, found, SFACE_2.name), embeddings, atol=1e-5)
        assert pooled.aligned_liveness(remote) == analyzer.aligned_liveness(picture)
    assert np.array_equal(pooled.as_probe(embeddings, SFACE_2.name), analyzer.as_probe(embeddings, SFACE_2.name))


def rounded(face: DetectedFace) -> list[str]:
    """All that is told of a face, but for the last digits, which differ where memory is aligned differently."""
    return [f"{value:.9f}" if isinstance(value, float) else repr(value) for value in told(asdict(face))]


def told(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        value = tuple(value.values())
    if isinstance(value, tuple):
        for each in value:
            yield from told(each)
    else:
        yield value


@pytest.mark.parametrize("data", [b"", b"no picture", b"\xff\xd8\xff"], ids=["empty", "text", "cut"])
def test_refusals(pooled: PooledAnalyzer, analyzer: Analyzer, data: bytes) -> None:
    with pytest.raises(ServiceError) as here, analyzer.decode(data):
        pass
    with pytest.raises(ServiceError) as there, pooled.decode(data):
        pass
    assert (there.value.code, there.value.detail) == (here.value.code, here.value.detail)


def test_a_model_that_no_worker_has_is_loaded_when_it_is_asked_for(
    open_pool: OpenPool, analyzer: Analyzer, stranger: bytes
) -> None:
    with open_pool(workers=2) as pooled:
        for _ in range(3):
            with pooled.decode(stranger) as remote, analyzer.decode(stranger) as picture:
                faces = pooled.find(remote)
                assert np.array_equal(
                    pooled.embed(remote, faces, SFACE.name), analyzer.embed(picture, faces, SFACE.name)
                )
                assert pooled.find(remote) == faces


def test_a_model_that_is_nowhere_is_the_servers_fault(pooled: PooledAnalyzer, stranger: bytes) -> None:
    with pooled.decode(stranger) as picture, pytest.raises(ServiceError) as caught:
        pooled.embed(picture, pooled.find(picture), "nowhere")
    assert caught.value.code is ErrorCode.INTERNAL


def test_the_main_process_knows_no_decoder_and_no_runtime() -> None:
    program = (
        "import sys, visavis.app.server\n"
        "print(sorted({'onnxruntime', 'onnx', 'cv2', 'PIL', 'simplejpeg'} & sys.modules.keys()))"
    )
    done = run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.strip() == "[]"
