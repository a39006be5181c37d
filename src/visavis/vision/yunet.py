"""YuNet with one head in place of twelve.

The published network ends, on each of three grids, in four heads: two for the chance of a face, one for its box
and one for its landmarks. Each is a convolution over all channels and one over each channel, with hardly an output
of its own, laid out anew for every one of them. As one head they compute the same in less time
(docs/decisions/0089).
"""

from __future__ import annotations

from itertools import chain

import numpy as np
import onnx
from onnx import helper, numpy_helper

from visavis.errors import SetupError

STRIDES = (8, 16, 32)
"""Pixels from cell to cell of each grid."""
CHANCES, SHAPES = "chances", "shapes"
"""The outputs: shape (n, 1, cells), 0-1, and (n, 14, cells) with four numbers of the box and ten of the landmarks.

The cells of all grids come one after the other, each grid row by row.
"""
_HEADS = {"cls": 1, "obj": 1, "bbox": 4, "kps": 10}
"""Outputs of each published head, on every grid."""


def joined_heads(file: bytes) -> bytes:
    """The published YuNet, in ONNX, with the outputs CHANCES and SHAPES. Raises SetupError if it is another."""
    try:
        network = onnx.load_from_string(file)
        _join(network.graph)
    except Exception as error:  # the parser has an exception of its own, which lies outside of onnx
        raise SetupError("The network is not YuNet.") from error
    serialized: bytes = network.SerializeToString()
    return serialized


def _join(graph: onnx.GraphProto) -> None:
    made_by = {output: node for node in graph.node for output in node.output}
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}

    def parameter(name: str, array: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> str:
        graph.initializer.append(numpy_helper.from_array(array, name))
        return name

    def joined(name: str, nodes: list[onnx.NodeProto], source: str, groups: int) -> onnx.NodeProto:
        """One convolution for several: their outputs side by side."""
        inputs = [
            parameter(f"{name}/{index}", np.concatenate([weights[node.input[index]] for node in nodes]))
            for index in (1, 2)
        ]
        same = {attribute.name: helper.get_attribute_value(attribute) for attribute in nodes[0].attribute}
        return helper.make_node("Conv", [source, *inputs], [name], **(same | {"group": groups}))

    channels = sum(_HEADS.values())
    flat = parameter("flat", np.array([0, channels, -1], np.int64))
    steps, ends = [], set()
    for stride in STRIDES:
        heads = [_head(made_by, f"{kind}_{stride}") for kind in _HEADS]
        across, along = (list(nodes) for nodes in zip(*(convolutions for convolutions, _ in heads), strict=True))
        grid = f"grid{stride}"
        steps += [
            joined(f"{grid}/across", across, across[0].input[0], 1),
            joined(f"{grid}/along", along, f"{grid}/across", channels),
            helper.make_node("Reshape", [f"{grid}/along", flat], [grid]),
        ]
        ends |= {output for nodes, after in heads for node in (*nodes, *after) for output in node.output}
    steps += [
        helper.make_node("Concat", [f"grid{stride}" for stride in STRIDES], ["cells"], axis=2),
        helper.make_node("Split", ["cells"], ["cls", "obj", SHAPES], axis=1, split=[1, 1, channels - 2]),
        *(helper.make_node("Sigmoid", [kind], [f"{kind}/chance"]) for kind in ("cls", "obj")),
        helper.make_node("Mul", ["cls/chance", "obj/chance"], [CHANCES]),
    ]
    kept = [node for node in graph.node if not ends.intersection(node.output)]
    del graph.node[:], graph.output[:]
    graph.node.extend([*kept, *steps])
    graph.output.extend(
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in (CHANCES, SHAPES)
    )
    used = set(chain.from_iterable(node.input for node in graph.node))
    for tensor in [tensor for tensor in graph.initializer if tensor.name not in used]:
        graph.initializer.remove(tensor)


def _head(
    made_by: dict[str, onnx.NodeProto], output: str
) -> tuple[tuple[onnx.NodeProto, onnx.NodeProto], list[onnx.NodeProto]]:
    """The two convolutions of a head, and what comes after them."""
    after = []
    node = made_by[output]
    while node.op_type != "Conv":
        after.append(node)
        node = made_by[node.input[0]]
    return (made_by[node.input[0]], node), after
