"""Edits published ONNX networks so that the runtime is fast at them. Only this module imports ONNX."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import onnx
from numpy.typing import NDArray

from visavis.errors import SetupError
from visavis.vision.dead_channels import drop_dead_channels

_NEGLIGIBLE = 1e-12


def edited(model: bytes, dynamic_axes: Sequence[int], *, takes_pixels: bool) -> bytes:
    """The network with some axes of its input made dynamic, in a form that the runtime is fast at.

    Old exporters list initializers among the inputs, where a caller could replace them; that keeps the runtime
    from folding them into the operators (SFace: 24 ms instead of 20). The recorded shapes of everything behind a
    dynamic axis would be wrong, so they are dropped; the runtime infers them again.
    """
    network = parsed(model)
    if keeps_weights_elsewhere(network):
        raise SetupError(
            "A model keeps weights in files beside it, which no SHA-256 covers; that is not accepted."
        )
    graph = network.graph
    constants = {initializer.name for initializer in graph.initializer}
    for value in [value for value in graph.input if value.name in constants]:
        graph.input.remove(value)
    _drop_negligible_weights(graph)
    drop_dead_channels(graph)
    _spell_out_prelu(graph)
    del graph.value_info[:]
    if dynamic_axes:
        for axis in dynamic_axes:
            graph.input[0].type.tensor_type.shape.dim[axis].dim_param = f"axis{axis}"
        if 0 in dynamic_axes:
            _keep_batch(graph)
        for output in graph.output:
            output.type.tensor_type.ClearField("shape")
    if takes_pixels:
        _take_pixels(graph)
    serialized: bytes = network.SerializeToString()
    return serialized


def parsed(data: bytes, name: str = "A model") -> onnx.ModelProto:
    """The network that the bytes of an ONNX file hold; `name` begins the reason where they hold none.

    Raises:
        SetupError: The bytes are no ONNX file, or one without a network in it.
    """
    try:
        network = onnx.load_from_string(data)
    except Exception as error:  # the parser has an exception of its own, which lies outside of onnx
        raise SetupError(f"{name} is not an ONNX file.") from error
    if not network.graph.node:
        raise SetupError(f"{name} is not an ONNX file, or has no network in it.")
    return network


def _drop_negligible_weights(graph: onnx.GraphProto) -> None:
    """Set weights to 0 that are too small, beside the largest of their tensor, to change a sum in float32.

    Training leaves them in channels that died. Their products are so small that a processor falls back to slow
    arithmetic (denormal numbers): fr_feature takes 69 ms with them and 5.4 without, for the same answers.
    """
    for initializer in graph.initializer:
        if initializer.data_type == onnx.TensorProto.FLOAT:
            weights = onnx.numpy_helper.to_array(initializer)
            sizes = np.abs(weights)
            negligible = (sizes > 0) & (sizes < _NEGLIGIBLE * sizes.max(initial=0))
            if negligible.any():
                kept = np.where(negligible, np.float32(0), weights)
                initializer.CopyFrom(onnx.numpy_helper.from_array(kept, initializer.name))


def _spell_out_prelu(graph: onnx.GraphProto) -> None:
    """Write PReLU, a slope for each channel where the input is negative, as slope * x + (1 - slope) * relu(x).

    The runtime's own operator is slow, and does not know the blocked layout that convolutions compute in, so
    everything is laid out anew before and after it: more than half of the time of SFace. As convolutions of one
    weight a channel, whose sum is fused, it takes a fraction of that (docs/decisions/0019).
    """
    slopes = {initializer.name: initializer for initializer in graph.initializer}
    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        if node.op_type == "PRelu" and node.input[1] in slopes:
            slope = onnx.numpy_helper.to_array(slopes[node.input[1]])
            if slope.ndim in {3, 4} and slope.size == slope.shape[-3]:  # a slope for each channel
                nodes += _prelu(graph, node, slope.astype(np.float32))
                continue
        nodes.append(node)
    del graph.node[:]
    graph.node.extend(nodes)


def _prelu(graph: onnx.GraphProto, node: onnx.NodeProto, slope: NDArray[np.float32]) -> list[onnx.NodeProto]:
    """The operators that stand for one PReLU; their weights are added to the graph.

    If no slope exceeds 1, (1 - slope) * relu(x) equals relu((1 - slope) * x). Written that way, the runtime
    computes the relu as part of the convolution.
    """
    [value, _], [result] = node.input, node.output
    part, rest = f"{result}/part", f"{result}/rest"
    weights = {f"{part}/weight": slope, f"{rest}/weight": 1 - slope}
    graph.initializer.extend(
        onnx.numpy_helper.from_array(weight.reshape(-1, 1, 1, 1), name) for name, weight in weights.items()
    )

    def scaled(source: str, target: str, weight: str) -> onnx.NodeProto:
        return onnx.helper.make_node(
            "Conv", [source, f"{weight}/weight"], [target], group=slope.size, kernel_shape=[1, 1]
        )

    between = f"{result}/between"
    if slope.max() <= 1:
        bent = [scaled(value, between, rest), onnx.helper.make_node("Relu", [between], [rest])]
    else:
        bent = [onnx.helper.make_node("Relu", [value], [between]), scaled(between, rest, rest)]
    return [*bent, scaled(value, part, part), onnx.helper.make_node("Add", [rest, part], [result])]


def keeps_weights_elsewhere(network: onnx.ModelProto) -> bool:
    """Whether any tensor of the network lies in another file: no digest of this one covers what is read there."""
    functions = (tensor for function in network.functions for tensor in _tensors_of(function.node))
    return any(
        tensor.data_location == onnx.TensorProto.EXTERNAL for tensor in (*_tensors_in(network.graph), *functions)
    )


def _tensors_in(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    yield from _tensors_of(graph.node)


def _tensors_of(nodes: Iterable[onnx.NodeProto]) -> Iterator[onnx.TensorProto]:
    for attribute in (attribute for node in nodes for attribute in node.attribute):
        yield from (attribute.t, *attribute.tensors)
        for graph in (attribute.g, *attribute.graphs):
            yield from _tensors_in(graph)


def _keep_batch(graph: onnx.GraphProto) -> None:
    """Let reshapes to (1, ...) keep the length of their first axis instead (0 means that in ONNX).

    Exporters write them for one face at a time, even where they call the first axis of the input dynamic.
    """
    constants = _constants(graph)
    for node in graph.node:
        if node.op_type == "Reshape" and node.input[0] not in constants and node.input[1] in constants:
            tensor = constants[node.input[1]]
            shape = onnx.numpy_helper.to_array(tensor).copy()
            if shape.size and shape[0] == 1:
                shape[0] = 0
                tensor.CopyFrom(onnx.numpy_helper.from_array(shape, tensor.name))
            if shape.size and shape[0] == 0:
                _let_zero_keep(node)


def _constants(graph: onnx.GraphProto) -> dict[str, onnx.TensorProto]:
    """Values that do not depend on the input, by name: weights of the file, and nodes that hold one."""
    return {initializer.name: initializer for initializer in graph.initializer} | {
        node.output[0]: attribute.t
        for node in graph.node
        if node.op_type == "Constant"
        for attribute in node.attribute
        if attribute.name == "value"
    }


def _let_zero_keep(reshape: onnx.NodeProto) -> None:
    """Exporters of today say that 0 means a length of 0, though no length is."""
    for attribute in reshape.attribute:
        if attribute.name == "allowzero":
            attribute.i = 0


def _take_pixels(graph: onnx.GraphProto) -> None:
    """Add a first step that converts (n, h, w, 3) bytes to the (n, 3, h, w) floats of the network's input."""
    values, planes = graph.input[0].name, f"{graph.input[0].name}/planes"
    pixels = onnx.helper.make_tensor_value_info(
        f"{values}/pixels", onnx.TensorProto.UINT8, ["pictures", "height", "width", 3]
    )
    steps = [
        onnx.helper.make_node("Transpose", [pixels.name], [planes], perm=[0, 3, 1, 2]),
        onnx.helper.make_node("Cast", [planes], [values], to=onnx.TensorProto.FLOAT),
    ]
    graph.input[0].CopyFrom(pixels)
    nodes = [*steps, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
