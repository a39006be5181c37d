"""Frames between the main process and workers: what is sent arrives, and nothing else is taken for a frame."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visavis.vision.pool.channel import Channel, ClosedError, FrameError

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | NUMBERS | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
CONTENTS = st.dictionaries(st.text(max_size=10), VALUES, max_size=5)
MOST_CONTENT, MOST_BYTES = 20_000, 100_000


def ends() -> tuple[Channel, Channel]:
    one, other = (Channel(end, most_content=MOST_CONTENT, most_bytes=MOST_BYTES) for end in socket.socketpair())
    return one, other


@pytest.fixture
def pair() -> Iterator[tuple[Channel, Channel]]:
    one, other = ends()
    yield one, other
    one.close()
    other.close()


@given(CONTENTS, st.lists(st.binary(max_size=5_000), max_size=4))
def test_what_is_sent_is_received(content: dict[str, object], parts: list[bytes]) -> None:
    one, other = ends()
    one.send(content, *parts)
    received, data = other.receive()
    assert received == content
    assert data == b"".join(parts)
    one.close()
    other.close()


@given(st.binary(max_size=300))
def test_other_bytes_are_no_frame(data: bytes) -> None:
    """Random bytes may happen to be one, with a content that is an object."""
    one, other = ends()
    one.socket.sendall(data)
    one.close()
    try:
        content, _ = other.receive()
    except (FrameError, ClosedError):
        return
    finally:
        other.close()
    assert isinstance(content, dict)


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"1", b"{", b'{"a": NaN}', b'{"a": Infinity}', b"\xff", b"[" * 9_000, b"{}{}"]
)
def test_contents_that_are_no_object_of_json_are_refused(pair: tuple[Channel, Channel], text: bytes) -> None:
    one, other = pair
    one.socket.sendall(struct.pack("!IQ", len(text), 0) + text)
    with pytest.raises(FrameError):
        other.receive()


@pytest.mark.parametrize(("content", "data"), [(MOST_CONTENT + 1, 0), (2, MOST_BYTES + 1), (2**32 - 1, 2**64 - 1)])
def test_longer_frames_than_are_taken_are_refused_before_they_are_read(
    pair: tuple[Channel, Channel], content: int, data: int
) -> None:
    one, other = pair
    one.socket.sendall(struct.pack("!IQ", content, data))
    with pytest.raises(FrameError):
        other.receive()


def test_who_sends_a_byte_now_and_then_is_not_waited_for(pair: tuple[Channel, Channel]) -> None:
    one, other = pair
    stopped = threading.Event()

    def trickle() -> None:
        one.socket.sendall(struct.pack("!IQ", 2, 50_000) + b"{}")
        while not stopped.wait(0.01):
            one.socket.sendall(b"x")

    sender = threading.Thread(target=trickle)
    sender.start()
    with pytest.raises(TimeoutError):
        other.receive(time.monotonic() + 0.3)
    stopped.set()
    sender.join()


def test_who_reads_nothing_is_not_waited_for(pair: tuple[Channel, Channel]) -> None:
    one, _ = pair
    with pytest.raises(TimeoutError):
        one.send({}, bytes(50_000_000), until=time.monotonic() + 0.2)


def test_a_closed_end_is_noticed(pair: tuple[Channel, Channel]) -> None:
    one, other = pair
    other.close()
    with pytest.raises(ClosedError):
        one.receive()
    with pytest.raises(ClosedError):
        one.send({}, bytes(50_000_000))
