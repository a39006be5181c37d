"""People who use the console: how they get an account, and what can be changed about it."""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from visavis.core import passwords, permissions
from visavis.core.ports import AccountStore, Clock
from visavis.errors import AccountError, AccountErrorCode
from visavis.identities import App, AppRole, AppRoles, Invitation, OpenInvitation, Role, User

INVITATION_LIFE = timedelta(days=7)
MAX_NAME = 64


@dataclass(frozen=True, slots=True)
class Accounts:
    """Invites people, opens their accounts, changes and deletes them."""

    _store: AccountStore
    clock: Clock

    def invite(self, invited_by: str = "") -> str:
        """Create an invitation for one administrator; return its secret, which is never shown again.

        `invited_by` is the name of a user, and empty for a command.
        """
        return self._invite(Role.ADMINISTRATOR, None, invited_by)

    def invite_member(self, role: AppRole, apps: Sequence[App], invited_by: str = "") -> str:
        """Create an invitation for one member who has this role in these apps, and in no other; return its secret.

        Raises NO_APP if there is none of them.
        """
        if not apps:
            raise AccountError(AccountErrorCode.NO_APP)
        return self._invite(Role.MEMBER, None, invited_by, {app.id: role for app in apps})

    def invite_anew(self, user: User, invited_by: str = "") -> str:
        """Create an invitation that sets a new password of this user once; return its secret."""
        return self._invite(user.role, user, invited_by)

    def open_invitations(self) -> list[OpenInvitation]:
        """The invitations that were not used and have not expired, newest first."""
        return self._store.list_invitations(self.clock())

    def revoke_invitation(self, invitation_id: str) -> None:
        """Delete the invitation of this id. Raises INVITATION_INVALID if there is none."""
        if not self._store.revoke_invitation(invitation_id):
            raise AccountError(AccountErrorCode.INVITATION_INVALID)

    def is_invited(self) -> bool:
        """Whether there is an invitation that still opens a new account."""
        return self._store.has_invitations(self.clock())

    def invitation(self, secret: str) -> Invitation:
        """The invitation that this secret opens. Raises INVITATION_INVALID."""
        found = self._store.find_invitation(digest(secret), self.clock())
        if found is None:
            raise AccountError(AccountErrorCode.INVITATION_INVALID)
        return found

    def accept(self, secret: str, name: str, password: str) -> User:
        """Use the invitation, which ends it. `name` counts for a new account only.

        Raises INVITATION_INVALID, NAME_INVALID, NAME_TAKEN, and the errors of `passwords.check`.
        """
        invitation = self.invitation(secret)
        name = _checked_name(name) if invitation.user is None else invitation.user.name
        passwords.check(password, name)
        return self._store.accept(digest(secret), self.clock(), name, passwords.hashed(password))

    def all(self) -> list[User]:
        """All users by ascending name."""
        return self._store.list_users()

    def require(self, user_id: int) -> User:
        """The user of this id. Raises USER_NOT_FOUND."""
        for user in self.all():
            if user.id == user_id:
                return user
        raise AccountError(AccountErrorCode.USER_NOT_FOUND)

    def require_name(self, name: str) -> User:
        """The user of this name, in any case. Raises USER_NOT_FOUND."""
        found = self._store.find_user(as_kept(name))
        if found is None:
            raise AccountError(AccountErrorCode.USER_NOT_FOUND)
        return found[0]

    def make_administrator(self, user: User) -> None:
        """Let the user do everything. The roles in apps are gone with that. Raises USER_NOT_FOUND."""
        self._store.set_role(user, Role.ADMINISTRATOR)

    def make_member(self, user: User, apps: Sequence[App]) -> None:
        """Let the user do only what roles in apps allow.

        Who had a former role has the nearest one in each of these apps, who was an administrator none.
        Raises USER_NOT_FOUND, LAST_ADMINISTRATOR.
        """
        if user.role is not Role.MEMBER:
            self._store.set_role(user, Role.MEMBER, permissions.nearest(user, apps))

    def set_app_role(self, user: User, app: App, role: AppRole | None, apps: Sequence[App]) -> None:
        """Set the user's role in one app; None takes it away.

        Who had a former role is a member then, with the nearest role in each other of `apps`.
        Raises USER_NOT_FOUND, NOT_A_MEMBER for administrators.
        """
        if user.role in permissions.FORMER:
            self.make_member(user, apps)
        self._store.set_app_role(user, app, role)

    def set_preferences(self, user: User, language: str, theme: str) -> None:
        """Set the user's language and theme; an empty string leaves it to the browser. Raises USER_NOT_FOUND."""
        self._store.set_preferences(user, language, theme)

    def delete(self, user: User) -> None:
        """Delete the account with its sessions and invitations. Raises USER_NOT_FOUND, LAST_ADMINISTRATOR."""
        self._store.delete_user(user)

    def _invite(self, role: Role, user: User | None, invited_by: str, app_roles: AppRoles | None = None) -> str:
        secret = secrets.token_urlsafe(32)
        expires_at = self.clock() + INVITATION_LIFE
        self._store.add_invitation(digest(secret), role, user, expires_at, invited_by, app_roles)
        return secret


def digest(secret: str) -> bytes:
    """The SHA-256 that is stored of a secret. A secret has 256 random bits, so a keyed hash would add nothing."""
    return hashlib.sha256(secret.encode(errors="replace")).digest()


def as_kept(name: str) -> str:
    """The one spelling in which a name is stored: NFKC, without white space around it."""
    return unicodedata.normalize("NFKC", name).strip()


def _checked_name(name: str) -> str:
    text = as_kept(name)
    if not 0 < len(text) <= MAX_NAME or not text.isprintable():
        raise AccountError(AccountErrorCode.NAME_INVALID)
    return text
