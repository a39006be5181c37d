"""AES-256-GCM envelope: the master key wraps a key for each group, a group's key seals its templates.

Everything sealed is bound to where it belongs by associated data (NIST SP 800-38D). It opens nowhere else, and not
with any bit altered.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from visavis.errors import ErrorCode, ServiceError
from visavis.types import Embedding, Group

KEY_BYTES = 32
_NONCE_BYTES = 12
_TAG_BYTES = 16
_FINGERPRINT_BYTES = 16
_FORMAT = "1"
_LITTLE_ENDIAN = np.dtype("<f4")


class MasterKey:
    """The one secret that everything kept depends on. It is never used itself: sub-keys are, one a purpose."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != KEY_BYTES:
            raise ValueError(f"a master key has {KEY_BYTES} bytes")
        self._secret = secret
        self._wrapping = AESGCM(self.derive("group keys"))
        self.check = self.derive("master key check")
        """32 bytes by which the key is recognised; they tell nothing else about it."""
        self.id = self.derive("master key id")[:8].hex()
        """A name to speak of the key by."""

    def derive(self, purpose: str) -> bytes:
        """A sub-key of 32 bytes for this purpose."""
        return derived(self._secret, purpose)

    def wrap(self, data_key: bytes, name: str) -> bytes:
        """A key that is not of a group, wrapped for this name."""
        return _seal(self._wrapping, data_key, _associated_data("data key", name))

    def unwrap(self, wrapped: bytes, name: str) -> bytes:
        """Raises INTERNAL if this is not what was wrapped under this name."""
        try:
            return _open(self._wrapping, wrapped, _associated_data("data key", name))
        except InvalidTag:
            raise ServiceError(
                ErrorCode.INTERNAL, "A key in the database was altered or belongs elsewhere."
            ) from None

    def new_wrapped_key(self, app_id: int, name: str, model: str) -> bytes:
        """A random group key, wrapped for the group of this app, name and recognition model."""
        return _seal(
            self._wrapping,
            AESGCM.generate_key(bit_length=256),
            _associated_data("group", str(app_id), name, model),
        )

    def try_group_cipher(self, wrapped_key: bytes, binding: GroupBinding) -> GroupCipher | None:
        """What seals and opens the templates of one group; None if another master key wrapped its key."""
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
    """A group's key, and the id of the master key that it was wrapped by."""

    wrapped: bytes
    by: str


@dataclass(frozen=True, slots=True)
class GroupBinding:
    """What a group's key and templates are bound to."""

    app_id: int
    group_key: int
    name: str
    model: str


def binding_of(group: Group, model: str) -> GroupBinding:
    """What the key and the templates of the group are bound to while this is its recognition model."""
    return GroupBinding(group.app_id, group.id, group.name, model)


class GroupCipher:
    """Seals and opens the templates of one group."""

    def __init__(self, key: bytes, binding: GroupBinding) -> None:
        self._aead = AESGCM(key)
        self._template_data = _associated_data(
            "template", _FORMAT, str(binding.app_id), str(binding.group_key), binding.model
        )
        self._fingerprints = HKDF(SHA256(), KEY_BYTES, salt=None, info=b"visavis fingerprints").derive(key)

    def fingerprint(self, picture: bytes) -> bytes:
        """16 bytes that tell two files of pictures apart, and nothing to those without this group's key.

        HMAC-SHA256, shortened: a plain hash would tell anybody who has a picture whether it was here.
        """
        return hmac.digest(self._fingerprints, picture, "sha256")[:_FINGERPRINT_BYTES]

    def seal(self, face_id: str, embedding: Embedding) -> bytes:
        """Nonce (96 random bits), then ciphertext and tag of the embedding as little-endian float32."""
        return _seal(
            self._aead, embedding.astype(_LITTLE_ENDIAN).tobytes(), self._template_data + face_id.encode()
        )

    def open(self, face_id: str, template: bytes) -> Embedding:
        """The embedding, shape (d,). Raises INTERNAL if this is not what was sealed for this face."""
        embedding: Embedding = self.open_all([(face_id, template)])[0]
        return embedding

    def open_all(self, sealed: Sequence[tuple[str, bytes]]) -> Embedding:
        """The embeddings of (face id, template) each, shape (n, d); n is at least 1.

        No other copy of them is made, so who has no more use for them can leave none. Raises INTERNAL as `open`
        does, and if they differ in size.
        """
        size = len(sealed[0][1]) - _NONCE_BYTES - _TAG_BYTES
        if any(len(template) != len(sealed[0][1]) for _, template in sealed):
            raise ServiceError(ErrorCode.INTERNAL, "The templates of a group differ in size.")
        if size <= 0 or size % _LITTLE_ENDIAN.itemsize:
            raise _altered()
        embeddings = np.empty((len(sealed), size // _LITTLE_ENDIAN.itemsize), _LITTLE_ENDIAN)
        room = embeddings.data.cast("B")
        # Nothing that costs in what follows: it is most of loading a group.
        decrypt, bound = self._aead.decrypt_into, self._template_data
        try:
            for start, (face_id, t) in zip(range(0, len(room), size), sealed, strict=True):
                decrypt(t[:_NONCE_BYTES], t[_NONCE_BYTES:], bound + face_id.encode(), room[start : start + size])
        except InvalidTag:
            raise _altered() from None
        return embeddings.astype(np.float32, copy=False)


def _altered() -> ServiceError:
    return ServiceError(ErrorCode.INTERNAL, "A stored template was altered or belongs elsewhere.")


def derived(secret: bytes, purpose: str) -> bytes:
    """A sub-key of 32 bytes for this purpose (HKDF-SHA256, RFC 5869); it tells nothing about any other."""
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=f"visavis {purpose}".encode()).derive(secret)


def _data_of_key(group: GroupBinding) -> bytes:
    """What a wrapped group key is bound to; the group's number is not known yet when it is made."""
    return _associated_data("group", str(group.app_id), group.name, group.model)


def _seal(aead: AESGCM, plain: bytes, associated_data: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + aead.encrypt(nonce, plain, associated_data)


def _open(aead: AESGCM, sealed: bytes, associated_data: bytes) -> bytes:
    if len(sealed) <= _NONCE_BYTES:
        raise InvalidTag
    return aead.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], associated_data)


def _associated_data(*parts: str) -> bytes:
    """The parts one after the other, each after its length, so that no two lists of parts look the same."""
    encoded = [part.encode() for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)
