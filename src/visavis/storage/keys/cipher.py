"""Envelope encryption with AES-256-GCM: the master key wraps a key for each group, which seals its templates.

Associated data binds every sealed value to its group, face and model (NIST SP 800-38D). It cannot be opened
anywhere else, or after any bit was changed.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from visavis.errors import ErrorCode, ServiceError
from visavis.storage.keys.wiping import wipe
from visavis.types import Embedding, Group

KEY_BYTES = 32
_NONCE_BYTES = 12
_TAG_BYTES = 16
_FINGERPRINT_BYTES = 16
_FORMAT = "1"
_LITTLE_ENDIAN = np.dtype("<f4")


class MasterKey:
    """The secret that protects all stored data. It is never used directly: each purpose has a sub-key."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != KEY_BYTES:
            raise ValueError(f"a master key has {KEY_BYTES} bytes")
        self._secret = secret
        self._wrapping = AESGCM(self.derive("group keys"))
        self.check = self.derive("master key check")
        """32 bytes that identify the key and reveal nothing about it."""
        self.id = self.derive("master key id")[:8].hex()
        """A name for the key: 16 hexadecimal digits."""

    def derive(self, purpose: str) -> bytes:
        """A sub-key of 32 bytes for this purpose."""
        return derived(self._secret, purpose)

    def wrap(self, data_key: bytes, name: str) -> bytes:
        """Wrap a data key, which belongs to no group, and bind it to this name."""
        return _seal(self._wrapping, data_key, _associated_data("data key", name))

    def unwrap(self, wrapped: bytes, name: str) -> bytes:
        """Unwrap the data key of this name. Raises INTERNAL if it was not wrapped under this name."""
        try:
            return _open(self._wrapping, wrapped, _associated_data("data key", name))
        except InvalidTag:
            raise ServiceError(
                ErrorCode.INTERNAL, "A key in the database was altered or belongs elsewhere."
            ) from None

    def new_wrapped_key(self, app_id: int, name: str, model: str) -> bytes:
        """A random group key, wrapped for the group of this app, name and recognition model."""
        key = AESGCM.generate_key(bit_length=256)
        wrapped = _seal(self._wrapping, key, _associated_data("group", str(app_id), name, model))
        wipe([key])
        return wrapped

    def try_group_cipher(self, wrapped_key: bytes, binding: GroupBinding) -> GroupCipher | None:
        """The cipher of one group; None if another master key wrapped the group's key."""
        key = self._unwrapped(wrapped_key, binding)
        return None if key is None else GroupCipher(key, binding)

    def rewrapped(self, wrapped_key: bytes, binding: GroupBinding, other: MasterKey) -> bytes | None:
        """The key of a group, wrapped by the other master key; None if this one did not wrap it."""
        key = self._unwrapped(wrapped_key, binding)
        return None if key is None else _seal(other._wrapping, key, _data_of_key(binding))

    def rebound(self, wrapped_key: bytes, binding: GroupBinding, model: str) -> bytes | None:
        """The key of a group, wrapped for another recognition model; None if another master key wrapped it."""
        key = self._unwrapped(wrapped_key, binding)
        return None if key is None else _seal(self._wrapping, key, _data_of_key(replace(binding, model=model)))

    def _unwrapped(self, wrapped_key: bytes, binding: GroupBinding) -> bytes | None:
        try:
            return _open(self._wrapping, wrapped_key, _data_of_key(binding))
        except InvalidTag:
            return None


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A group's wrapped key, and the id of the master key that wrapped it."""

    wrapped: bytes
    by: str


@dataclass(frozen=True, slots=True)
class GroupBinding:
    """The values that a group's key and templates are bound to."""

    app_id: int
    group_key: int
    name: str
    model: str


def binding_of(group: Group, model: str) -> GroupBinding:
    """The binding of the group's key and templates while `model` is its recognition model."""
    return GroupBinding(group.app_id, group.id, group.name, model)


