"""Runs networks with ONNX Runtime. Only this module imports it."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from functools import cache
from typing import Final

# Published builds of the runtime report to their maker from the import on, about the machine and the models, under
# an id that they keep in the user's cache. This variable keeps them from beginning; the runtime's API is too late.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from visavis.errors import SetupError
from visavis.vision.prepared import PreparedNetwork

logger = logging.getLogger(__name__)

_ERRORS_ONLY = 3
_SAME_AS_REQUESTED = 1
_AT_ONCE = 8
"""Rows of a batch. 20 faces and their mirror images in one batch took 1.4 GB, which the arena keeps."""


@cache
def _share_one_arena() -> None:
    """Let all networks of this process take their memory from one arena, which grows by no more than it must."""
    memory = onnxruntime.OrtMemoryInfo(
        "Cpu", onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
    )
    onnxruntime.create_and_register_allocator(memory, onnxruntime.OrtArenaCfg(0, _SAME_AS_REQUESTED, -1, -1))


PROVIDERS: Final = {
    "cpu": "CPUExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
}
"""The runtime's execution providers by the names of the setting `work.provider`."""
_CPU: Final = PROVIDERS["cpu"]
_chosen = [_CPU]


def choose_provider(name: str) -> None:
    """Let all networks that this process loads from now on run there, and on the CPU what cannot.

    Raises SetupError if the runtime has no such provider.
    """
    provider = PROVIDERS[name]
    there = onnxruntime.get_available_providers()
    if provider not in there:
        known = ", ".join(known for known, each in PROVIDERS.items() if each in there)
        raise SetupError(
            f"The installed ONNX Runtime has no execution provider {name}, only: {known}. docs/operations.md "
            "says how to install it."
        )
    _chosen[:] = dict.fromkeys((provider, _CPU))


class Network:
    """A network with one input, one thread a call on the CPU; calls may run in parallel.

    Small networks get slower with more threads inside a call: requests run in parallel instead.
    """

    def __init__(self, model: bytes, dynamic_axes: Sequence[int] = (), *, takes_pixels: bool = False) -> None:
        """`dynamic_axes`: axes of the input whose length may differ from call to call.

        A PreparedNetwork has been edited and is taken as it is.
        `takes_pixels`: the network, whose own input is (n, 3, h, w), is given uint8 of shape (n, h, w, 3) instead.
        Raises SetupError if the bytes are no network that this machine can run, or not the whole of one.
        """
        _share_one_arena()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = _ERRORS_ONLY
        # Shapes differ from call to call, and plans would be kept for each. The arena stays on: without it, the
        # kernel maps and clears fresh pages for every large tensor of every call (docs/decisions/0019).
        options.enable_mem_pattern = False
        options.add_session_config_entry("session.use_env_allocators", "1")
        self._session = _session(_ready(model, dynamic_axes, takes_pixels=takes_pixels), options)
        self._input = self._session.get_inputs()[0].name
        self.outputs: tuple[str, ...] = tuple(output.name for output in self._session.get_outputs())

    def run(self, batch: NDArray[np.float32] | NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        """The outputs by name, one row for each of the batch, which may be of any length; memory is bounded."""
        parts = [
            self._session.run(None, {self._input: batch[start : start + _AT_ONCE]})
            for start in range(0, len(batch), _AT_ONCE)
        ]
        if len(parts) == 1:  # nearly always; nothing to copy
            return dict(zip(self.outputs, parts[0], strict=True))
        return {name: np.concatenate(rows) for name, *rows in zip(self.outputs, *parts, strict=True)}


def _session(model: bytes, options: onnxruntime.SessionOptions) -> onnxruntime.InferenceSession:
    """A session on the chosen provider, or on the CPU if it cannot run this network. Raises SetupError."""
    for providers in (_chosen, [_CPU]):
        try:
            return onnxruntime.InferenceSession(model, options, providers=providers)
        except Exception as error:  # the runtime's exceptions have no common base but this one
            if providers == [_CPU]:
                raise SetupError(f"ONNX Runtime cannot load a model: {type(error).__name__}") from error
            logger.warning("A network runs on the CPU, because %s cannot load it.", providers[0])
    raise AssertionError("unreachable")


def _ready(model: bytes, dynamic_axes: Sequence[int], *, takes_pixels: bool) -> bytes:
    if isinstance(model, PreparedNetwork):
        return model
    from visavis.vision.editing import edited  # noqa: PLC0415 - ONNX takes its time and is rarely needed

    return edited(model, dynamic_axes, takes_pixels=takes_pixels)
