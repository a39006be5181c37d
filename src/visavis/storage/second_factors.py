"""Second factors of users: secrets sealed, recovery codes as keyed hashes (core's `SecondFactorStore`)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, and_
from sqlalchemy.exc import IntegrityError

from visavis.errors import AccountError, AccountErrorCode
from visavis.identities import User
from visavis.storage.audit.journal import Journal
from visavis.storage.database.connection import Database
from visavis.storage.database.schema import recovery_codes, second_factors
from visavis.storage.keys.ring import KeyRing
from visavis.storage.proof.alteration import altered
from visavis.storage.proof.record_sets import RECOVERY_CODES, SECOND_FACTORS
from visavis.storage.proof.records import Proofs

_NONCE_BYTES = 12


class StoredSecondFactors:
    """Implements core's `SecondFactorStore`. Every node knows the same."""

    def __init__(self, database: Database, keys: KeyRing, journal: Journal) -> None:
        self._database = database
        self._keys = keys
        self._proofs = keys.proofs
        self._journal = journal
        self._aead = AESGCM(keys.derive("second factors"))

    def enrolled(self) -> set[int]:
        with self._database.read() as connection:
            return {row["user_id"] for row in self._proofs.all(connection, SECOND_FACTORS)}

    def secret_of(self, user: User) -> str | None:
        with self._database.read() as connection:
            row = self._proofs.find(connection, SECOND_FACTORS, user.id)
        if row is None:
            return None
        sealed = row["sealed"]
        try:
            return self._aead.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _bound_to(user)).decode()
        except InvalidTag:
            raise altered(f"The second factor of user number {user.id}") from None

    def enrol(self, user: User, secret: str, step: int, codes: Sequence[str], now: datetime) -> None:
        nonce = os.urandom(_NONCE_BYTES)
        sealed = nonce + self._aead.encrypt(nonce, secret.encode(), _bound_to(user))
        values = {"user_id": user.id, "sealed": sealed, "last_step": step, "wrong_codes": 0, "created_at": now}
        with self._database.write() as connection:
            delete_second_factor(connection, self._proofs, user.id)
            try:
                with connection.begin_nested():
                    self._insert_codes(connection, user, codes)
                    self._proofs.insert(connection, SECOND_FACTORS, [values])
            except IntegrityError:
                raise AccountError(AccountErrorCode.USER_NOT_FOUND) from None
            self._note(connection, "enrol_second_factor", user)

    def renew_codes(self, user: User, codes: Sequence[str]) -> None:
        with self._database.write() as connection:
            self._proofs.delete(connection, RECOVERY_CODES, recovery_codes.c.user_id == user.id)
            self._insert_codes(connection, user, codes)
            self._note(connection, "renew_recovery_codes", user)

    def use_step(self, user: User, step: int) -> bool:
        not_taken = and_(second_factors.c.user_id == user.id, second_factors.c.last_step < step)
        with self._database.write() as connection:
            return bool(
                self._proofs.update(connection, SECOND_FACTORS, not_taken, {"last_step": step, "wrong_codes": 0})
            )

    def use_code(self, user: User, code: str) -> bool:
        kept = self._hash(user, code)
        with self._database.read() as connection:
            row = self._proofs.find(connection, RECOVERY_CODES, kept)
        if row is None or row["user_id"] != user.id:
            return False
        with self._database.write() as connection:
            used = bool(self._proofs.delete(connection, RECOVERY_CODES, recovery_codes.c.hash == kept))
            if used:
                mine = second_factors.c.user_id == user.id
                self._proofs.update(connection, SECOND_FACTORS, mine, {"wrong_codes": 0})
                self._note(connection, "use_recovery_code", user)
            return used

    def wrong_codes(self, user: User) -> int:
        with self._database.read() as connection:
            row = self._proofs.find(connection, SECOND_FACTORS, user.id)
        return 0 if row is None else row["wrong_codes"]

    def count_wrong_code(self, user: User, most: int) -> None:
        mine = second_factors.c.user_id == user.id
        with self._database.write() as connection:
            for row in self._proofs.lock(connection, SECOND_FACTORS, mine):
                count = row["wrong_codes"] + 1
                self._proofs.update(connection, SECOND_FACTORS, mine, {"wrong_codes": count})
                if count == most:
                    self._note(connection, "lock_second_factor", user)

    def codes_left(self, user: User) -> int:
        with self._database.read() as connection:
            return sum(row["user_id"] == user.id for row in self._proofs.all(connection, RECOVERY_CODES))

    def remove(self, user: User) -> bool:
        with self._database.write() as connection:
            gone = delete_second_factor(connection, self._proofs, user.id)
            if gone:
                self._note(connection, "remove_second_factor", user)
        return gone

    def _insert_codes(self, connection: Connection, user: User, codes: Sequence[str]) -> None:
        rows = [{"user_id": user.id, "hash": self._hash(user, code)} for code in codes]
        self._proofs.insert(connection, RECOVERY_CODES, rows)

    def _hash(self, user: User, code: str) -> bytes:
        return self._keys.hash_credential(f"recovery code {user.id} {code}")

    def _note(self, connection: Connection, operation: str, user: User) -> None:
        self._journal.record(connection, operation, app_id=None, detail=f"user {user.name}")


def delete_second_factor(connection: Connection, proofs: Proofs, user_id: int) -> bool:
    """Delete what a user has beside the password; whether there was a device.

    Codes go before devices: everybody locks their sets in this order.
    """
    proofs.delete(connection, RECOVERY_CODES, recovery_codes.c.user_id == user_id)
    return bool(proofs.delete(connection, SECOND_FACTORS, second_factors.c.user_id == user_id))


def _bound_to(user: User) -> bytes:
    return f"second factor of user {user.id}".encode()
