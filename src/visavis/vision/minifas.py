"""MiniFASNet as an ONNX network, built from its published PyTorch weights.

Minivision, "Silent-Face-Anti-Spoofing", 2020: a MobileFaceNet (Chen et al., CCBR 2018) cut down by pruning, with
squeeze-and-excitation in the variants named SE. The file has the weights but not the order of the layers; that is
what this module adds. The number of channels, and where squeeze-and-excitation is, follow from the weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from visavis.errors import SetupError
from visavis.vision.models.liveness import MINIFAS_SIDE
from visavis.vision.torch_weights import read_weights

_NAMES_BEGIN_WITH = "module."
_EPSILON = 1e-5
"""PyTorch's, of batch normalisation."""
_OPSET = 13
_IR_VERSION = 8


def minifas_network(file: bytes) -> bytes:
    """A MiniFASNet file as ONNX: BGR pictures, float32 0-255, n x 3 x 80 x 80, to logits, n x 3.

    Raises SetupError if the file is no such network.
    """
    weights = read_weights(file)
    try:
        graph = _Graph({name.removeprefix(_NAMES_BEGIN_WITH): array for name, array in weights.items()})
        return graph.serialized(_layers(graph, "pictures"))
    except (KeyError, ValueError) as error:
        raise SetupError("The weights are not those of a MiniFASNet") from error


def _layers(graph: _Graph, pictures: str) -> str:
    """All layers, from pictures to logits."""
    x = graph.activated("conv1", pictures, stride=2)
    x = graph.activated("conv2_dw", x)
    for narrowing, blocks in (("conv_23", "conv_3"), ("conv_34", "conv_4"), ("conv_45", "conv_5")):
        x = _bottleneck(graph, narrowing, x, stride=2)
        for block in graph.numbered(f"{blocks}.model"):
            x = graph.node("Add", x, _bottleneck(graph, block, x))
    x = graph.activated("conv_6_sep", x)
    x = graph.normalised("conv_6_dw.conv", "conv_6_dw.bn", x, padding=0)  # 5 x 5: all that is left of the picture
    x = graph.normalised("linear", "bn", x)
    x = graph.convolution("prob", graph.weights["prob.weight"], np.zeros(3, np.float32), x)
    return graph.node("Flatten", x)


def _bottleneck(graph: _Graph, name: str, x: str, stride: int = 1) -> str:
    """To many channels, over each of them, back to few; squeeze-and-excitation where there is any."""
    x = graph.activated(f"{name}.conv", x)
    x = graph.activated(f"{name}.conv_dw", x, stride)
    x = graph.normalised(f"{name}.project.conv", f"{name}.project.bn", x)
    se = f"{name}.se_module"
    if f"{se}.fc1.weight" not in graph.weights:
        return x
    squeezed = graph.normalised(f"{se}.fc1", f"{se}.bn1", graph.node("GlobalAveragePool", x))
    excited = graph.normalised(f"{se}.fc2", f"{se}.bn2", graph.node("Relu", squeezed))
    return graph.node("Mul", x, graph.node("Sigmoid", excited))


class _Graph:
    """An ONNX graph that grows by one node after the other; nodes are known by the name of their output."""

    def __init__(self, weights: Mapping[str, NDArray[Any]]) -> None:
        self.weights = weights
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def numbered(self, prefix: str) -> list[str]:
        """The blocks prefix.0, prefix.1, ..."""
        count = len({name.split(".")[2] for name in self.weights if name.startswith(f"{prefix}.")})
        return [f"{prefix}.{number}" for number in range(count)]

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        output = f"{kind}{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [output], output, **attributes))
        return output

    def activated(self, name: str, x: str, stride: int = 1) -> str:
        """Convolution, batch normalisation, PReLU."""
        x = self.normalised(f"{name}.conv", f"{name}.bn", x, stride)
        slopes = self.weights[f"{name}.prelu.weight"].reshape(-1, 1, 1)
        return self.node("PRelu", x, self._constant(f"{name}.slopes", slopes))

    def normalised(self, conv: str, bn: str, x: str, stride: int = 1, padding: int | None = None) -> str:
        """Convolution and batch normalisation, which is folded into its weights."""
        weight = self.weights[f"{conv}.weight"]
        gain = self.weights[f"{bn}.weight"] / np.sqrt(self.weights[f"{bn}.running_var"] + _EPSILON)
        bias = self.weights[f"{bn}.bias"] - self.weights[f"{bn}.running_mean"] * gain
        return self.convolution(
            conv, weight * gain.reshape(-1, *[1] * (weight.ndim - 1)), bias, x, stride, padding
        )

    def convolution(
        self,
        name: str,
        weight: NDArray[Any],
        bias: NDArray[Any],
        x: str,
        stride: int = 1,
        padding: int | None = None,
    ) -> str:
        """A linear layer is a convolution over one pixel. Without `padding`, the picture keeps its size."""
        weight = weight.reshape(*weight.shape, *[1] * (4 - weight.ndim))
        side = weight.shape[-1]
        one_by_one = weight.shape[1] == 1
        constants = (self._constant(f"{name}.weight", weight), self._constant(f"{name}.bias", bias))
        return self.node(
            "Conv",
            x,
            *constants,
            group=weight.shape[0] if one_by_one else 1,
            kernel_shape=[side, side],
            pads=[side // 2 if padding is None else padding] * 4,
            strides=[stride, stride],
        )

    def serialized(self, output: str) -> bytes:
        graph = helper.make_graph(
            self._nodes,
            "MiniFASNet",
            [helper.make_tensor_value_info("pictures", TensorProto.FLOAT, ["n", 3, MINIFAS_SIDE, MINIFAS_SIDE])],
            [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["n", 3])],
            self._constants,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION)
        serialized: bytes = model.SerializeToString()
        return serialized

    def _constant(self, name: str, array: NDArray[Any]) -> str:
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(array, np.float32), name))
        return name
