"""The console's users, their sessions and invitations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from visavis.errors import AccountError, AccountErrorCode
from visavis.identities import Invitation, Role, Session, User
from visavis.storage.audit.journal import Journal
from visavis.storage.database.connection import Database
from visavis.storage.database.schema import invitations, sessions, users

_USER = (users.c.id, users.c.name, users.c.role, users.c.created_at, users.c.language, users.c.theme)


class StoredAccounts:
    """Implements core's `AccountStore`.

    Every node on the same database knows the same sessions. Only browsers keep their secrets.
    """

    def __init__(self, database: Database, journal: Journal) -> None:
        self._database = database
        self._journal = journal

    def list_users(self) -> list[User]:
        with self._database.read() as connection:
            return [_user(row) for row in connection.execute(select(*_USER).order_by(users.c.folded_name))]

    def find_user(self, name: str) -> tuple[User, str] | None:
        statement = select(users.c.password_hash, *_USER).where(users.c.folded_name == _folded(name))
        with self._database.read() as connection:
            row = connection.execute(statement).one_or_none()
        return None if row is None else (_user(row[1:]), row[0])

    def set_role(self, user: User, role: Role) -> None:
        with self._database.write() as connection:
            if role is not Role.ADMINISTRATOR:
                _require_other_administrator(connection, user)
            _change(connection, user, role=role.value)
            self._record(connection, "change_role", f"user {user.name}: {role}")

    def set_password(self, user: User, password_hash: str) -> None:
        with self._database.write() as connection:
            _set_password(connection, user, password_hash)
            self._record(connection, "change_password", f"user {user.name}")

    def keep_hash(self, user: User, password_hash: str) -> None:
        with self._database.write() as connection:
            _change(connection, user, password_hash=password_hash)

    def set_preferences(self, user: User, language: str, theme: str) -> None:
        with self._database.write() as connection:
            _change(connection, user, language=language, theme=theme)

    def delete_user(self, user: User) -> None:
        with self._database.write() as connection:
            _require_other_administrator(connection, user)
            if not connection.execute(delete(users).where(users.c.id == user.id)).rowcount:
                raise AccountError(AccountErrorCode.USER_NOT_FOUND)
            self._record(connection, "delete_user", f"user {user.name}")

    def add_invitation(self, digest: bytes, role: Role, user: User | None, expires_at: datetime) -> None:
        values = {"digest": digest, "role": role.value, "expires_at": expires_at}
        with self._database.write() as connection:
            connection.execute(delete(invitations).where(invitations.c.expires_at <= datetime.now(UTC)))
            try:
                with connection.begin_nested():
                    connection.execute(insert(invitations).values(values | {"user_id": user.id if user else None}))
            except IntegrityError:
                raise AccountError(AccountErrorCode.USER_NOT_FOUND) from None
            about = f"user {user.name}" if user else f"a new {role}"
            self._record(connection, "invite_anew" if user else "invite_user", about)

    def find_invitation(self, digest: bytes, now: datetime) -> Invitation | None:
        with self._database.read() as connection:
            return _invitation(connection, digest, now)

    def has_invitations(self, now: datetime) -> bool:
        open_ones = select(invitations.c.digest).where(
            invitations.c.user_id.is_(None), invitations.c.expires_at > now
        )
        with self._database.read() as connection:
            return connection.execute(open_ones.limit(1)).first() is not None

    def accept(self, digest: bytes, now: datetime, name: str, password_hash: str) -> User:
        with self._database.write() as connection:
            invitation = _invitation(connection, digest, now)
            # If two people use it at the same time, only one of them deletes it.
            used = connection.execute(delete(invitations).where(invitations.c.digest == digest)).rowcount
            if invitation is None or not used:
                raise AccountError(AccountErrorCode.INVITATION_INVALID)
            if invitation.user is not None:
                _set_password(connection, invitation.user, password_hash)
                self._record(connection, "set_password", f"user {invitation.user.name}")
                return invitation.user
            user = _create(connection, name, password_hash, invitation.role, now)
            self._record(connection, "open_account", f"user {user.name}: {user.role}")
            return user

    def add_session(self, digest: bytes, user: User, now: datetime) -> None:
        values = {"digest": digest, "user_id": user.id, "created_at": now, "seen_at": now}
        with self._database.write() as connection:
            connection.execute(insert(sessions).values(values))

    def find_session(self, digest: bytes) -> Session | None:
        statement = (
            select(sessions.c.created_at, sessions.c.seen_at, *_USER)
            .join(users, users.c.id == sessions.c.user_id)
            .where(sessions.c.digest == digest)
        )
        with self._database.read() as connection:
            row = connection.execute(statement).one_or_none()
        return None if row is None else Session(_user(row[2:]), row[0], row[1])

    def touch_session(self, digest: bytes, now: datetime) -> None:
        with self._database.write() as connection:
            connection.execute(update(sessions).where(sessions.c.digest == digest).values(seen_at=now))

    def delete_session(self, digest: bytes) -> None:
        with self._database.write() as connection:
            connection.execute(delete(sessions).where(sessions.c.digest == digest))

    def end_sessions(self, user: User) -> None:
        with self._database.write() as connection:
            connection.execute(delete(sessions).where(sessions.c.user_id == user.id))
            self._record(connection, "end_sessions", f"user {user.name}")

    def delete_ended_sessions(self, made_before: datetime, seen_before: datetime) -> None:
        ended = or_(sessions.c.created_at <= made_before, sessions.c.seen_at <= seen_before)
        with self._database.write() as connection:
            connection.execute(delete(sessions).where(ended))

    def _record(self, connection: Connection, operation: str, detail: str) -> None:
        """Record the change in the audit log, in its own transaction."""
        self._journal.record(connection, operation, app_id=None, detail=detail)


def _create(connection: Connection, name: str, password_hash: str, role: Role, now: datetime) -> User:
    statement = insert(users).values(
        name=name,
        folded_name=_folded(name),
        password_hash=password_hash,
        role=role.value,
        language="",
        theme="",
        created_at=now,
    )
    try:
        with connection.begin_nested():
            return _user(connection.execute(statement.returning(*_USER)).one())
    except IntegrityError:
        raise AccountError(AccountErrorCode.NAME_TAKEN) from None


def _change(connection: Connection, user: User, **values: Any) -> None:
    if not connection.execute(update(users).where(users.c.id == user.id).values(values)).rowcount:
        raise AccountError(AccountErrorCode.USER_NOT_FOUND)


def _set_password(connection: Connection, user: User, password_hash: str) -> None:
    _change(connection, user, password_hash=password_hash)
    connection.execute(delete(sessions).where(sessions.c.user_id == user.id))
    connection.execute(delete(invitations).where(invitations.c.user_id == user.id))


def _require_other_administrator(connection: Connection, user: User) -> None:
    """Check that another administrator exists; concurrent transactions wait here. Raises LAST_ADMINISTRATOR."""
    statement = select(users.c.id).where(users.c.role == Role.ADMINISTRATOR.value).order_by(users.c.id)
    administrators = set(connection.scalars(statement.with_for_update()))
    if administrators == {user.id}:
        raise AccountError(AccountErrorCode.LAST_ADMINISTRATOR)


def _invitation(connection: Connection, digest: bytes, now: datetime) -> Invitation | None:
    statement = (
        select(invitations.c.role, invitations.c.expires_at, *_USER)
        .select_from(invitations.outerjoin(users, users.c.id == invitations.c.user_id))
        .where(and_(invitations.c.digest == digest, invitations.c.expires_at > now))
    )
    row = connection.execute(statement).one_or_none()
    if row is None:
        return None
    role, expires_at, *user = row
    return Invitation(Role(role), None if user[0] is None else _user(user), expires_at)


def _folded(name: str) -> str:
    """The name with case folded. Characters that a database cannot store become a spelling that no user has."""
    return name.casefold().replace("\0", "\1").encode(errors="backslashreplace").decode()


def _user(row: Sequence[Any]) -> User:
    """The user in a row with the columns of `_USER`."""
    user_id, name, role, created_at, language, theme = row
    return User(user_id, name, Role(role), created_at, language, theme)
