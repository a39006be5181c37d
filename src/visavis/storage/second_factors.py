"""Second factors of users: secrets sealed, recovery codes as keyed hashes (core's `SecondFactorStore`)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from visavis.errors import AccountError, AccountErrorCode, ErrorCode, ServiceError
from visavis.identities import User
from visavis.storage.audit.journal import Journal
from visavis.storage.database.connection import Database
from visavis.storage.database.schema import recovery_codes, second_factors
from visavis.storage.keys.ring import KeyRing

_NONCE_BYTES = 12


class StoredSecondFactors:
    """Implements core's `SecondFactorStore`. Every node knows the same."""

    def __init__(self, database: Database, keys: KeyRing, journal: Journal) -> None:
        self._database = database
        self._keys = keys
        self._journal = journal
        self._aead = AESGCM(keys.derive("second factors"))

    def enrolled(self) -> set[int]:
        with self._database.read() as connection:
            return set(connection.scalars(select(second_factors.c.user_id)))

    def secret_of(self, user: User) -> str | None:
        with self._database.read() as connection:
            sealed = connection.scalar(select(second_factors.c.sealed).where(second_factors.c.user_id == user.id))
        if sealed is None:
            return None
        try:
            return self._aead.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _bound_to(user)).decode()
        except InvalidTag:
            raise ServiceError(
                ErrorCode.INTERNAL, "The second factor of a user was altered or belongs to another."
            ) from None

    def enrol(self, user: User, secret: str, step: int, codes: Sequence[str], now: datetime) -> None:
        nonce = os.urandom(_NONCE_BYTES)
        sealed = nonce + self._aead.encrypt(nonce, secret.encode(), _bound_to(user))
        values = {"user_id": user.id, "sealed": sealed, "last_step": step, "created_at": now}
        with self._database.write() as connection:
            connection.execute(delete(second_factors).where(second_factors.c.user_id == user.id))
            try:
                with connection.begin_nested():
                    connection.execute(insert(second_factors).values(values))
            except IntegrityError:
                raise AccountError(AccountErrorCode.USER_NOT_FOUND) from None
            self._set_codes(connection, user, codes)
            self._note(connection, "enrol_second_factor", user)

    def renew_codes(self, user: User, codes: Sequence[str]) -> None:
        with self._database.write() as connection:
            self._set_codes(connection, user, codes)
            self._note(connection, "renew_recovery_codes", user)

    def use_step(self, user: User, step: int) -> bool:
        taken = (
            update(second_factors)
            .where(second_factors.c.user_id == user.id, second_factors.c.last_step < step)
            .values(last_step=step)
        )
        with self._database.write() as connection:
            return bool(connection.execute(taken).rowcount)

    def use_code(self, user: User, code: str) -> bool:
        mine = (recovery_codes.c.user_id == user.id, recovery_codes.c.hash == self._hash(user, code))
        with self._database.write() as connection:
            used = bool(connection.execute(delete(recovery_codes).where(*mine)).rowcount)
            if used:
                self._note(connection, "use_recovery_code", user)
            return used

    def codes_left(self, user: User) -> int:
        with self._database.read() as connection:
            return len(connection.execute(select(recovery_codes).where(recovery_codes.c.user_id == user.id)).all())

    def remove(self, user: User) -> bool:
        with self._database.write() as connection:
            connection.execute(delete(recovery_codes).where(recovery_codes.c.user_id == user.id))
            gone = connection.execute(delete(second_factors).where(second_factors.c.user_id == user.id)).rowcount
            if gone:
                self._note(connection, "remove_second_factor", user)
        return bool(gone)

    def _set_codes(self, connection: Connection, user: User, codes: Sequence[str]) -> None:
        connection.execute(delete(recovery_codes).where(recovery_codes.c.user_id == user.id))
        rows = [{"user_id": user.id, "hash": self._hash(user, code)} for code in codes]
        connection.execute(insert(recovery_codes), rows)

    def _hash(self, user: User, code: str) -> bytes:
        return self._keys.hash_credential(f"recovery code {user.id} {code}")

    def _note(self, connection: Connection, operation: str, user: User) -> None:
        self._journal.record(connection, operation, app_id=None, detail=f"user {user.name}")


def _bound_to(user: User) -> bytes:
    return f"second factor of user {user.id}".encode()
