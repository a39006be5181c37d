"""User access keys and access tokens: keyed hashes of their secrets, never the secrets."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.exc import IntegrityError

from visavis.errors import ErrorCode, ServiceError
from visavis.identities import AccessKey, App, Caller, KeyKind
from visavis.storage.audit.journal import Journal
from visavis.storage.database import schema
from visavis.storage.database.column_types import Row
from visavis.storage.database.connection import Database
from visavis.storage.database.direct import DirectStatement
from visavis.storage.database.schema import access_keys, access_tokens
from visavis.storage.keys.ring import KeyRing
from visavis.storage.owners import OWNED, Owned
from visavis.storage.proof.record_sets import ACCESS_KEYS, ACCESS_TOKENS, sealed_total
from visavis.storage.proof.records import Proofs

_HOLDER = (
    select(
        access_tokens,
        access_keys,
        sealed_total(ACCESS_TOKENS, access_tokens.c.access_key_id),
        sealed_total(ACCESS_KEYS),
    )
    .join(access_keys, access_keys.c.id == access_tokens.c.access_key_id)
    .where(access_tokens.c.hash == bindparam("digest"))
)
"""Built once, since every request with a token uses it."""

_HOLDER_AT_ONCE = DirectStatement(_HOLDER)
_BEARER = DirectStatement(
    _HOLDER.add_columns(*OWNED)
    .join(schema.keys, schema.keys.c.hash == bindparam("app_key"))
    .join(schema.apps, schema.apps.c.id == schema.keys.c.app_id)
    .where(schema.keys.c.kind == KeyKind.APP_KEY.value)
)
"""And, in the same look-up, the app key that comes with the token."""

_TOKEN_COLUMNS = [column.name for column in access_tokens.c]
_KEY_COLUMNS = [column.name for column in access_keys.c]


@dataclass(frozen=True, slots=True)
class _Held:
    """A token and its user access key, and the sealed totals of the sets that they are in."""

    token: Row
    key: Row
    of_tokens: bytes
    of_keys: bytes


class StoredAccessKeys:
    """Implements core's `AccessKeyStore`. Tokens of a key are a set of their own; every node knows the same."""

    def __init__(self, database: Database, ring: KeyRing, journal: Journal) -> None:
        self._database = database
        self._journal = journal
        self._ring = ring
        self._proofs = ring.proofs
        self._secrets = ring.derive("secrets of user access keys")
        self._tokens = ring.derive("access tokens")

    def create_key(
        self, name: str, key_id: str, secret: str, apps: Collection[App] | None, lifetime_seconds: int
    ) -> AccessKey:
        values = {
            "key_id": key_id,
            "name": name,
            "secret": self._secret(key_id, secret),
            "apps": _spelt(apps),
            "lifetime_seconds": lifetime_seconds,
            "created_at": datetime.now(UTC),
        }
        with self._database.write() as connection:
            try:
                with connection.begin_nested():
                    [row] = self._proofs.insert(connection, ACCESS_KEYS, [values])
            except IntegrityError:
                raise ServiceError(
                    ErrorCode.DUPLICATE_ACCESS_KEY, f"A user access key named {name!r} already exists."
                ) from None
            self._proofs.sets.begin(connection, ACCESS_TOKENS, row["id"])
            self._record(connection, "create_access_key", row, _limits(apps, lifetime_seconds))
        return _key(row)

    def list_keys(self) -> list[AccessKey]:
        with self._database.read() as connection:
            found = [_key(row) for row in self._proofs.all(connection, ACCESS_KEYS)]
        return sorted(found, key=lambda key: key.name)

    def limit_key(self, key: AccessKey, apps: Collection[App] | None, lifetime_seconds: int) -> AccessKey:
        with self._database.write() as connection:
            row = self._change(connection, key, {"apps": _spelt(apps), "lifetime_seconds": lifetime_seconds})
            self._record(connection, "change_access_key", row, _limits(apps, lifetime_seconds))
        return _key(row)

    def replace_secret(self, key: AccessKey, secret: str, now: datetime, old_until: datetime) -> None:
        with self._database.write() as connection:
            before = self._lock(connection, key)
            at_once = old_until <= now
            values = {
                "secret": self._secret(key.id, secret),
                "old_secret": None if at_once else before["secret"],
                "old_secret_until": None if at_once else old_until,
            }
            row = self._change(connection, key, values)
            if at_once:
                self._proofs.delete(connection, ACCESS_TOKENS, access_tokens.c.access_key_id == key.number)
            until = "the secret before it stopped working, and tokens with it"
            if not at_once:
                until = (
                    f"the secret before it works until {old_until.astimezone(UTC).isoformat(timespec='seconds')}"
                )
            self._record(connection, "rotate_access_key", row, until)

    def delete_key(self, key: AccessKey) -> None:
        with self._database.write() as connection:
            row = self._lock(connection, key)
            delete_key_rows(connection, self._proofs, key.number)
            self._record(connection, "revoke_access_key", row)

    def key_of(self, key_id: str, secret: str, now: datetime) -> AccessKey | None:
        digest = self._secret(key_id, secret)
        with self._database.read() as connection:
            statement = select(access_keys).where(access_keys.c.key_id == _storable(key_id))
            row = connection.execute(statement).mappings().one_or_none()
            if row is None:
                return None
            self._proofs.require(connection, ACCESS_KEYS, row)
        is_new = hmac.compare_digest(row["secret"], digest)
        is_old = hmac.compare_digest(row["old_secret"] or b"", digest)
        until = row["old_secret_until"]
        return _key(row) if is_new or (is_old and until is not None and now < until) else None

    def add_token(self, key: AccessKey, token: str, now: datetime, expires_at: datetime, keep: int) -> None:
        mine = access_tokens.c.access_key_id == key.number
        values = {
            "hash": self._token(token),
            "access_key_id": key.number,
            "created_at": now,
            "expires_at": expires_at,
        }
        with self._database.write() as connection:
            row = self._lock(connection, key)
            self._proofs.delete(connection, ACCESS_TOKENS, mine, access_tokens.c.expires_at <= now)
            if self._proofs.sets.count(connection, ACCESS_TOKENS, key.number) >= keep:
                newest = select(access_tokens.c.hash).where(mine).order_by(access_tokens.c.created_at.desc())
                oldest = connection.scalars(newest.offset(keep - 1)).all()
                self._proofs.delete(connection, ACCESS_TOKENS, access_tokens.c.hash.in_(oldest))
            self._proofs.insert(connection, ACCESS_TOKENS, [values])
            self._record(connection, "issue_token", row)

    def holder(self, token: str, now: datetime) -> AccessKey | None:
        digest = self._token(token)
        held = self._held(self._database.fetch(_HOLDER_AT_ONCE, {"digest": digest}), digest)
        if held is None or not self._is_known(held):
            with self._database.read() as connection:
                held = self._held(connection.execute(_HOLDER, {"digest": digest}).all(), digest)
                if held is None:
                    return None
                self._proofs.require(connection, ACCESS_TOKENS, held.token, held.of_tokens)
                self._proofs.require(connection, ACCESS_KEYS, held.key, held.of_keys)
        return _key(held.key) if now < held.token["expires_at"] else None

    def bearer(self, token: str, app_key: str, now: datetime) -> tuple[AccessKey, Caller] | None:
        digest, key_digest = self._token(token), self._ring.hash_credential(app_key)
        rows = self._database.fetch(_BEARER, {"digest": digest, "app_key": key_digest})
        held = self._held([row[: -len(OWNED)] for row in rows], digest)
        if held is None or not self._is_known(held):
            return None
        owned = Owned.read(rows[0])
        if not owned.is_known(self._proofs) or not hmac.compare_digest(owned.key["hash"], key_digest):
            return None
        caller = owned.caller(now)
        return None if caller is None or held.token["expires_at"] <= now else (_key(held.key), caller)

    def _held(self, found: Sequence[Sequence[Any]], digest: bytes) -> _Held | None:
        """What `_HOLDER` has found; None if it is not of this hash."""
        if not found or not hmac.compare_digest(found[0][_TOKEN_COLUMNS.index("hash")], digest):
            return None
        token = dict(zip(_TOKEN_COLUMNS, found[0], strict=False))
        key = dict(zip(_KEY_COLUMNS, found[0][len(_TOKEN_COLUMNS) :], strict=False))
        return _Held(token, key, found[0][-2], found[0][-1])

    def _is_known(self, held: _Held) -> bool:
        known = self._proofs.know(ACCESS_TOKENS, [held.token], held.of_tokens)
        return known and self._proofs.know(ACCESS_KEYS, [held.key], held.of_keys)

    def delete_token(self, key: AccessKey, token: str) -> bool:
        with self._database.write() as connection:
            row = self._lock(connection, key)
            where = (access_tokens.c.access_key_id == key.number, access_tokens.c.hash == self._token(token))
            gone = bool(self._proofs.delete(connection, ACCESS_TOKENS, *where))
            if gone:
                self._record(connection, "revoke_token", row)
        return gone

    def delete_expired_tokens(self, now: datetime) -> int:
        expired = access_tokens.c.expires_at <= now
        with self._database.read() as connection:
            owners = connection.scalars(select(access_tokens.c.access_key_id).where(expired).distinct()).all()
        deleted = 0
        for owner in owners:
            with self._database.write() as connection:
                mine = access_tokens.c.access_key_id == owner
                self._proofs.lock(connection, ACCESS_KEYS, access_keys.c.id == owner)
                deleted += len(self._proofs.delete(connection, ACCESS_TOKENS, mine, expired))
        return deleted

    def _secret(self, key_id: str, secret: str) -> bytes:
        return _hmac(self._secrets, f"{key_id}\0{secret}")

    def _token(self, token: str) -> bytes:
        return _hmac(self._tokens, token)

    def _lock(self, connection: Connection, key: AccessKey) -> Row:
        """The key's row, for this transaction alone to change it and its tokens. Raises ACCESS_KEY_NOT_FOUND."""
        found = self._proofs.lock(connection, ACCESS_KEYS, access_keys.c.id == key.number)
        if not found:
            raise ServiceError(ErrorCode.ACCESS_KEY_NOT_FOUND, "The user access key has been revoked.")
        return found[0]

    def _change(self, connection: Connection, key: AccessKey, values: Mapping[str, object]) -> Row:
        self._lock(connection, key)
        [row] = self._proofs.update(connection, ACCESS_KEYS, access_keys.c.id == key.number, values)
        return row

    def _record(self, connection: Connection, operation: str, row: Row, detail: str = "") -> None:
        about = f"user access key {row['name']}"
        self._journal.record(connection, operation, app_id=None, detail=f"{about}: {detail}" if detail else about)


