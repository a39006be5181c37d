"""A picture's file, wherever it comes from."""

from __future__ import annotations

import pytest

from tests.core.world import refused
from tests.fakes.fetcher import FakeFetcher
from visavis.core.images import decode_base64, load, too_large
from visavis.errors import ErrorCode
from visavis.types import ImageBase64, ImageBytes, ImageSource, ImageUrl

URL = "http://host.example/picture.jpg"
WEB = FakeFetcher({URL: b"12345678"}, {"http://silent.example/"})


@pytest.mark.parametrize(
    "source", [ImageBytes(b"12345678", 8), ImageBase64("MTIz NDU2\nNzg=", 8), ImageUrl(URL, 8)]
)
def test_a_file_of_the_allowed_size_is_loaded(source: ImageSource) -> None:
    assert load(source, WEB) == b"12345678"


@pytest.mark.parametrize("source", [ImageBytes(b"12345678", 7), ImageBase64("MTIzNDU2Nzg=", 7)])
def test_a_file_that_is_too_large_is_refused(source: ImageSource) -> None:
    with refused(ErrorCode.IMAGE_TOO_LARGE, "The image file has 8 bytes; the limit is 7."):
        load(source, WEB)


def test_large_numbers_can_be_read() -> None:
    assert too_large(5_000_001, 5_000_000) == "The image file has 5,000,001 bytes; the limit is 5,000,000."


def test_what_cannot_be_fetched_is_refused_as_the_fetcher_says() -> None:
    with refused(ErrorCode.IMAGE_TOO_LARGE, "the image at the URL is larger than 7 bytes"):
        load(ImageUrl(URL, 7), WEB)
    with refused(ErrorCode.IMAGE_TIMEOUT, "fetching the image URL took too long"):
        load(ImageUrl("http://silent.example/", 7), WEB)


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("", "The image bytes are empty."),
        (" \t\r\n\f\v", "The image bytes are empty."),
        ("A", "The image bytes are not valid Base64: they are cut short, or the padding is missing."),
        ("AAA", "The image bytes are not valid Base64: they are cut short, or the padding is missing."),
        ("AA==AA==", "The image bytes are not valid Base64."),
        ("사진", "The image bytes are not valid Base64."),
    ],
)
def test_what_is_not_base64_is_refused_with_the_reason(text: str, detail: str) -> None:
    with refused(ErrorCode.INVALID_IMAGE_BASE64, detail):
        decode_base64(text)


def test_white_space_in_base64_is_nothing() -> None:
    assert decode_base64(" M\tT\rI\nz\f\v") == b"123"
