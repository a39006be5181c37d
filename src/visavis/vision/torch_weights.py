"""Reads PyTorch's older weight files into NumPy arrays, without PyTorch, and without running code of the file.

The format, as `torch.save` wrote it before version 1.6: five pickles (a magic number, the version of the format,
properties of the machine, the tensors' places, the keys of the storages), then for each key the storage's length
as a 64-bit integer and its elements.
"""

from __future__ import annotations

import io
import math
import pickle
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from visavis.errors import SetupError

_MAGIC = 0x1950A86A20F9469CFC6C
_VERSION = 1001
_LENGTH = np.dtype("<i8")
_DTYPES = {"FloatStorage": "<f4", "LongStorage": "<i8"}


class _Tensor(NamedTuple):
    """The position of a tensor in its storage, in elements; row-major, without gaps."""

    storage: str
    dtype: str
    offset: int
    shape: tuple[int, ...]


def read_weights(data: bytes) -> dict[str, NDArray[Any]]:
    """The tensors of a file by name, in the file's order.

    Raises SetupError if the file is damaged, or asks for anything but plain tensors of floats and integers.
    """
    file = io.BytesIO(data)
    try:
        magic, version, _machine, tensors, keys = (_Unpickler(file).load() for _ in range(5))
        if (magic, version) != (_MAGIC, _VERSION):
            raise _refusal("something else")  # noqa: TRY301 - this file's way to say no
        dtypes = {tensor.storage: np.dtype(tensor.dtype) for tensor in tensors.values()}
        storages = {key: _read_storage(file, dtypes[key]) for key in keys}
        return {str(name): _array(tensor, storages) for name, tensor in tensors.items()}
    except Exception as error:  # what a damaged pickle raises depends on where it is damaged
        raise SetupError(f"A file of PyTorch weights cannot be read: {type(error).__name__}") from error


class _Unpickler(pickle.Unpickler):
    """Knows what tensors are made of, and nothing that acts."""

    def find_class(self, module: str, name: str) -> object:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _placed
        if module == "torch" and name in _DTYPES:
            return _DTYPES[name]
        raise _refusal(f"{module}.{name}")

    def persistent_load(self, pid: Any) -> tuple[str, str]:
        """Key and element type of a storage; a view into another storage is refused."""
        kind, dtype, key, _device, _length, view = pid
        if kind != "storage" or dtype not in _DTYPES.values() or view is not None:
            raise _refusal("an unknown kind of storage")
        return str(key), dtype


def _placed(
    storage: tuple[str, str], offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_gradients: object
) -> _Tensor:
    """What the file calls _rebuild_tensor_v2."""
    for axis, (length, stride) in enumerate(zip(shape, strides, strict=True)):
        if length < 1 or (length > 1 and stride != math.prod(shape[axis + 1 :])):
            raise _refusal("a tensor with gaps")
    return _Tensor(*storage, offset, shape)


def _refusal(what: str) -> pickle.UnpicklingError:
    return pickle.UnpicklingError(f"{what} has no place in a file of weights")


def _read_storage(file: io.BytesIO, dtype: np.dtype[Any]) -> NDArray[Any]:
    length = int(np.frombuffer(file.read(_LENGTH.itemsize), _LENGTH)[0])
    if length < 0:
        raise _refusal("a storage of negative length")
    return np.frombuffer(file.read(length * dtype.itemsize), dtype, length)


def _array(tensor: _Tensor, storages: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
    if tensor.offset < 0:
        raise _refusal("a tensor before its storage")
    elements = storages[tensor.storage][tensor.offset : tensor.offset + math.prod(tensor.shape)]
    return elements.reshape(tensor.shape)
