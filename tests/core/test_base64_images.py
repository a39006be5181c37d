"""Base64 as contract.md 20 wants it: white space ignored, padding required, one alphabet."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.fetcher import FakeFetcher
from visavis.core.images import decode_base64, load
from visavis.errors import ErrorCode, ServiceError
from visavis.types import ImageBase64


@given(st.binary(min_size=1, max_size=300), st.integers(1, 80))
def test_base64_with_line_breaks_gives_back_the_bytes(data: bytes, width: int) -> None:
    text = base64.b64encode(data).decode()
    lines = [text[start : start + width] for start in range(0, len(text), width)]
    assert decode_base64(" \r\n\t".join(lines)) == data


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  \n",
        "A",
        "AAA",
        "AAAA=",
        "AA==AA==",
        "_-__",
        "AAA\u00e9",
        "data:image/png;base64,AAAA",
        "AAAA\x00",
        "\u00a0AAAA",
        "====",
    ],
)
def test_what_is_not_base64_is_refused(text: str) -> None:
    with pytest.raises(ServiceError) as caught:
        decode_base64(text)
    assert caught.value.code is ErrorCode.INVALID_IMAGE_BASE64


PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(250))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("data:image/png;base64,AAAA", "begin with the prefix of a data URI"),
        (" DATA:;base64,AAAA", "begin with the prefix of a data URI"),
        (base64.urlsafe_b64encode(PNG).decode(), "are URL-safe Base64"),
        (base64.urlsafe_b64encode(PNG).decode().rstrip("="), "are URL-safe Base64"),
        (base64.b64encode(PNG).decode()[:-2], "cut short, or the padding is missing"),
        ("AA!A", "are not valid Base64."),
    ],
)
def test_the_reason_names_the_usual_mistakes(text: str, said: str) -> None:
    with pytest.raises(ServiceError) as caught:
        decode_base64(text)
    assert said in caught.value.detail


@pytest.mark.parametrize(
    "once_too_often", [PNG, b"\xff\xd8\xff\xe0" + PNG, b"data:image/png;base64,AAAA"], ids=["PNG", "JPEG", "URI"]
)
def test_what_was_encoded_twice_is_called_that(once_too_often: bytes) -> None:
    encoded = once_too_often if once_too_often.startswith(b"data:") else base64.b64encode(once_too_often)
    twice = ImageBase64(base64.b64encode(encoded).decode(), 9_000)
    with pytest.raises(ServiceError) as caught:
        load(twice, FakeFetcher({}))
    assert caught.value.code is ErrorCode.NOT_AN_IMAGE
    assert "encoded once too often" in caught.value.detail


@given(st.text(max_size=60))
def test_any_text_is_decoded_or_refused_as_base64(text: str) -> None:
    try:
        data = decode_base64(text)
    except ServiceError as error:
        data, code = None, error.code
    assert data or code is ErrorCode.INVALID_IMAGE_BASE64
