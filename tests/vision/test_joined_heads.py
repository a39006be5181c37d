"""The detector's network with one head says what the published one says with twelve."""

from __future__ import annotations

import numpy as np
import pytest

from tests.networks import embedding_network
from visavis.errors import SetupError
from visavis.vision.detect import YUNET_EDITS
from visavis.vision.models import YUNET
from visavis.vision.networks import applied
from visavis.vision.session import Network
from visavis.vision.store import ModelStore
from visavis.vision.yunet import CHANCES, SHAPES, STRIDES, joined_heads

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("size", [(1, 64, 96), (3, 192, 192)])
def test_it_says_the_same_of_every_cell(model_store: ModelStore, size: tuple[int, int, int]) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (*size, 3), np.uint8)
    file = model_store.load(YUNET)
    published = Network(file, YUNET_EDITS.dynamic_axes, takes_pixels=True).run(pixels)
    joined = Network(applied(YUNET_EDITS, file)).run(pixels)

    def cells(kind: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        return np.concatenate([published[f"{kind}_{stride}"] for stride in STRIDES], axis=1).swapaxes(1, 2)

    assert np.abs(joined[CHANCES] - cells("cls") * cells("obj")).max() < 1e-6
    shapes = np.concatenate([cells("bbox"), cells("kps")], axis=1)
    assert np.abs(joined[SHAPES] - shapes).max() < 1e-4


@pytest.mark.parametrize(
    "file", [b"", b"no network", embedding_network().SerializeToString()], ids=["", "no", "other"]
)
def test_another_network_is_refused(file: bytes) -> None:
    with pytest.raises(SetupError, match="not YuNet"):
        joined_heads(file)
