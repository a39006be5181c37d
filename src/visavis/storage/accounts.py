"""The console's users, their sessions and invitations."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, and_, or_, select
from sqlalchemy.exc import IntegrityError

from visavis.errors import AccountError, AccountErrorCode
from visavis.identities import (
    App,
    AppRole,
    AppRoles,
    Invitation,
    OpenInvitation,
    Role,
    Session,
    SessionRecord,
    User,
)
from visavis.storage.audit.journal import Journal
from visavis.storage.database.column_types import Row
from visavis.storage.database.connection import Database
from visavis.storage.database.schema import invitations, sessions, users
from visavis.storage.proof.record_sets import INVITATIONS, SECOND_FACTORS, SESSIONS, USERS
from visavis.storage.proof.records import Proofs
from visavis.storage.second_factors import delete_second_factor

_SESSION_COLUMNS = [column.name for column in sessions.c]
_USER_COLUMNS = [column.name for column in users.c]
_INVITATION_COLUMNS = [column.name for column in invitations.c]


class StoredAccounts:
    """Implements core's `AccountStore`.

    Every node on the same database knows the same sessions. Only browsers keep their secrets.

    What is kept of a secret is a keyed hash of its digest, so that who writes to the database cannot put one in.
    """

    def __init__(self, database: Database, proofs: Proofs, journal: Journal) -> None:
        self._database = database
        self._proofs = proofs
        self._journal = journal

    def list_users(self) -> list[User]:
        with self._database.read() as connection:
            rows = self._proofs.all(connection, USERS)
        return [_user(row) for row in sorted(rows, key=lambda row: row["folded_name"])]

    def find_user(self, name: str) -> tuple[User, str] | None:
        statement = select(users).where(users.c.folded_name == _folded(name))
        with self._database.read() as connection:
            row = connection.execute(statement).mappings().one_or_none()
            if row is None:
                return None
            self._proofs.require(connection, USERS, row)
        return _user(row), row["password_hash"]

    def set_role(self, user: User, role: Role, app_roles: AppRoles | None = None) -> None:
        in_apps = app_roles or {}
        with self._database.write() as connection:
            if role is not Role.ADMINISTRATOR:
                self._require_other_administrator(connection, user)
            was = {row["role"] for row in self._proofs.lock(connection, USERS, users.c.id == user.id)}
            if role is Role.MEMBER and was and user.role.value not in {Role.MEMBER.value, *was}:
                return
            self._change(connection, user, role=role.value, app_roles=_spelt(in_apps))
            self._record(connection, "change_role", f"user {user.name}: {_rights(role, in_apps)}")

    def set_app_role(self, user: User, app: App, role: AppRole | None) -> None:
        with self._database.write() as connection:
            found = self._proofs.lock(connection, USERS, users.c.id == user.id)
            if not found:
                raise AccountError(AccountErrorCode.USER_NOT_FOUND)
            if found[0]["role"] != Role.MEMBER.value:
                raise AccountError(AccountErrorCode.NOT_A_MEMBER)
            roles = _read(found[0]["app_roles"])
            before = roles.pop(app.id, None)
            if role is not None:
                roles[app.id] = role
            self._change(connection, user, app_roles=_spelt(roles))
            detail = f"user {user.name}: {role or 'none'}, was {before or 'none'}"
            self._journal.record(connection, "change_app_role", app_id=app.id, app=app.name, detail=detail)

    def set_password(self, user: User, password_hash: str) -> None:
        with self._database.write() as connection:
            self._set_password(connection, user, password_hash)
            self._record(connection, "change_password", f"user {user.name}")

    def keep_hash(self, user: User, password_hash: str) -> None:
        with self._database.write() as connection:
            self._change(connection, user, password_hash=password_hash)

    def set_preferences(self, user: User, language: str, theme: str) -> None:
        with self._database.write() as connection:
            self._change(connection, user, language=language, theme=theme)

    def delete_user(self, user: User) -> None:
        with self._database.write() as connection:
            self._require_other_administrator(connection, user)
            self._proofs.delete(connection, INVITATIONS, invitations.c.user_id == user.id)
            self._proofs.delete(connection, SESSIONS, sessions.c.user_id == user.id)
            delete_second_factor(connection, self._proofs, user.id)
            if not self._proofs.delete(connection, USERS, users.c.id == user.id):
                raise AccountError(AccountErrorCode.USER_NOT_FOUND)
            self._record(connection, "delete_user", f"user {user.name}")

    def add_invitation(
        self,
        digest: bytes,
        role: Role,
        user: User | None,
        expires_at: datetime,
        invited_by: str = "",
        app_roles: AppRoles | None = None,
    ) -> None:
        in_apps = app_roles or {}
        values = {
            "digest": self._proofs.digest(digest),
            "role": role.value,
            "user_id": user.id if user else None,
            "expires_at": expires_at,
            "invited_by": invited_by,
            "app_roles": _spelt(in_apps),
        }
        with self._database.write() as connection:
            self._proofs.delete(connection, INVITATIONS, invitations.c.expires_at <= datetime.now(UTC))
            try:
                with connection.begin_nested():
                    self._proofs.insert(connection, INVITATIONS, [values])
            except IntegrityError:
                raise AccountError(AccountErrorCode.USER_NOT_FOUND) from None
            about = f"user {user.name}" if user else f"a new {_rights(role, in_apps)}"
            self._record(connection, "invite_anew" if user else "invite_user", about)

    def list_invitations(self, now: datetime) -> list[OpenInvitation]:
        with self._database.read() as connection:
            rows = self._proofs.all(connection, INVITATIONS)
            names = {row["id"]: row["name"] for row in self._proofs.all(connection, USERS)}
        found = [
            OpenInvitation(
                _id_of(row["digest"]),
                Role(row["role"]),
                names.get(row["user_id"]),
                row["invited_by"],
                row["expires_at"],
                _read(row["app_roles"]),
            )
            for row in rows
            if row["expires_at"] > now
        ]
        return sorted(found, key=lambda each: each.expires_at, reverse=True)

    def revoke_invitation(self, invitation_id: str) -> bool:
        with self._database.write() as connection:
            digests = connection.scalars(select(invitations.c.digest)).all()
            for digest in (each for each in digests if _id_of(each) == invitation_id):
                self._proofs.delete(connection, INVITATIONS, invitations.c.digest == digest)
                self._record(connection, "revoke_invitation", f"invitation {invitation_id}")
                return True
        return False

    def find_invitation(self, digest: bytes, now: datetime) -> Invitation | None:
        with self._database.read() as connection:
            found = self._invitation(connection, digest, now)
            if found is not None:
                self._proofs.require(connection, INVITATIONS, found[1])
        return None if found is None else found[0]

    def has_invitations(self, now: datetime) -> bool:
        with self._database.read() as connection:
            rows = self._proofs.all(connection, INVITATIONS)
        return any(row["user_id"] is None and row["expires_at"] > now for row in rows)

    def accept(self, digest: bytes, now: datetime, name: str, password_hash: str) -> User:
        with self._database.write() as connection:
            found = self._invitation(connection, digest, now)
            # If two people use it at the same time, only one of them deletes it.
            used = self._proofs.delete(
                connection, INVITATIONS, invitations.c.digest == self._proofs.digest(digest)
            )
            if found is None or not used:
                raise AccountError(AccountErrorCode.INVITATION_INVALID)
            invitation, _ = found
            if invitation.user is not None:
                self._set_password(connection, invitation.user, password_hash)
                self._record(connection, "set_password", f"user {invitation.user.name}")
                return invitation.user
            user = self._create(connection, name, password_hash, invitation, now)
            self._record(connection, "open_account", f"user {user.name}: {_rights(user.role, user.app_roles)}")
            return user

    def add_session(self, digest: bytes, user: User, now: datetime, address: str = "", browser: str = "") -> None:
        client = {"address": address, "browser": browser}
        times = dict.fromkeys(("created_at", "seen_at", "proven_at"), now)
        values = {"digest": self._proofs.digest(digest), "user_id": user.id, **client, **times}
        with self._database.write() as connection:
            self._proofs.insert(connection, SESSIONS, [values])

    def find_session(self, digest: bytes) -> Session | None:
        statement = (
            select(sessions, users)
            .join(users, users.c.id == sessions.c.user_id)
            .where(sessions.c.digest == self._proofs.digest(digest))
        )
        with self._database.read() as connection:
            row = connection.execute(statement).one_or_none()
            if row is None:
                return None
            session = dict(zip(_SESSION_COLUMNS, row, strict=False))
            user = dict(zip(_USER_COLUMNS, row[len(_SESSION_COLUMNS) :], strict=True))
            self._proofs.require(connection, SESSIONS, session)
            self._proofs.require(connection, USERS, user)
            has_factor = self._proofs.find(connection, SECOND_FACTORS, user["id"]) is not None
        return Session(_user(user), session["created_at"], session["seen_at"], session["proven_at"], has_factor)

    def list_sessions(self, user: User, digest: bytes) -> list[SessionRecord]:
        this = self._proofs.digest(digest)
        with self._database.read() as connection:
            rows = [row for row in self._proofs.all(connection, SESSIONS) if row["user_id"] == user.id]
        return [
            SessionRecord(
                _id_of(row["digest"]),
                row["address"],
                row["browser"],
                row["created_at"],
                row["seen_at"],
                is_this=row["digest"] == this,
            )
            for row in sorted(rows, key=lambda row: row["seen_at"], reverse=True)
        ]

    def prove_session(self, digest: bytes, now: datetime) -> None:
        with self._database.write() as connection:
            here = sessions.c.digest == self._proofs.digest(digest)
            self._proofs.update(connection, SESSIONS, here, {"proven_at": now})

    def end_session(self, user: User, session_id: str) -> bool:
        with self._database.write() as connection:
            mine = connection.scalars(select(sessions.c.digest).where(sessions.c.user_id == user.id)).all()
            for digest in (each for each in mine if _id_of(each) == session_id):
                self._proofs.delete(connection, SESSIONS, sessions.c.digest == digest)
                self._record(connection, "end_session", f"user {user.name}")
                return True
        return False

    def end_other_sessions(self, user: User, digest: bytes) -> None:
        others = and_(sessions.c.user_id == user.id, sessions.c.digest != self._proofs.digest(digest))
        with self._database.write() as connection:
            self._proofs.delete(connection, SESSIONS, others)
            self._record(connection, "end_sessions", f"user {user.name}: all others")

    def touch_session(self, digest: bytes, now: datetime) -> None:
        with self._database.write() as connection:
            here = sessions.c.digest == self._proofs.digest(digest)
            self._proofs.update(connection, SESSIONS, here, {"seen_at": now})

    def delete_session(self, digest: bytes) -> None:
        with self._database.write() as connection:
            self._proofs.delete(connection, SESSIONS, sessions.c.digest == self._proofs.digest(digest))

    def end_sessions(self, user: User) -> None:
        with self._database.write() as connection:
            self._proofs.delete(connection, SESSIONS, sessions.c.user_id == user.id)
            self._record(connection, "end_sessions", f"user {user.name}")

    def delete_ended_sessions(self, made_before: datetime, seen_before: datetime) -> None:
        ended = or_(sessions.c.created_at <= made_before, sessions.c.seen_at <= seen_before)
        with self._database.write() as connection:
            self._proofs.delete(connection, SESSIONS, ended)

    def _record(self, connection: Connection, operation: str, detail: str) -> None:
        """Record the change in the audit log, in its own transaction."""
        self._journal.record(connection, operation, app_id=None, detail=detail)

    def _create(
        self, connection: Connection, name: str, password_hash: str, invitation: Invitation, now: datetime
    ) -> User:
        values = {
            "name": name,
            "folded_name": _folded(name),
            "password_hash": password_hash,
            "role": invitation.role.value,
            "language": "",
            "theme": "",
            "created_at": now,
            "app_roles": _spelt(invitation.app_roles),
        }
        try:
            with connection.begin_nested():
                [row] = self._proofs.insert(connection, USERS, [values])
        except IntegrityError:
            raise AccountError(AccountErrorCode.NAME_TAKEN) from None
        return _user(row)

    def _change(self, connection: Connection, user: User, **values: Any) -> None:
        if not self._proofs.update(connection, USERS, users.c.id == user.id, values):
            raise AccountError(AccountErrorCode.USER_NOT_FOUND)

    def _set_password(self, connection: Connection, user: User, password_hash: str) -> None:
        self._proofs.delete(connection, INVITATIONS, invitations.c.user_id == user.id)
        self._proofs.delete(connection, SESSIONS, sessions.c.user_id == user.id)
        self._change(connection, user, password_hash=password_hash)

    def _require_other_administrator(self, connection: Connection, user: User) -> None:
        """Check that there is another administrator; others who do wait here. Raises LAST_ADMINISTRATOR."""
        there = self._proofs.lock(connection, USERS, users.c.role == Role.ADMINISTRATOR.value)
        if {row["id"] for row in there} == {user.id}:
            raise AccountError(AccountErrorCode.LAST_ADMINISTRATOR)

    def _invitation(self, connection: Connection, digest: bytes, now: datetime) -> tuple[Invitation, Row] | None:
        """An invitation that has not expired, and its row. Raises INTERNAL if that or its user was altered."""
        here = and_(invitations.c.digest == self._proofs.digest(digest), invitations.c.expires_at > now)
        joined = invitations.outerjoin(users, users.c.id == invitations.c.user_id)
        row = connection.execute(select(invitations, users).select_from(joined).where(here)).one_or_none()
        if row is None:
            return None
        found = self._proofs.require_tag(INVITATIONS, dict(zip(_INVITATION_COLUMNS, row, strict=False)))
        user = dict(zip(_USER_COLUMNS, row[len(_INVITATION_COLUMNS) :], strict=True))
        invited = None if user["id"] is None else _user(self._proofs.require_tag(USERS, user))
        in_apps = _read(found["app_roles"])
        return Invitation(Role(found["role"]), invited, found["expires_at"], in_apps), found


def _id_of(digest: bytes) -> str:
    """The id of a row on pages: enough of the digest to tell it from others, and nothing that lets anybody in."""
    return digest[:8].hex()


def _folded(name: str) -> str:
    """The name with case folded. Characters that a database cannot store become a spelling that no user has."""
    return name.casefold().replace("\0", "\1").encode(errors="backslashreplace").decode()


def _user(row: Row) -> User:
    return User(
        row["id"],
        row["name"],
        Role(row["role"]),
        row["created_at"],
        row["language"],
        row["theme"],
        _read(row["app_roles"]),
    )


def _spelt(roles: AppRoles) -> str:
    """Roles as they are kept, such as `3 operator, 7 door`, in ascending order of the ids of apps."""
    return ", ".join(f"{app_id} {role}" for app_id, role in sorted(roles.items()))


def _read(text: str) -> dict[int, AppRole]:
    """The roles of members by the ids of apps."""
    pairs = (pair.split(" ") for pair in text.split(", ") if pair)
    return {int(app_id): AppRole(role) for app_id, role in pairs}


def _rights(role: Role, app_roles: AppRoles) -> str:
    """The rights of an account in a record, such as `member, operator in apps 3 9, door in apps 7`."""
    apps: dict[AppRole, list[int]] = {}
    for app_id, each in sorted(app_roles.items()):
        apps.setdefault(each, []).append(app_id)
    return ", ".join([role, *(f"{each} in apps {' '.join(map(str, ids))}" for each, ids in apps.items())])
