"""Leaves out the channels of a network that training has switched off.

In a block that widens its input, looks at each channel by itself and narrows again, a channel whose own weights
are all 0 shows the same number everywhere, whatever the picture. All that follows of it is a number more in the
next bias, so it need not be computed: nearly half of the channels of fr-feature (docs/decisions/0089).
"""

from __future__ import annotations

from collections import Counter
from itertools import chain
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

_BLOCK = 16
"""The runtime computes so many channels at once, so a multiple of it is kept."""


def drop_dead_channels(graph: onnx.GraphProto) -> None:
    """Leave out the channels, of all such blocks of the graph, that are the same whatever is shown."""
    links = _Links(graph)
    for node in graph.node:
        if links.is_of_each_channel(node):
            before, after = links.path(node, back=True), links.path(node, back=False)
            if before and after and links.narrows(after[-1]):
                _drop(links, [*reversed(before), node, *after[:-1]], len(before), after[-1])


class _Links:
    """The nodes of a graph by what they make and take, and the weights that only one of them has."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        taken = Counter(chain.from_iterable(node.input for node in graph.node))
        taken.update(output.name for output in graph.output)
        self._weights = {tensor.name: tensor for tensor in graph.initializer if taken[tensor.name] == 1}
        self._once = {name for name, count in taken.items() if count == 1}
        self._makers = {output: node for node in graph.node for output in node.output}
        self._takers = {name: node for node in graph.node for name in node.input}

    def weight(self, node: onnx.NodeProto, index: int) -> NDArray[np.float32]:
        return numpy_helper.to_array(self._weights[node.input[index]])

    def set_weight(self, node: onnx.NodeProto, index: int, weight: NDArray[np.floating]) -> None:
        name = node.input[index]
        self._weights[name].CopyFrom(numpy_helper.from_array(weight.astype(np.float32), name))

    def is_of_each_channel(self, node: onnx.NodeProto) -> bool:
        groups = _attribute(node, "group", 1)
        return self._is_convolution(node) and groups != 1 and self.weight(node, 1).shape[:2] == (groups, 1)

    def narrows(self, node: onnx.NodeProto) -> bool:
        return self.weight(node, 1).shape[2:] == (1, 1) and not any(_attribute(node, "pads", ()))

    def path(self, node: onnx.NodeProto, *, back: bool) -> list[onnx.NodeProto]:
        """The nodes from here to the next convolution over all channels; none if anything leaves or joins them."""
        passed: list[onnx.NodeProto] = []
        while True:
            name = node.input[0] if back else node.output[0]
            beyond = (self._makers if back else self._takers).get(name) if name in self._once else None
            if beyond is None or not (back or beyond.input[0] == name):
                return []
            node = beyond
            passed.append(node)
            if self._is_convolution(node) and _attribute(node, "group", 1) == 1:
                return passed
            if not (node.op_type == "PRelu" and node.input[1] in self._weights and self.weight(node, 1).ndim == 3):
                return []

    def _is_convolution(self, node: onnx.NodeProto) -> bool:
        weights = node.input[1:]
        return node.op_type == "Conv" and len(weights) == 2 and all(name in self._weights for name in weights)


def _drop(links: _Links, wide: list[onnx.NodeProto], position: int, narrowing: onnx.NodeProto) -> None:
    """Drop what is dead of the channels that the nodes `wide` have; the one at `position` is of each channel."""
    own, constant = (links.weight(wide[position], index) for index in (1, 2))
    live: NDArray[np.bool_] = np.asarray(own.reshape(len(own), -1).any(axis=1))
    live[np.flatnonzero(~live)[: -max(int(live.sum()), 1) % _BLOCK]] = True
    if live.all():
        return
    for node in wide[position + 1 :]:
        constant = np.where(constant < 0, links.weight(node, 1).ravel() * constant, constant)
    weights, bias = links.weight(narrowing, 1), links.weight(narrowing, 2)
    links.set_weight(narrowing, 2, bias + weights[:, ~live, 0, 0].astype(np.float64) @ constant[~live])
    links.set_weight(narrowing, 1, weights[:, live])
    for node in wide:
        for index in range(1, len(node.input)):
            links.set_weight(node, index, links.weight(node, index)[live])
    for attribute in wide[position].attribute:
        if attribute.name == "group":
            attribute.i = int(live.sum())


def _attribute(node: onnx.NodeProto, name: str, otherwise: Any) -> Any:
    values = [helper.get_attribute_value(each) for each in node.attribute if each.name == name]
    return values[0] if values else otherwise
