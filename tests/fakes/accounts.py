"""Users of the console, their sessions and invitations in memory."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from threading import RLock

from tests.fakes.journal import FakeJournal
from visavis.errors import AccountError, AccountErrorCode, ErrorCode, ServiceError
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


@dataclass
class FakeAccountStore:
    """Secrets are known by their digests alone."""

    journal: FakeJournal
    _users: dict[int, tuple[User, str]] = field(default_factory=dict)
    """Each with the hash of the password."""
    _invitations: dict[bytes, Invitation] = field(default_factory=dict)
    _invited_by: dict[bytes, str] = field(default_factory=dict)
    _sessions: dict[bytes, Session] = field(default_factory=dict)
    _places: dict[bytes, tuple[str, str]] = field(default_factory=dict)
    """Address and browser of each session."""
    _numbers: count[int] = field(default_factory=lambda: count(1))
    _lock: RLock = field(default_factory=RLock)

    def list_users(self) -> list[User]:
        return sorted((user for user, _ in self._users.values()), key=lambda user: _folded(user.name))

    def find_user(self, name: str) -> tuple[User, str] | None:
        return next((kept for kept in self._users.values() if _folded(kept[0].name) == _folded(name)), None)

    def set_role(self, user: User, role: Role, app_roles: AppRoles | None = None) -> None:
        with self._lock:
            if role is not Role.ADMINISTRATOR:
                self._require_other_administrator(user)
            now = self._require(user)
            if role is Role.MEMBER and user.role not in {Role.MEMBER, now.role}:
                return
            self._change(replace(now, role=role, app_roles=dict(app_roles or {})))
            self._note("change_role", f"user {user.name}: {_rights(role, app_roles or {})}")

    def set_app_role(self, user: User, app: App, role: AppRole | None) -> None:
        with self._lock:
            known = self._require(user)
            if known.role is not Role.MEMBER:
                raise AccountError(AccountErrorCode.NOT_A_MEMBER)
            others = {app_id: each for app_id, each in known.app_roles.items() if app_id != app.id}
            self._change(replace(known, app_roles=others if role is None else {**others, app.id: role}))
            before = known.app_roles.get(app.id)
            detail = f"user {user.name}: {role or 'none'}, was {before or 'none'}"
            self.journal.record("change_app_role", app_id=app.id, app=app.name, detail=detail)

    def set_password(self, user: User, password_hash: str) -> None:
        with self._lock:
            self._set_password(user, password_hash)
            self._note("change_password", f"user {user.name}")

    def keep_hash(self, user: User, password_hash: str) -> None:
        with self._lock:
            self._users[user.id] = (self._require(user), password_hash)

    def set_preferences(self, user: User, language: str, theme: str) -> None:
        with self._lock:
            self._change(replace(self._require(user), language=language, theme=theme))

    def delete_user(self, user: User) -> None:
        with self._lock:
            self._require_other_administrator(user)
            self._require(user)
            del self._users[user.id]
            self._forget(user)
            self._note("delete_user", f"user {user.name}")

    def add_invitation(
        self,
        digest: bytes,
        role: Role,
        user: User | None,
        expires_at: datetime,
        invited_by: str = "",
        app_roles: AppRoles | None = None,
    ) -> None:
        with self._lock:
            invited = None if user is None else self._require(user)
            self._invited_by[digest] = invited_by
            self._invitations[digest] = Invitation(role, invited, expires_at, dict(app_roles or {}))
            about = f"user {user.name}" if user else f"a new {_rights(role, app_roles or {})}"
            self._note("invite_anew" if user else "invite_user", about)

    def list_invitations(self, now: datetime) -> list[OpenInvitation]:
        found = [
            OpenInvitation(
                _id_of(digest),
                each.role,
                each.user.name if each.user else None,
                self._invited_by[digest],
                each.expires_at,
                each.app_roles,
            )
            for digest, each in self._invitations.items()
            if each.expires_at > now
        ]
        return sorted(found, key=lambda each: each.expires_at, reverse=True)

    def revoke_invitation(self, invitation_id: str) -> bool:
        with self._lock:
            for digest in [each for each in self._invitations if _id_of(each) == invitation_id]:
                del self._invitations[digest]
                self._note("revoke_invitation", f"invitation {invitation_id}")
                return True
            return False

    def find_invitation(self, digest: bytes, now: datetime) -> Invitation | None:
        found = self._invitations.get(digest)
        if found is None or found.expires_at <= now:
            return None
        return found if found.user is None else replace(found, user=self._require(found.user))

    def has_invitations(self, now: datetime) -> bool:
        return any(each.user is None and each.expires_at > now for each in self._invitations.values())

    def accept(self, digest: bytes, now: datetime, name: str, password_hash: str) -> User:
        with self._lock:
            invitation = self.find_invitation(digest, now)
            if invitation is None:
                raise AccountError(AccountErrorCode.INVITATION_INVALID)
            if invitation.user is not None:
                self._set_password(invitation.user, password_hash)
                self._note("set_password", f"user {invitation.user.name}")
                return invitation.user
            if self.find_user(name) is not None:
                raise AccountError(AccountErrorCode.NAME_TAKEN)
            del self._invitations[digest]
            user = User(next(self._numbers), name, invitation.role, now, app_roles=invitation.app_roles)
            self._users[user.id] = (user, password_hash)
            self._note("open_account", f"user {user.name}: {_rights(user.role, user.app_roles)}")
            return user

    def add_session(self, digest: bytes, user: User, now: datetime, address: str = "", browser: str = "") -> None:
        with self._lock:
            if user.id not in self._users:
                raise ServiceError(ErrorCode.INTERNAL, "The database refused.")
            self._sessions[digest] = Session(user, now, now, now)
            self._places[digest] = (address, browser)

    def find_session(self, digest: bytes) -> Session | None:
        found = self._sessions.get(digest)
        return None if found is None else replace(found, user=self._require(found.user))

    def list_sessions(self, user: User, digest: bytes) -> list[SessionRecord]:
        found = [
            SessionRecord(
                _id_of(each), *self._places[each], session.created_at, session.seen_at, is_this=each == digest
            )
            for each, session in self._sessions.items()
            if session.user.id == user.id
        ]
        return sorted(found, key=lambda each: each.seen_at, reverse=True)

    def prove_session(self, digest: bytes, now: datetime) -> None:
        with self._lock:
            if digest in self._sessions:
                self._sessions[digest] = replace(self._sessions[digest], proven_at=now)

    def end_session(self, user: User, session_id: str) -> bool:
        with self._lock:
            mine = [each for each, session in self._sessions.items() if session.user.id == user.id]
            for digest in [each for each in mine if _id_of(each) == session_id]:
                del self._sessions[digest]
                self._note("end_session", f"user {user.name}")
                return True
            return False

    def end_other_sessions(self, user: User, digest: bytes) -> None:
        with self._lock:
            this = self._sessions.get(digest)
            self._end_sessions(user)
            if this is not None:
                self._sessions[digest] = this
            self._note("end_sessions", f"user {user.name}: all others")

    def touch_session(self, digest: bytes, now: datetime) -> None:
        with self._lock:
            if digest in self._sessions:
                self._sessions[digest] = replace(self._sessions[digest], seen_at=now)

    def delete_session(self, digest: bytes) -> None:
        with self._lock:
            self._sessions.pop(digest, None)

    def end_sessions(self, user: User) -> None:
        with self._lock:
            self._end_sessions(user)
            self._note("end_sessions", f"user {user.name}")

    def delete_ended_sessions(self, made_before: datetime, seen_before: datetime) -> None:
        with self._lock:
            self._sessions = {
                digest: session
                for digest, session in self._sessions.items()
                if session.created_at > made_before and session.seen_at > seen_before
            }

    def _require(self, user: User) -> User:
        if user.id not in self._users:
            raise AccountError(AccountErrorCode.USER_NOT_FOUND)
        return self._users[user.id][0]

    def _change(self, user: User) -> None:
        self._users[user.id] = (user, self._users[user.id][1])

    def _set_password(self, user: User, password_hash: str) -> None:
        self._users[user.id] = (self._require(user), password_hash)
        self._forget(user)

    def _forget(self, user: User) -> None:
        self._end_sessions(user)
        kept = self._invitations.items()
        self._invitations = {digest: each for digest, each in kept if each.user is None or each.user.id != user.id}

    def _end_sessions(self, user: User) -> None:
        kept = self._sessions.items()
        self._sessions = {digest: session for digest, session in kept if session.user.id != user.id}

    def _require_other_administrator(self, user: User) -> None:
        administrators = {each.id for each, _ in self._users.values() if each.role is Role.ADMINISTRATOR}
        if administrators == {user.id}:
            raise AccountError(AccountErrorCode.LAST_ADMINISTRATOR)

    def _note(self, operation: str, detail: str) -> None:
        self.journal.record(operation, app_id=None, detail=detail)


def _id_of(digest: bytes) -> str:
    return digest[:8].hex()


def _rights(role: Role, app_roles: AppRoles) -> str:
    texts = [str(role)]
    for each in dict.fromkeys(app_roles[app_id] for app_id in sorted(app_roles)):
        ids = " ".join(str(app_id) for app_id in sorted(app_roles) if app_roles[app_id] is each)
        texts.append(f"{each} in apps {ids}")
    return ", ".join(texts)


def _folded(name: str) -> str:
    return name.casefold()
