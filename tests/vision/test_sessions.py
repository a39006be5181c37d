from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper

from visavis.errors import SetupError
from visavis.vision.models import (
    CARDS,
    FR_FEATURE,
    FR_LIVENESS,
    FSANETS,
    MASK,
    SFACE_NETWORK,
    YUNET,
    ModelCard,
)
from visavis.vision.session import Network
from visavis.vision.store import ModelStore

pytestmark = pytest.mark.slow


def test_the_runtime_reports_to_nobody(tmp_path: Path) -> None:
    # Where it reports, it writes an id of the machine and what it has yet to send into the user's cache.
    suppresses = {"ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS", "CI", "XDG_CACHE_HOME"}
    variables = {name: value for name, value in os.environ.items() if name not in suppresses}
    program = "import visavis.vision.session, onnxruntime; onnxruntime.get_available_providers()"
    subprocess.run([sys.executable, "-c", program], check=True, env=variables | {"HOME": str(tmp_path)})  # noqa: S603 - our own
    assert list(tmp_path.iterdir()) == []


CASES = [
    (YUNET, (0, 2, 3), (1, 3, 640, 640)),
    (SFACE_NETWORK, (0,), (1, 3, 112, 112)),
    (FR_FEATURE, (0,), (1, 3, 112, 112)),
    *((card, (), (1, 64, 64, 3)) for card in FSANETS),
    (MASK, (), (1, 3, 64, 64)),
    (FR_LIVENESS, (0,), (1, 3, 128, 128)),
]


def test_every_model_is_tried() -> None:
    published_as_onnx = {card.name for card in CARDS if card.file.endswith(".onnx")}
    assert {card.name for card, _, _ in CASES} == published_as_onnx


@pytest.mark.parametrize(("card", "dynamic_axes", "shape"), CASES)
def test_an_edited_network_computes_what_the_file_does(
    model_store: ModelStore, card: ModelCard, dynamic_axes: tuple[int, ...], shape: tuple[int, ...]
) -> None:
    if card.optional and not model_store.path(card).exists():
        pytest.skip(f"{card.name} is not installed")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    unedited = onnxruntime.InferenceSession(str(model_store.path(card)), options, ["CPUExecutionProvider"])
    network = Network(model_store.load(card), dynamic_axes)
    batch = np.random.default_rng(4).uniform(0, 255, shape).astype(np.float32)
    expected = unedited.run(None, {unedited.get_inputs()[0].name: batch})
    for name, result, reference in zip(network.outputs, network.run(batch).values(), expected, strict=True):
        assert result == pytest.approx(reference, rel=1e-3, abs=1e-4), name


@pytest.mark.parametrize("shape", [(3, 3, 640, 640), (2, 3, 32, 320), (1, 3, 1024, 64)])
def test_the_detector_takes_pictures_and_batches_of_any_size(
    model_store: ModelStore, shape: tuple[int, ...]
) -> None:
    network = Network(model_store.load(YUNET), (0, 2, 3))
    batch = np.random.default_rng(5).uniform(0, 255, shape).astype(np.float32)
    together = network.run(batch)
    for index in range(shape[0]):
        for name, result in network.run(batch[index : index + 1]).items():
            assert together[name][index : index + 1] == pytest.approx(result, rel=1e-4, abs=1e-4)


def test_a_network_that_takes_pixels_computes_what_it_does_with_planes_of_them(model_store: ModelStore) -> None:
    yunet = model_store.load(YUNET)
    pixels = np.random.default_rng(6).integers(0, 256, (2, 96, 64, 3), np.uint8)
    description = Network(yunet, (0, 2, 3), takes_pixels=True).run(pixels)
    planes = np.ascontiguousarray(pixels.transpose(0, 3, 1, 2), np.float32)
    for name, expected in Network(yunet, (0, 2, 3)).run(planes).items():
        assert description[name] == pytest.approx(expected, rel=1e-4, abs=1e-4), name


@pytest.mark.parametrize("data", [b"", b"no network", bytes(1000)])
def test_bytes_that_are_no_network_are_refused(data: bytes) -> None:
    with pytest.raises(SetupError):
        Network(data)


def test_a_long_batch_is_computed_in_parts_and_answered_whole() -> None:
    """By a network that tells of each row its number, and how many were computed with it."""
    count = [
        helper.make_node("Shape", ["rows"], ["shape"], end=1),
        helper.make_node("Cast", ["shape"], ["count"], to=TensorProto.FLOAT),
        helper.make_node("Sub", ["rows", "rows"], ["zeros"]),
        helper.make_node("Add", ["zeros", "count"], ["together"]),
        helper.make_node("Identity", ["rows"], ["same"]),
    ]
    rows, together, same = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 1]) for name in ("rows", "together", "same")
    )
    graph = helper.make_graph(count, "counter", [rows], [together, same])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)
    batch = np.arange(121, dtype=np.float32).reshape(-1, 1)
    answers = Network(model.SerializeToString()).run(batch)
    assert np.array_equal(answers["same"], batch)
    assert answers["together"].shape == batch.shape
    assert answers["together"].max() <= 8
