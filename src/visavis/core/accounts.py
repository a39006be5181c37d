"""People who use the console: how they get an account, and what can be changed about it."""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import timedelta

from visavis.core import passwords
from visavis.core.ports import AccountStore, Clock
from visavis.errors import AccountError, AccountErrorCode
from visavis.identities import Invitation, OpenInvitation, Role, User

INVITATION_LIFE = timedelta(days=7)
MAX_NAME = 64


@dataclass(frozen=True, slots=True)
class Accounts:
    """Invites people, opens their accounts, changes and deletes them."""

    _store: AccountStore
    clock: Clock

    def invite(self, role: Role, invited_by: str = "") -> str:
        """Create an invitation for one account of this role; return its secret, which is never shown again.

        `invited_by` is the name of a user, and empty for a command.
        """
        return self._invite(role, None, invited_by)

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

    def set_role(self, user: User, role: Role) -> None:
        """Give the user another role. Raises USER_NOT_FOUND, LAST_ADMINISTRATOR."""
        self._store.set_role(user, role)

    def set_preferences(self, user: User, language: str, theme: str) -> None:
        """Set the user's language and theme; an empty string leaves it to the browser. Raises USER_NOT_FOUND."""
        self._store.set_preferences(user, language, theme)

    def delete(self, user: User) -> None:
        """Delete the account with its sessions and invitations. Raises USER_NOT_FOUND, LAST_ADMINISTRATOR."""
        self._store.delete_user(user)

    def _invite(self, role: Role, user: User | None, invited_by: str) -> str:
        secret = secrets.token_urlsafe(32)
        self._store.add_invitation(digest(secret), role, user, self.clock() + INVITATION_LIFE, invited_by)
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
