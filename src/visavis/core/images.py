"""Turns an image source into the bytes of its file."""

from __future__ import annotations

from typing import assert_never

import pybase64

from visavis.core.ports import ImageFetcher
from visavis.errors import ErrorCode, ServiceError
from visavis.types import ImageBase64, ImageBytes, ImageSource, ImageUrl

_WHITE_SPACE = b" \t\r\n\f\v"


def load(source: ImageSource, fetcher: ImageFetcher) -> bytes:
    """The bytes of the picture's file, at most `source.max_bytes` of them.

    Raises IMAGE_TOO_LARGE, INVALID_IMAGE_BASE64, and the errors of `ImageFetcher.fetch`.
    """
    match source:
        case ImageBytes():
            data = source.data
        case ImageBase64():
            data = decode_base64(source.text)
        case ImageUrl():
            data = fetcher.fetch(source.url, source.max_bytes)
        case _:
            assert_never(source)
    if len(data) > source.max_bytes:
        raise ServiceError(ErrorCode.IMAGE_TOO_LARGE, too_large(len(data), source.max_bytes))
    return data


def too_large(size: int, limit: int) -> str:
    """The sentence that refuses a picture's file of `size` bytes."""
    return f"The image file has {size:,} bytes; the limit is {limit:,}."


def decode_base64(text: str) -> bytes:
    """Decode Base64: standard alphabet, padding required, ASCII white space ignored (contract.md 20).

    Raises INVALID_IMAGE_BASE64, also for nothing.
    """
    try:
        encoded = text.encode("ascii").translate(None, delete=_WHITE_SPACE)
        data = pybase64.b64decode(encoded, validate=True)
    except ValueError:
        raise ServiceError(ErrorCode.INVALID_IMAGE_BASE64, "The image bytes are not valid Base64.") from None
    if not data:
        raise ServiceError(ErrorCode.INVALID_IMAGE_BASE64, "The image bytes are empty.")
    return data
