"""Which faces a group has: a sum over them that only we can make, kept sealed in the group's row.

A multiset hash (Clarke, Devadas, van Dijk, Gassend, Suh, "Incremental Multiset Hash Functions and Their
Application to Memory Integrity Checking", ASIACRYPT 2003): the sum of a keyed pseudorandom function of the
elements. Faces come and go by one addition. The sum is kept sealed under AES-256-GCM, bound to the group's
version, floor and count: nobody sees what an element is worth, and no older sum fits.

The function is the CBC-MAC of three blocks by AES-256: the row's tag, the tag of its sealed template, group and
sequence. It is computed for thousands of faces in three calls.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from numpy.typing import NDArray

Elements: TypeAlias = NDArray[np.uint64]
"""What each face adds to the sum, shape (n, 2): two lanes of 64 bits, each added for itself."""

Total: TypeAlias = NDArray[np.uint64]
"""A sum, shape (2,)."""

_BLOCK_BYTES = 16
_NONCE_BYTES = 12
SEAL_BYTES = 16
"""Bytes of the tag of AES-GCM, at the end of a sealed template."""


def no_total() -> Total:
    """The sum of no elements."""
    return np.zeros(2, np.uint64)


def sum_of(elements: Elements) -> Total:
    """The sum of any number of elements, none included."""
    total: Total = elements.sum(axis=0, dtype=np.uint64)
    return total


class SumKeys:
    """Makes elements, and seals their sums, for one kind of set."""

    def __init__(self, derive: Callable[[str], bytes], kind: str) -> None:
        """`derive` makes a key of 32 bytes for a purpose; sets of two kinds have nothing in common."""
        self._cipher = Cipher(algorithms.AES(derive(f"set elements of {kind}")), modes.ECB())  # noqa: S305 - of blocks
        self._aead = AESGCM(derive(f"set totals of {kind}"))

    def elements(self, first: Sequence[bytes], second: Sequence[bytes], third: bytes) -> Elements:
        """One element for each three blocks of 16 bytes. Raises ValueError if one is shorter or longer."""
        encrypt = self._cipher.encryptor().update
        chained = np.zeros(2 * len(first), np.uint64)
        for part in (_joined(first), _joined(second), third):
            chained = np.frombuffer(encrypt((chained ^ np.frombuffer(part, np.uint64)).tobytes()), np.uint64)
        return chained.reshape(-1, 2)

    def seal(self, total: Total, bound: bytes) -> bytes:
        """The sum, which opens together with `bound` alone."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, total.astype("<u8").tobytes(), bound)

    def open(self, sealed: bytes | None, bound: bytes) -> Total | None:
        """None if this is not what was sealed."""
        try:
            plain = self._aead.decrypt((sealed or b"")[:_NONCE_BYTES], (sealed or b"")[_NONCE_BYTES:], bound)
        except (InvalidTag, ValueError):
            return None
        return np.frombuffer(plain, "<u8").astype(np.uint64)


class FaceSets:
    """The sets of faces of all groups."""

    def __init__(self, derive: Callable[[str], bytes]) -> None:
        self._keys = SumKeys(derive, "faces")

    def elements(
        self,
        group_key: int,
        sequences: Sequence[int] | NDArray[np.int64],
        tags: Sequence[bytes],
        seals: Sequence[bytes],
    ) -> Elements:
        """The elements of faces, by sequence, the tag of the row and the last 16 bytes of the template.

        Raises ValueError if one of these is of another size.
        """
        positions = np.empty((len(tags), 2), ">i8")
        positions[:, 0], positions[:, 1] = group_key, sequences
        return self._keys.elements(tags, seals, positions.tobytes())

    def seal(self, group_key: int, version: int, floor: int, face_count: int, total: Total) -> bytes:
        return self._keys.seal(total, _bound(group_key, version, floor, face_count))

    def open(
        self, group_key: int, version: int, floor: int, face_count: int, sealed: bytes | None
    ) -> Total | None:
        """None if the numbers are not those with which the sum was sealed."""
        return self._keys.open(sealed, _bound(group_key, version, floor, face_count))


def _bound(group_key: int, version: int, floor: int, face_count: int) -> bytes:
    return struct.pack(">4q", group_key, version, floor, face_count)


def _joined(blocks: Sequence[bytes]) -> bytes:
    if set(map(len, blocks)) - {_BLOCK_BYTES}:
        raise ValueError("a block has another size")
    return b"".join(blocks)
