"""A progressive JPEG may have as many scans as encoders write, and no more: each is work that no byte tells of."""

from __future__ import annotations

import numpy as np
import pytest

from harness.hostile import many_scans, one_colour_jpeg
from tests.vision.pictures import encoded, scenery
from visavis.errors import ErrorCode, ServiceError
from visavis.vision.container import MAX_SCANS, open_container
from visavis.vision.decode import decode

SMALL = encoded(scenery(), "JPEG", progressive=True)


def with_scans(count: int) -> bytes:
    """The picture with its last scan repeated, so many more times."""
    last = SMALL.rindex(b"\xff\xda")
    return SMALL[:last] + SMALL[last:-2] * (1 + count) + SMALL[-2:]


def test_a_progressive_picture_of_some_scans_is_read() -> None:
    assert SMALL.count(b"\xff\xda") == 10
    assert decode(SMALL).size == decode(with_scans(20)).size


@pytest.mark.parametrize("data", [with_scans(MAX_SCANS), many_scans(40)], ids=["small", "of 25 megapixels"])
def test_more_scans_than_any_encoder_writes_are_refused(data: bytes) -> None:
    with pytest.raises(ServiceError) as caught:
        open_container(data)
    assert caught.value.code is ErrorCode.BROKEN_IMAGE


@pytest.mark.parametrize("marker", [0x01, 0x02, 0xBF, *range(0xD0, 0xD8)], ids="FF{:02X}".format)
def test_scans_do_not_hide_behind_a_marker_without_a_length(marker: int) -> None:
    last = SMALL.rindex(b"\xff\xda")
    scan = SMALL[last:-2]
    hiding = bytes((0xFF, marker)) + len(scan).to_bytes(2)
    hidden = SMALL[:-2] + (hiding + scan) * MAX_SCANS + SMALL[-2:]
    with pytest.raises(ServiceError) as caught:
        open_container(hidden)
    assert caught.value.code is ErrorCode.BROKEN_IMAGE


@pytest.mark.slow
def test_the_largest_progressive_picture_is_read() -> None:
    assert open_container(one_colour_jpeg(7_000, 7_000, progressive=True)).size.width == 7_000


def test_what_follows_the_picture_does_not_count() -> None:
    film = np.random.default_rng(1).bytes(2_000_000) + b"\xff\xda" * 1_000
    assert decode(SMALL + film).size == decode(SMALL).size
