"""PyTorch weight files, read without PyTorch, and the network that is built from them."""

from __future__ import annotations

import os
import pickle
import struct
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from tests.vision.pictures import Array
from visavis.errors import SetupError
from visavis.vision.minifas import minifas_network
from visavis.vision.models import MINIFAS_V1SE, MINIFAS_V2, ModelCard
from visavis.vision.session import Network
from visavis.vision.store import ModelStore
from visavis.vision.torch_weights import read_weights

MAGIC, VERSION = 0x1950A86A20F9469CFC6C, 1001


class Forward:
    """MiniFASNet by the book, layer by layer, in NumPy: one picture (3, 80, 80) to three logits."""

    def __init__(self, weights: dict[str, Array]) -> None:
        self.weights = weights

    def __call__(self, picture: Array) -> Array:
        x = self.block("conv1", picture, stride=2)
        x = self.block("conv2_dw", x)
        for narrowing, blocks, count in (
            ("conv_23", "conv_3", 4),
            ("conv_34", "conv_4", 6),
            ("conv_45", "conv_5", 2),
        ):
            x = self.bottleneck(narrowing, x, stride=2)
            for number in range(count):
                x = x + self.bottleneck(f"{blocks}.model.{number}", x)
        x = self.block("conv_6_sep", x)
        x = self.norm("conv_6_dw.bn", self.conv("conv_6_dw.conv", x, padding=0))
        assert x.shape == (512, 1, 1)
        hidden = self.norm("bn", (self.get("linear.weight") @ x[:, 0, 0])[:, np.newaxis, np.newaxis])
        return np.asarray(self.get("prob.weight") @ hidden[:, 0, 0])

    def get(self, name: str) -> Array:
        return self.weights[f"module.{name}"].astype(np.float64)

    def bottleneck(self, name: str, x: Array, stride: int = 1) -> Array:
        x = self.block(f"{name}.conv_dw", self.block(f"{name}.conv", x), stride)
        x = self.norm(f"{name}.project.bn", self.conv(f"{name}.project.conv", x))
        if f"module.{name}.se_module.fc1.weight" not in self.weights:
            return x
        gate = x.mean(axis=(1, 2), keepdims=True)
        gate = self.norm(f"{name}.se_module.bn1", self.conv(f"{name}.se_module.fc1", gate)).clip(0)
        gate = self.norm(f"{name}.se_module.bn2", self.conv(f"{name}.se_module.fc2", gate))
        return np.asarray(x / (1 + np.exp(-gate)))

    def block(self, name: str, x: Array, stride: int = 1) -> Array:
        x = self.norm(f"{name}.bn", self.conv(f"{name}.conv", x, stride))
        return np.where(x > 0, x, self.get(f"{name}.prelu.weight")[:, np.newaxis, np.newaxis] * x)

    def norm(self, name: str, x: Array) -> Array:
        weight, bias, mean, variance = (
            self.get(f"{name}.{part}")[:, np.newaxis, np.newaxis]
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        return np.asarray((x - mean) / np.sqrt(variance + 1e-5) * weight + bias)

    def conv(self, name: str, x: Array, stride: int = 1, padding: int | None = None) -> Array:
        weight = self.get(f"{name}.weight")
        side = weight.shape[-1]
        margin = side // 2 if padding is None else padding
        padded = np.pad(x, ((0, 0), (margin, margin), (margin, margin)))
        windows = sliding_window_view(padded, (side, side), axis=(1, 2))[:, ::stride, ::stride]
        each_channel = weight.shape[1] == 1 and x.shape[0] > 1
        if each_channel:
            return np.asarray(np.einsum("chwij,cij->chw", windows, weight[:, 0]))
        return np.asarray(np.einsum("chwij,ocij->ohw", windows, weight, optimize=True))


@pytest.mark.parametrize("card", [MINIFAS_V2, MINIFAS_V1SE], ids=lambda card: card.name)
def test_the_network_computes_what_its_weights_say(model_store: ModelStore, card: ModelCard) -> None:
    file = model_store.load(card)
    pictures = np.random.default_rng(1).uniform(0, 255, (2, 3, 80, 80)).astype(np.float32)
    (logits,) = Network(minifas_network(file)).run(pictures).values()
    forward = Forward(read_weights(file))
    assert logits == pytest.approx(np.stack([forward(picture) for picture in pictures]), rel=1e-3, abs=1e-3)


def test_weights_have_the_names_and_shapes_of_the_file(model_store: ModelStore) -> None:
    weights = read_weights(model_store.load(MINIFAS_V1SE))
    assert len(weights) == 370
    assert weights["module.conv1.conv.weight"].shape == (32, 3, 3, 3)
    assert weights["module.conv_5.model.1.se_module.fc1.weight"].dtype == np.float32


class Call:
    """Pickles as a call of `function`."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> Any:
        return self.call


def weight_file(
    tensors: object,
    keys: tuple[str, ...] = ("0",),
    storage: bytes = struct.pack("<q2f", 2, 1.5, 2.5),
    magic: int = MAGIC,
    version: int = VERSION,
) -> bytes:
    """`tensors`: what the file says of them, pickled or to be pickled."""
    parts = (magic, version, {"little_endian": True}, tensors, list(keys))
    return b"".join(part if isinstance(part, bytes) else pickle.dumps(part, 2) for part in parts) + storage


def plain_tensor(
    shape: tuple[int, ...] = (2,),
    strides: tuple[int, ...] = (1,),
    offset: int = 0,
    storage: str = "FloatStorage",
    kind: str = "storage",
    view: str = "N",
) -> bytes:
    """The pickle of {"w": tensor}, written opcode by opcode as torch.save does."""
    numbers = "".join(f"I{number}\n" for number in shape)
    steps = "".join(f"I{number}\n" for number in strides)
    text = f"(dS'w'\nctorch._utils\n_rebuild_tensor_v2\n((S'{kind}'\nctorch\n{storage}\nS'0'\nS'cpu'\nI2\n{view}tQ"
    text += f"I{offset}\n({numbers}t({steps}tI00\nccollections\nOrderedDict\n(tRtRs."
    return text.encode()


def test_a_small_file_is_read() -> None:
    assert read_weights(weight_file(plain_tensor()))["w"].tolist() == [1.5, 2.5]
    assert read_weights(weight_file(plain_tensor((2, 1), (1, 7))))["w"].tolist() == [[1.5], [2.5]]
    assert read_weights(weight_file(plain_tensor((1,), (1,), offset=1)))["w"].tolist() == [2.5]


def test_a_file_cannot_call_anything(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    hostile = [
        Call(os.system, f"touch {trace}"),
        Call(eval, f"open({str(trace)!r}, 'w')"),
        Call(open, str(trace), "w"),
        Call(getattr, OrderedDict, "__init__"),
        {"w": Call(np.zeros, 3)},
    ]
    for tensors in hostile:
        with pytest.raises(SetupError, match="UnpicklingError"):
            read_weights(weight_file(tensors))
        assert not trace.exists()


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"no pickle",
        weight_file(plain_tensor(), magic=1),
        weight_file(plain_tensor(), version=1002),
        weight_file(plain_tensor(), keys=()),
        weight_file(plain_tensor(), storage=b""),
        weight_file(plain_tensor(), storage=struct.pack("<q1f", 2, 1.5)),
        weight_file(plain_tensor(), storage=struct.pack("<q2f", -2, 1.5, 2.5)),
        weight_file(plain_tensor(), storage=struct.pack("<q2f", 2**60, 1.5, 2.5)),
        weight_file(plain_tensor((3,))),
        weight_file(plain_tensor((2**40,))),
        weight_file(plain_tensor((2,), (2,))),
        weight_file(plain_tensor((2,), (0,))),
        weight_file(plain_tensor((1, 2), (1,))),
        weight_file(plain_tensor((-1,))),
        weight_file(plain_tensor(offset=1)),
        weight_file(plain_tensor((1,), offset=-1)),
        weight_file(plain_tensor(storage="HalfStorage")),
        weight_file(plain_tensor(kind="module")),
        weight_file(plain_tensor(view="(S'1'\nI0\nI1\nt")),
        weight_file({"w": 1}),
        weight_file([1, 2]),
    ],
)
def test_a_damaged_file_is_refused(file: bytes) -> None:
    with pytest.raises(SetupError, match="cannot be read"):
        read_weights(file)


def test_every_truncated_file_is_refused(model_store: ModelStore) -> None:
    whole = model_store.load(MINIFAS_V2)
    for length in (0, 10, 100, 20_000, 60_000, 100_000, len(whole) - 1):
        with pytest.raises(SetupError):
            minifas_network(whole[:length])


def test_weights_of_another_network_are_refused() -> None:
    with pytest.raises(SetupError, match="not those of a MiniFASNet"):
        minifas_network(weight_file(plain_tensor()))
