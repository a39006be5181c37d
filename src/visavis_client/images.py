"""Pictures in every form that a program may have."""

from __future__ import annotations

import base64
import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TypeAlias


class PillowImage(Protocol):
    """What is used of `PIL.Image.Image`, so that Pillow need not be installed to name it."""

    def getexif(self) -> Any: ...

    def convert(self, mode: str, /) -> Any: ...


class Array(Protocol):
    """What is used of `numpy.ndarray`, so that NumPy need not be installed to name it."""

    @property
    def dtype(self) -> Any: ...

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def __array_interface__(self) -> dict[str, Any]: ...


Image: TypeAlias = (
    str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO | io.BytesIO | PillowImage | Array
)
"""A path; an `http` or `https` URL, which the server fetches; the bytes of a PNG or JPEG file; an open binary
file; a Pillow image; or a NumPy array, uint8, height x width x 3 in the order R, G, B (that of OpenCV is B, G, R:
pass `array[..., ::-1]`)."""


@dataclass(frozen=True, slots=True)
class Link:
    """A picture that the server downloads."""

    url: str

    @property
    def as_json(self) -> dict[str, str]:
        return {"url": self.url}


@dataclass(frozen=True, slots=True)
class Upload:
    """A picture that is sent as the bytes of its file."""

    data: bytes

    @property
    def as_json(self) -> dict[str, str]:
        return {"bytes": base64.b64encode(self.data).decode()}


def source(image: Image) -> Link | Upload:
    """Convert a picture to what is sent. Raises OSError for a file that cannot be read, TypeError."""
    if isinstance(image, str) and image.lower().startswith(("http://", "https://")):
        return Link(image)
    if isinstance(image, bytes | bytearray | memoryview):
        return Upload(bytes(image))
    if isinstance(image, str | os.PathLike):
        return Upload(Path(image).read_bytes())
    if hasattr(image, "__array_interface__") and hasattr(image, "dtype"):
        return Upload(_encoded_array(image))
    if hasattr(image, "save") and hasattr(image, "getexif"):
        return Upload(_encoded(image))
    if hasattr(image, "read"):
        data = image.read()
        if isinstance(data, bytes | bytearray):
            return Upload(bytes(data))
    raise TypeError(f"not a picture: {type(image).__name__}")


def _encoded_array(array: Any) -> bytes:
    if str(array.dtype) != "uint8" or array.ndim != 3 or array.shape[2] != 3:
        raise TypeError(
            "a picture as an array is uint8 and has the shape (height, width, 3), in the order R, G, B"
        )
    from PIL import Image as pillow  # noqa: PLC0415, N813 - needed by those who have arrays alone

    return _encoded(pillow.fromarray(array))


def _encoded(image: Any) -> bytes:
    """A JPEG of high quality, with the picture's own EXIF orientation."""
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, "JPEG", quality=95, exif=image.getexif())
    return buffer.getvalue()
