"""A stream of encrypted chunks, none of which can be altered, left out, repeated, moved or added.

STREAM (Hoang, Reyhanitabar, Rogaway, Vizar, "Online Authenticated-Encryption and its Nonce-Reuse
Misuse-Resistance", CRYPTO 2015) over AES-256-GCM: a chunk's nonce is its number and whether it is the last.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from visavis.errors import SetupError

CHUNK_BYTES = 64 * 1024
_TAG_BYTES = 16

DAMAGED = "The archive is damaged: it was altered or cut short."


class SealedWriter:
    """Encrypts what is written. The key must not be used for anything else."""

    def __init__(self, file: BinaryIO, key: bytes, header: bytes) -> None:
        """`header` is the associated data of every chunk."""
        self._file = file
        self._aead = AESGCM(key)
        self._header = header
        self._pending = bytearray()
        self._number = 0

    def write(self, data: bytes) -> None:
        self._pending += data
        # At least one chunk is held back, since it may be the last.
        while len(self._pending) > CHUNK_BYTES:
            self._seal(CHUNK_BYTES, last=False)

    def finish(self) -> None:
        """Write the last chunk. Without it the stream cannot be read."""
        self._seal(len(self._pending), last=True)

    def _seal(self, size: int, *, last: bool) -> None:
        plain = bytes(self._pending[:size])
        del self._pending[:size]
        self._file.write(self._aead.encrypt(_nonce(self._number, last=last), plain, self._header))
        self._number += 1


class SealedReader:
    """Decrypts what a `SealedWriter` wrote. A chunk is authenticated before any of its bytes are returned."""

    def __init__(self, file: BinaryIO, key: bytes, header: bytes) -> None:
        self._chunks = _opened(file, AESGCM(key), header)
        self._ready = bytearray()

    def read(self, size: int) -> bytes:
        """Read exactly `size` bytes. Raises SetupError if they are missing or altered."""
        while len(self._ready) < size:
            chunk = next(self._chunks, None)
            if chunk is None:
                raise SetupError(DAMAGED)
            self._ready += chunk
        data = bytes(self._ready[:size])
        del self._ready[:size]
        return data

    def finish(self) -> None:
        """Check that nothing follows. Raises SetupError."""
        if self._ready or any(self._chunks):
            raise SetupError(DAMAGED)


def _opened(file: BinaryIO, aead: AESGCM, header: bytes) -> Iterator[bytes]:
    sealed, number = file.read(CHUNK_BYTES + _TAG_BYTES), 0
    while True:
        following = file.read(CHUNK_BYTES + _TAG_BYTES)
        last = not following
        try:
            chunk = aead.decrypt(_nonce(number, last=last), sealed, header)
        except (InvalidTag, ValueError):
            raise SetupError(DAMAGED) from None
        yield chunk
        if last:
            return
        sealed, number = following, number + 1


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])
