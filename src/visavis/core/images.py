"""Turns an image source into the bytes of its file."""

from __future__ import annotations

import re
from typing import assert_never

import pybase64

from visavis.core.ports import ImageFetcher
from visavis.errors import ErrorCode, ServiceError
from visavis.types import ImageBase64, ImageBytes, ImageSource, ImageUrl

_WHITE_SPACE = b" \t\r\n\f\v"
_ENCODED_AGAIN = (b"/9j/", b"iVBORw0KGgo", b"data:image/")
"""How the Base64 of a JPEG or PNG file begins, and that of a data URI."""
_ALPHABET = re.compile(r"[A-Za-z0-9+/]*=*")
_OTHER_ALPHABET = re.compile(r"[\w=-]*[_-][\w=-]*", re.ASCII)


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
    if data.startswith(_ENCODED_AGAIN):
        raise ServiceError(
            ErrorCode.NOT_AN_IMAGE, "The image is Base64 text instead of the file: it was encoded once too often."
        )
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
        raise ServiceError(ErrorCode.INVALID_IMAGE_BASE64, _what_is_wrong(text)) from None
    if not data:
        raise ServiceError(ErrorCode.INVALID_IMAGE_BASE64, "The image bytes are empty.")
    return data


def _what_is_wrong(text: str) -> str:
    if text.lstrip()[:5].lower() == "data:":
        return "The image bytes begin with the prefix of a data URI: send only the Base64 after its comma."
    letters = "".join(text.split())
    if _OTHER_ALPHABET.fullmatch(letters):
        return "The image bytes are URL-safe Base64: the standard alphabet with '+' and '/' is required."
    if _ALPHABET.fullmatch(letters) and len(letters) % 4:
        return "The image bytes are not valid Base64: they are cut short, or the padding is missing."
    return "The image bytes are not valid Base64."
