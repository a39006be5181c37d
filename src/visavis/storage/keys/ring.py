"""The keys of a running process: one master key, or two during a rotation, and the keys that they wrap."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable, Mapping
from threading import Lock
from time import monotonic
from typing import TypeVar

from sqlalchemy import Connection

from visavis.errors import ErrorCode, ServiceError, SetupError
from visavis.storage.keys import metadata
from visavis.storage.keys.cipher import GroupBinding, GroupCipher, MasterKey, WrappedKey, derived
from visavis.storage.keys.providers import KeyProvider
from visavis.storage.proof.records import Proofs

logger = logging.getLogger(__name__)

T = TypeVar("T")

_ASK_AGAIN_S = 1.0
"""Shortest time, in seconds, between two reads of the provider for a missing key."""


class KeyRing:
    """Wraps and unwraps with the known master keys; derives sub-keys from keys that no rotation changes."""

    def __init__(
        self, provider: KeyProvider, masters: Mapping[str, MasterKey], current: str, data_keys: Mapping[str, bytes]
    ) -> None:
        self.provider = provider
        self._masters = dict(masters)
        self._current = current
        self._derivation = data_keys["derivation"]
        self._hashing = data_keys["credentials"]
        self.proofs = Proofs(self.derive)
        """What rows prove themselves by."""
        self._asking = Lock()
        self._asked = 0.0

    @property
    def current_id(self) -> str:
        return self._current

    @property
    def current(self) -> MasterKey:
        return self._masters[self._current]

    def known(self, key_id: str) -> MasterKey | None:
        """The master key of this id. If it is not known yet, the provider is read again."""
        if key_id not in self._masters:
            self._ask()
        return self._masters.get(key_id)

    def derive(self, purpose: str) -> bytes:
        """A sub-key of 32 bytes for this purpose. It does not change with the master key."""
        return derived(self._derivation, purpose)

    def hash_credential(self, credential: str) -> bytes:
        """The hash that is stored of a credential: HMAC-SHA256, 32 bytes."""
        return hmac.digest(self._hashing, credential.encode(errors="surrogatepass"), "sha256")

    def new_wrapped_key(self, connection: Connection, app_id: int, name: str, model: str) -> WrappedKey:
        """A random group key, wrapped by the master key that stays current until this transaction ends."""
        check = metadata.lock_check(connection, shared=True)
        key_id = self._id_of(check)
        if key_id is None and self._ask():
            key_id = self._id_of(check)
        if key_id is None:
            raise ServiceError(
                ErrorCode.INTERNAL, "The master key was replaced by one that this server does not have."
            )
        return WrappedKey(self._masters[key_id].new_wrapped_key(app_id, name, model), key_id)

    def group_cipher(self, wrapped_key: bytes, binding: GroupBinding) -> GroupCipher:
        """The cipher of one group. Raises INTERNAL if no known master key unwraps the group's key."""
        return self._by_whichever(lambda master: master.try_group_cipher(wrapped_key, binding))

    def rebound(self, wrapped_key: bytes, binding: GroupBinding, model: str) -> bytes:
        """Wrap the key of a group for another recognition model, with the master key that wrapped it before.

        Raises INTERNAL if no known master key unwraps it.
        """
        return self._by_whichever(lambda master: master.rebound(wrapped_key, binding, model))

    @property
    def count(self) -> int:
        """How many master keys are known."""
        return len(self._masters)

    def learn(self, master: MasterKey) -> None:
        """Add a master key to the known ones."""
        self._masters = {**self._masters, master.id: master}

    def adopt(self, check: bytes | None) -> bool:
        """Make the key with this check the current one and drop all others; return False if it is not known."""
        key_id = self._id_of(check)
        if key_id is None:
            return False
        self._current, self._masters = key_id, {key_id: self._masters[key_id]}
        return True

    def _id_of(self, check: bytes | None) -> str | None:
        masters = list(self._masters.items())
        return next((key_id for key_id, master in masters if metadata.is_current(master, check)), None)

    def _by_whichever(self, unwrap: Callable[[MasterKey], T | None]) -> T:
        """The result of the first master key that can unwrap; read the provider if none can. Raises INTERNAL."""
        found = self._try(unwrap)
        if found is None and self._ask():
            found = self._try(unwrap)
        if found is None:
            raise ServiceError(ErrorCode.INTERNAL, "The key of a group was altered or belongs elsewhere.")
        return found

    def _try(self, unwrap: Callable[[MasterKey], T | None]) -> T | None:
        return next((found for found in map(unwrap, list(self._masters.values())) if found is not None), None)

    def _ask(self) -> bool:
        """Read the provider again and add its keys; return whether there was a new one."""
        with self._asking:
            if monotonic() - self._asked < _ASK_AGAIN_S:
                return len(self._masters) > 1
            try:
                found = {master.id: master for master in map(MasterKey, self.provider.read())}
            except SetupError as error:
                logger.warning("The master keys could not be read again: %s", error)
                return False
            finally:
                self._asked = monotonic()
            new = found.keys() - self._masters.keys()
            self._masters = {**self._masters, **{key_id: found[key_id] for key_id in new}}
            return bool(new)
