"""Small networks in ONNX with the inputs and outputs of published ones, and weights by chance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

Flattening = Literal["flatten", "weight", "constant", "allowzero"]
"""How the pixels of the last layer become one row a face: by Flatten, or by Reshape to (1, ...), whose shape is a
weight or a constant node, as exporters of different years write it."""


def embedding_network(
    *,
    batch: int | str = "None",
    side: int = 112,
    dimension: int = 512,
    layout: Literal["NCHW", "NHWC"] = "NCHW",
    flattening: Flattening = "flatten",
    with_length: bool = False,
    scales: bool = False,
    kind: int = TensorProto.FLOAT,
) -> onnx.ModelProto:
    """A network that looks to its user as an iResNet of InsightFace's does: `input.1` in, `683` out.

    `batch`: length of the first axis of its input, or a name where it may differ. `with_length`: a second output
    with the length of the first, as AdaFace has. `scales`: pixels are scaled by the network itself.
    """
    generator = np.random.default_rng(7)
    cells = 4 * (side // 16) ** 2
    weights = {
        "kernel": generator.normal(size=(4, 3, 16, 16)),
        "slope": generator.uniform(0, 0.5, size=(4, 1, 1)),
        "matrix": generator.normal(size=(cells, dimension)),
        "middle": np.array(127.5),
        "factor": np.array(1 / 128),
    }
    initializers = [numpy_helper.from_array(value.astype(np.float32), name) for name, value in weights.items()]
    nodes, values = [], "input.1"

    def then(operator: str, *others: str, to: str, **attributes: Any) -> None:
        nonlocal values
        nodes.append(helper.make_node(operator, [values, *others], [to], **attributes))
        values = to

    if layout == "NHWC":
        then("Transpose", to="planes", perm=[0, 3, 1, 2])
    if kind != TensorProto.FLOAT:
        nodes.append(helper.make_node("Cast", [values], ["floats"], to=TensorProto.FLOAT))
        values = "floats"
    if scales:
        then("Sub", "middle", to="shifted")
        then("Mul", "factor", to="scaled")
    then("Conv", "kernel", to="features", strides=[16, 16])
    then("PRelu", "slope", to="active")
    _flatten(flattening, cells, nodes, initializers)
    values = "row"
    then("MatMul", "matrix", to="683")
    outputs = [helper.make_tensor_value_info("683", TensorProto.FLOAT, [1, dimension])]
    if with_length:
        nodes.append(helper.make_node("ReduceL2", ["683"], ["norm"], axes=[1], keepdims=1))
        outputs.append(helper.make_tensor_value_info("norm", TensorProto.FLOAT, [1, 1]))
    sizes: Sequence[int | str] = (3, side, side) if layout == "NCHW" else (side, side, 3)
    graph = helper.make_graph(
        nodes, "faces", [helper.make_tensor_value_info("input.1", kind, [batch, *sizes])], outputs, initializers
    )
    opset = 14 if flattening == "allowzero" else 11
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def _flatten(
    flattening: Flattening, cells: int, nodes: list[onnx.NodeProto], initializers: list[onnx.TensorProto]
) -> None:
    """From `active` to `row`."""
    if flattening == "flatten":
        nodes.append(helper.make_node("Flatten", ["active"], ["row"], axis=1))
        return
    shape = numpy_helper.from_array(np.array([1, cells], np.int64), "shape")
    if flattening == "weight":
        initializers.append(shape)
    else:
        nodes.append(helper.make_node("Constant", [], ["shape"], value=shape))
    reshape = helper.make_node("Reshape", ["active", "shape"], ["row"])
    if flattening == "allowzero":
        reshape.attribute.append(helper.make_attribute("allowzero", 1))
    nodes.append(reshape)
