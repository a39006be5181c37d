"""Base64 as contract.md 20 wants it: white space ignored, padding required, one alphabet."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visavis.core.images import decode_base64
from visavis.errors import ErrorCode, ServiceError


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


@given(st.text(max_size=60))
def test_any_text_is_decoded_or_refused_as_base64(text: str) -> None:
    try:
        data = decode_base64(text)
    except ServiceError as error:
        data, code = None, error.code
    assert data or code is ErrorCode.INVALID_IMAGE_BASE64