class GroupCipher:
    """Seals and opens the templates of one group."""

    def __init__(self, key: bytes, binding: GroupBinding) -> None:
        """`key` is this object's from now on, and leaves memory with it."""
        self._key = key
        self._aead = AESGCM(key)
        self._template_data = _associated_data(
            "template", _FORMAT, str(binding.app_id), str(binding.group_key), binding.model
        )

    def __del__(self) -> None:
        wipe([self._key])

    def fingerprint(self, picture: bytes) -> bytes:
        """16 bytes that identify a picture's file within this group, and reveal nothing without the group's key.

        A shortened HMAC-SHA256. With a plain hash, anybody who has a picture could see whether it was imported.
        """
        return hmac.digest(self._fingerprints, picture, "sha256")[:_FINGERPRINT_BYTES]

    @cached_property
    def _fingerprints(self) -> bytes:
        """The key of fingerprints, made when it is first asked for: searches never do."""
        return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"visavis fingerprints").derive(self._key)

    def seal(self, face_id: str, embedding: Embedding) -> bytes:
        """Encrypt an embedding, shape (d,): nonce (96 random bits), ciphertext of little-endian float32, tag."""
        return _seal(
            self._aead, embedding.astype(_LITTLE_ENDIAN).tobytes(), self._template_data + face_id.encode()
        )

    def open(self, face_id: str, template: bytes) -> Embedding:
        """The embedding in a template, shape (d,). Raises INTERNAL if it was not sealed for this face."""
        embedding: Embedding = self.open_all([(face_id, template)])[0]
        return embedding

    def open_all(self, sealed: Sequence[tuple[str, bytes]]) -> Embedding:
        """The embeddings of pairs of (face id, template), shape (n, d); n is at least 1.

        There is no other copy of them in memory, so the caller can erase them. Raises INTERNAL if a template was
        not sealed for its face, or if they differ in size.
        """
        size = len(sealed[0][1]) - _NONCE_BYTES - _TAG_BYTES
        if any(len(template) != len(sealed[0][1]) for _, template in sealed):
            raise ServiceError(ErrorCode.INTERNAL, "The templates of a group differ in size.")
        if size <= 0 or size % _LITTLE_ENDIAN.itemsize:
            raise _altered()
        embeddings = np.empty((len(sealed), size // _LITTLE_ENDIAN.itemsize), _LITTLE_ENDIAN)
        room = embeddings.data.cast("B")
        # This loop takes most of the time of loading a group, so it does as little as possible.
        decrypt, bound = self._aead.decrypt_into, self._template_data
        views = ((face_id, memoryview(template)) for face_id, template in sealed)  # their slices copy nothing
        try:
            for start, (face_id, t) in zip(range(0, len(room), size), views, strict=True):
                decrypt(t[:_NONCE_BYTES], t[_NONCE_BYTES:], bound + face_id.encode(), room[start : start + size])
        except InvalidTag:
            raise _altered() from None
        return embeddings.astype(np.float32, copy=False)


def _altered() -> ServiceError:
    return ServiceError(ErrorCode.INTERNAL, "A stored template was altered or belongs elsewhere.")


def derived(secret: bytes, purpose: str) -> bytes:
    """A sub-key of 32 bytes for this purpose (HKDF-SHA256, RFC 5869). It reveals nothing about other keys."""
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=f"visavis {purpose}".encode()).derive(secret)


def _data_of_key(group: GroupBinding) -> bytes:
    """The binding of a wrapped group key. It lacks the group's row number, which a new group does not have yet."""
    return _associated_data("group", str(group.app_id), group.name, group.model)


def _seal(aead: AESGCM, plain: bytes, associated_data: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    sealed = aead.encrypt(nonce, plain, associated_data)
    whole = nonce + sealed
    wipe([sealed])
    return whole


def _open(aead: AESGCM, sealed: bytes, associated_data: bytes) -> bytes:
    if len(sealed) <= _NONCE_BYTES:
        raise InvalidTag
    view = memoryview(sealed)  # whose slices copy nothing
    return aead.decrypt(view[:_NONCE_BYTES], view[_NONCE_BYTES:], associated_data)


def _associated_data(*parts: str) -> bytes:
    """The parts in order, each after its length, so that two different lists never give the same bytes."""
    encoded = [part.encode() for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)
