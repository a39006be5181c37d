"""The network, and the same network as an ONNX graph."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

STAGES = ((3, 16, 2), (16, 24, 1), (24, 32, 2), (32, 32, 1), (32, 48, 2), (48, 48, 1), (48, 64, 2), (64, 64, 1))
"""Input channels, output channels and stride of the 3x3 convolutions; those that change nothing get a shortcut."""


def shortcut(stage: tuple[int, int, int]) -> bool:
    return stage[0] == stage[1] and stage[2] == 1


class MaskNet(nn.Module):
    """BGR 0-255, shape (n, 3, 64, 64), to the logit that the face wears a mask, shape (n, 1); 121 k parameters."""

    def __init__(self, dropout: float = 0.3) -> None:
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(i, o, 3, s, 1, bias=False) for i, o, s in STAGES)
        self.norms = nn.ModuleList(nn.BatchNorm2d(o) for _, o, _ in STAGES)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(64 * 4 * 4, 1)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        x = pixels / 127.5 - 1
        for stage, conv, norm in zip(STAGES, self.convs, self.norms, strict=True):
            y = norm(conv(x))
            x = torch.relu(x + y if shortcut(stage) else y)
        return self.head(self.dropout(x.flatten(1)))


def export(net: MaskNet, bias: float, path: Path) -> None:
    """Write the graph, normalisation and sigmoid inside, batch norms folded, `bias` added to the logit."""
    nodes, weights = [], {}

    def constant(name: str, value: np.ndarray) -> str:
        weights[name] = numpy_helper.from_array(np.ascontiguousarray(value, dtype=np.float32), name)
        return name

    def node(operator: str, inputs: list[str], output: str, **attributes: object) -> str:
        nodes.append(helper.make_node(operator, inputs, [output], name=output, **attributes))
        return output

    x = node("Mul", ["pixels", constant("scale", np.array(1 / 127.5))], "scaled")
    x = node("Sub", [x, constant("one", np.array(1.0))], "centred")
    for index, (stage, conv, norm) in enumerate(zip(STAGES, net.convs, net.norms, strict=True)):
        gain = (norm.weight / torch.sqrt(norm.running_var + norm.eps)).detach()
        kernel = constant(f"kernel{index}", (conv.weight.detach() * gain[:, None, None, None]).numpy())
        offset = constant(f"offset{index}", (norm.bias.detach() - norm.running_mean * gain).numpy())
        y = node("Conv", [x, kernel, offset], f"conv{index}", strides=[stage[2]] * 2, pads=[1, 1, 1, 1])
        if shortcut(stage):
            y = node("Add", [x, y], f"sum{index}")
        x = node("Relu", [y], f"stage{index}")
    x = node("Flatten", [x], "flat")
    head = constant("head", net.head.weight.detach().numpy())
    x = node("Gemm", [x, head, constant("bias", net.head.bias.detach().numpy() + bias)], "logit", transB=1)
    node("Sigmoid", [x], "probability")
    graph = helper.make_graph(
        nodes,
        "visavis-mask",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["n", 3, 64, 64])],
        [helper.make_tensor_value_info("probability", TensorProto.FLOAT, ["n", 1])],
        list(weights.values()),
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
