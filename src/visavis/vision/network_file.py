"""An ONNX file that somebody brings: whether it is a recognition network of the shape that they say."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import onnx
from numpy.typing import NDArray

from visavis.errors import SetupError
from visavis.vision.editing import keeps_weights_elsewhere, parsed
from visavis.vision.session import Network
from visavis.vision.shapes import Shape

LEAST_DIMENSION, MOST_DIMENSION = 32, 4096
"""Numbers of an embedding. A network that answers with fewer is a classifier, a detector or an estimator."""
_MOST_BYTES = 2**31 - 1
"""The largest message of Protocol Buffers, which a file in ONNX is."""
_SAME = 0.9999
"""The cosine from which on two answers are the same but for rounding."""


@dataclass(frozen=True, slots=True)
class NetworkFile:
    """A network that was tried out."""

    data: bytes
    layout: Literal["NCHW", "NHWC"]
    dimension: int
    """Numbers that it answers with for a face."""
    output: str | None
    """The name of the output with them; None: there is but one."""

    @property
    def sha256(self) -> str:
        """The SHA-256 of the file."""
        return hashlib.sha256(self.data).hexdigest()


def examine(file: Path, shape: Shape) -> NetworkFile:
    """The network of a file, read once and run on two faces that are none.

    Raises SetupError, with the reason, if the file cannot be read, is no ONNX, keeps weights in other files, takes
    anything but faces of this shape or answers with anything but one embedding for each.
    """
    data = _read(file)
    network = _parsed(file, data)
    layout = _layout(file, network, shape)
    if shape.scales and _scales_by_itself(network.graph):
        raise SetupError(
            f"{file} begins with steps that scale pixels, which the shape {shape.name} would do once more: "
            "networks like this are of the shape sface."
        )
    answers = _answers(file, data, layout, shape)
    output, dimension = _embedding(file, answers)
    return NetworkFile(data, layout, dimension, output if len(answers) > 1 else None)


def _read(file: Path) -> bytes:
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise SetupError(
                f"{file} has 2 GiB or more, which an ONNX file that contains its weights cannot have."
            )
        return file.read_bytes()
    except OSError as error:
        raise SetupError(f"{file} cannot be read ({error.strerror}).") from error


def _parsed(file: Path, data: bytes) -> onnx.ModelProto:
    network = parsed(data, str(file))
    if keeps_weights_elsewhere(network):
        raise SetupError(
            f"{file} keeps weights in files beside it, which no SHA-256 of this one covers. Bring them into one "
            "file first: onnx.save(onnx.load(FILE), ONE_FILE)."
        )
    return network


def _layout(file: Path, network: onnx.ModelProto, shape: Shape) -> Literal["NCHW", "NHWC"]:
    constants = {initializer.name for initializer in network.graph.initializer}
    inputs = [value.type.tensor_type for value in network.graph.input if value.name not in constants]
    if len(inputs) != 1:
        raise SetupError(f"{file} has {len(inputs)} inputs; a recognition network has one, for faces.")
    sizes = [axis.dim_value for axis in inputs[0].shape.dim]
    kind = onnx.TensorProto.DataType.Name(inputs[0].elem_type)
    side = shape.alignment.side
    free = (side, 0)
    if inputs[0].elem_type == onnx.TensorProto.FLOAT:
        match sizes:
            case [_, 3, height, width] if height in free and width in free:
                return "NCHW"
            case [_, height, width, 3] if height in free and width in free:
                return "NHWC"
    takes = f"{kind.lower()} {' x '.join(str(size or 'n') for size in sizes)}"
    raise SetupError(
        f"{file} takes {takes}; the shape {shape.name} has faces of {side} x {side} px, float n x 3 x {side} x "
        f"{side} or n x {side} x {side} x 3."
    )


def _scales_by_itself(graph: onnx.GraphProto) -> bool:
    """Whether something is subtracted and multiplied before the first layer that has learned anything."""
    steps = set()
    for node in graph.node:
        if node.op_type in {"Conv", "Gemm", "MatMul"}:
            break
        steps.add(node.op_type)
    return bool(steps & {"Sub", "Add"}) and bool(steps & {"Mul", "Div"})


def _answers(file: Path, data: bytes, layout: str, shape: Shape) -> dict[str, NDArray[np.float32]]:
    """What each output says of two faces that are none; the same as of each of them alone."""
    side = shape.alignment.side
    size = (2, 3, side, side) if layout == "NCHW" else (2, side, side, 3)
    faces = np.random.default_rng(0).uniform(0, 255, size).astype(np.float32)
    if shape.scales:
        faces = (faces - np.float32(shape.offset[0])) / np.float32(shape.divisor[0])
    network = Network(data, dynamic_axes=(0,))
    try:
        together, *alone = (network.run(batch) for batch in (faces, faces[:1], faces[1:]))
        answers = {name: answer.reshape(2, -1) for name, answer in together.items()}
        again = {name: np.vstack([each[name].reshape(1, -1) for each in alone]) for name in together}
        differs = [name for name in answers if not _agree(answers[name], again[name])]
    except Exception as error:  # whatever the runtime says of a network that is none of ours
        said = str(error).partition("\n")[0]
        raise SetupError(f"{file} cannot be run on two faces at once: {said}") from error
    if differs:
        raise SetupError(f"{file} gives other results for two faces at once than for each alone: {differs[0]}.")
    return answers


def _agree(some: NDArray[np.float32], others: NDArray[np.float32]) -> bool:
    """Whether the rows of both, (2, d), point the same way. False where one points nowhere, or is not a number."""
    lengths = np.linalg.norm(some, axis=1) * np.linalg.norm(others, axis=1)
    return bool((((some * others).sum(axis=1) >= _SAME * lengths) & (lengths > 0)).all())


def _embedding(file: Path, answers: dict[str, NDArray[np.float32]]) -> tuple[str, int]:
    """Name and length of the one output that can be an embedding."""
    lengths = {name: answer.shape[1] for name, answer in answers.items()}
    fitting = [name for name, length in lengths.items() if LEAST_DIMENSION <= length <= MOST_DIMENSION]
    shapes = ", ".join(f"{length} numbers ({name})" for name, length in lengths.items())
    if not fitting:
        raise SetupError(
            f"{file} answers with {shapes} for a face; an embedding has {LEAST_DIMENSION} to {MOST_DIMENSION}."
        )
    if len(fitting) > 1:
        raise SetupError(
            f"{file} has several outputs that could be the embedding: {shapes}. Write a card by hand that names "
            "one (docs/models-of-your-own.md)."
        )
    return fitting[0], lengths[fitting[0]]
