"""Channels that show the same whatever the picture are not computed, and nothing else changes."""

from __future__ import annotations

from typing import Literal

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from visavis.vision.dead_channels import drop_dead_channels
from visavis.vision.prepared import PreparedNetwork
from visavis.vision.session import Network

WIDE = 64
Shape = Literal["block", "seen by others", "padded", "wide kernel", "shared weights"]


def block(dead: int, shape: Shape = "block") -> onnx.ModelProto:
    """Three channels become 64, each is looked at by itself, and five are made of them; `dead` of the 64 are."""
    generator = np.random.default_rng(5)
    side = 3 if shape == "wide kernel" else 1
    weights = {
        "widening": generator.normal(size=(WIDE, 3, 1, 1)),
        "widening bias": generator.normal(size=WIDE),
        "slope": generator.uniform(-0.5, 1.2, size=(WIDE, 1, 1)),
        "along": generator.normal(size=(WIDE, 1, 3, 3)),
        "along bias": generator.normal(size=WIDE),
        "other slope": generator.uniform(-0.5, 1.2, size=(WIDE, 1, 1)),
        "narrowing": generator.normal(size=(5, WIDE, side, side)),
        "narrowing bias": generator.normal(size=5),
    }
    weights["along"][generator.permutation(WIDE)[:dead]] = 0
    slope = "slope" if shape == "shared weights" else "other slope"
    nodes = [
        helper.make_node("Conv", ["shown", "widening", "widening bias"], ["a"]),
        helper.make_node("PRelu", ["a", "slope"], ["b"]),
        helper.make_node("Conv", ["b", "along", "along bias"], ["c"], group=WIDE, pads=[1, 1, 1, 1]),
        helper.make_node("PRelu", ["c", slope], ["d"]),
        helper.make_node(
            "Conv", ["d", "narrowing", "narrowing bias"], ["answer"], pads=[int(shape == "padded")] * 4
        ),
    ]
    outputs = ["answer", "c"] if shape == "seen by others" else ["answer"]
    graph = helper.make_graph(
        nodes,
        "block",
        [helper.make_tensor_value_info("shown", TensorProto.FLOAT, [None, 3, 8, 8])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        [numpy_helper.from_array(value.astype(np.float32), name) for name, value in weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def channels(network: onnx.ModelProto) -> dict[str, tuple[int, ...]]:
    return {tensor.name: tuple(tensor.dims) for tensor in network.graph.initializer}


def answers(network: onnx.ModelProto) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    shown = np.random.default_rng(6).normal(size=(2, 3, 8, 8)).astype(np.float32)
    return Network(PreparedNetwork(network.SerializeToString())).run(shown)["answer"]


@pytest.mark.parametrize(("dead", "kept"), [(0, 64), (15, 64), (16, 48), (20, 48), (40, 32), (64, 15)])
def test_what_is_dead_is_left_out_in_blocks_and_the_answers_stay(dead: int, kept: int) -> None:
    network = block(dead)
    before = answers(network)
    drop_dead_channels(network.graph)
    left = channels(network)
    assert left["widening"] == (kept, 3, 1, 1)
    assert left["along"] == (kept, 1, 3, 3)
    assert left["narrowing"] == (5, kept, 1, 1)
    assert np.abs(answers(network) - before).max() < 1e-4


@pytest.mark.parametrize("shape", ["seen by others", "padded", "wide kernel", "shared weights"])
def test_a_channel_that_is_not_the_same_everywhere_or_is_used_elsewhere_stays(shape: Shape) -> None:
    network = block(40, shape)
    before = network.SerializeToString()
    drop_dead_channels(network.graph)
    assert network.SerializeToString() == before
