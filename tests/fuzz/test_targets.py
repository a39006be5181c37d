"""A fixed sample of what `make fuzz` does without end: inputs near whole ones, and past findings."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS, seeds
from tests.properties import examples
from visavis.errors import ErrorCode

SAMPLE = 1_500
"""Inputs a target."""

INTERESTING = [
    b"",
    b"\0",
    b"\xff",
    b"\xff\xff\xff\xff",
    b"\x80\0\0\0",
    b"=",
    b"--b",
    b"\r\n\r\n",
    b'"',
    b"\xed\xa0\x80",
]

FINDINGS = [
    # A charset that is no text encoding, or has a NUL in it, reached the codecs of Python.
    ("head", b'multipart/form-data; ]boundary="b"; charset=utf-\0\0\0\x002', ErrorCode.INVALID_PARAMETER),
    ("head", b"multipart/form-data; boundary=b; charset=idna", ErrorCode.INVALID_PARAMETER),
    ("head", b"multipart/form-data; boundary=b; charset=zlib", ErrorCode.INVALID_PARAMETER),
]


def near(whole: list[bytes], count: int) -> Iterator[bytes]:
    """Inputs that differ a little from whole ones, always the same."""
    draw = random.Random(20)
    for _ in range(count):
        data = bytearray(draw.choice(whole))
        for _ in range(draw.choice((1, 1, 2, 5, 20))):
            at = draw.randrange(len(data) + 1)
            match draw.randrange(5):
                case 0:
                    del data[at : at + draw.choice((1, 4, 40))]
                case 1:
                    data[at:at] = draw.choice(INTERESTING)
                case 2:
                    data[at : at + 4] = draw.choice(INTERESTING)
                case 3:
                    data[at:at] = data[: draw.randrange(60)]
                case _ if at < len(data):
                    data[at] ^= 1 << draw.randrange(8)
        yield bytes(data)


@pytest.mark.parametrize("name", TARGETS)
def test_what_is_nearly_right_is_taken_or_refused_as_documented(name: str) -> None:
    outcomes = {TARGETS[name](data) for data in near(list(seeds(name)), SAMPLE)}
    assert any(outcome is not None for outcome in outcomes)


@pytest.mark.parametrize("name", TARGETS)
def test_what_the_fuzzer_starts_from_gets_past_the_first_checks(name: str) -> None:
    assert None in {TARGETS[name](data) for data in seeds(name)}


@pytest.mark.parametrize("name", TARGETS)
@examples(200)
@given(data=st.binary(max_size=600))
def test_bytes_of_any_kind_are_taken_or_refused_as_documented(name: str, data: bytes) -> None:
    TARGETS[name](data)


@pytest.mark.parametrize(("name", "data", "code"), FINDINGS)
def test_what_was_once_a_finding_is_none_any_more(name: str, data: bytes, code: ErrorCode) -> None:
    assert TARGETS[name](data) is code