def delete_key_rows(connection: Connection, proofs: Proofs, number: int) -> list[Row]:
    """Delete a key and its tokens; return what the key was, or nothing if there was none."""
    proofs.delete(connection, ACCESS_TOKENS, access_tokens.c.access_key_id == number)
    proofs.sets.end(connection, ACCESS_TOKENS, number)
    return proofs.delete(connection, ACCESS_KEYS, access_keys.c.id == number)


def delete_app_from_keys(connection: Connection, proofs: Proofs, app_id: int) -> list[str]:
    """Let no key have a right to the app any more.

    A key that had a right to no other goes with its tokens. Returns the names of those, in ascending order.
    """
    gone = []
    bound = proofs.lock(connection, ACCESS_KEYS, access_keys.c.apps.is_not(None))
    for row in bound:
        left = [each for each in row["apps"].split() if int(each) != app_id]
        if not left:
            delete_key_rows(connection, proofs, row["id"])
            gone.append(row["name"])
        elif len(left) < len(row["apps"].split()):
            proofs.update(connection, ACCESS_KEYS, access_keys.c.id == row["id"], {"apps": " ".join(left)})
    return sorted(gone)


def forget_tokens(database: Database, proofs: Proofs) -> None:
    """Delete every token: where a backup is put in place, nobody knows which of them were revoked since."""
    with database.write() as connection:
        for owner in ACCESS_TOKENS.owners(connection):
            proofs.delete(connection, ACCESS_TOKENS, access_tokens.c.access_key_id == owner)


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(errors="surrogatepass"), "sha256")


def _storable(text: str) -> str:
    """The text, or one that no key has for ids, and where characters are that a database cannot store."""
    return text if text.isascii() and text.isprintable() else ""


def _spelt(apps: Collection[App] | None) -> str | None:
    return None if apps is None else " ".join(map(str, sorted({app.id for app in apps})))


def _limits(apps: Collection[App] | None, lifetime_seconds: int) -> str:
    whose = "all apps" if apps is None else f"apps {', '.join(sorted(app.name for app in apps))}"
    return f"{whose}; tokens for {lifetime_seconds} s"


def _key(row: Row) -> AccessKey:
    apps = None if row["apps"] is None else frozenset(map(int, row["apps"].split()))
    return AccessKey(
        row["id"],
        row["key_id"],
        row["name"],
        apps,
        row["lifetime_seconds"],
        row["created_at"],
        row["old_secret_until"],
    )
