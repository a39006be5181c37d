"""Users of the console."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

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


class AccountStore(Protocol):
    """The people who may sign in to the console, their sessions and invitations.

    Only digests of the secrets of sessions and invitations are stored. Methods that take a `User` raise
    USER_NOT_FOUND if it has been deleted since, and LAST_ADMINISTRATOR if they would leave no administrator.
    """

    def list_users(self) -> list[User]:
        """All users by ascending name."""
        ...

    def find_user(self, name: str) -> tuple[User, str] | None:
        """The user of this name, upper or lower case, and the hash of the password; None if there is none."""
        ...

    def set_role(self, user: User, role: Role, app_roles: AppRoles | None = None) -> None:
        """Set the role, and the roles in apps in place of all those before; None stands for no app.

        Nobody is made a member who had another role when `user` was read, and has that no more: whoever changed
        it meanwhile has said what roles in apps there are.
        """
        ...

    def set_app_role(self, user: User, app: App, role: AppRole | None) -> None:
        """Set a member's role in one app; None takes it away. Those in other apps stay as they are now.

        Raises NOT_A_MEMBER.
        """
        ...

    def set_password(self, user: User, password_hash: str) -> None:
        """Set the password and end every session and invitation of the user."""
        ...

    def keep_hash(self, user: User, password_hash: str) -> None:
        """Replace the hash by a newer hash of the same password; sessions stay."""
        ...

    def set_preferences(self, user: User, language: str, theme: str) -> None: ...

    def delete_user(self, user: User) -> None:
        """Delete the user with all sessions and invitations."""
        ...

    def add_invitation(
        self,
        digest: bytes,
        role: Role,
        user: User | None,
        expires_at: datetime,
        invited_by: str = "",
        app_roles: AppRoles | None = None,
    ) -> None:
        """Keep an invitation; role and roles in apps are those of the account that it opens, if it opens one."""
        ...

    def list_invitations(self, now: datetime) -> list[OpenInvitation]:
        """The invitations that have not expired, newest first."""
        ...

    def revoke_invitation(self, invitation_id: str) -> bool:
        """Delete the invitation of this id; whether there was one."""
        ...

    def find_invitation(self, digest: bytes, now: datetime) -> Invitation | None: ...

    def has_invitations(self, now: datetime) -> bool:
        """Whether any invitation for a new account has not expired."""
        ...

    def accept(self, digest: bytes, now: datetime, name: str, password_hash: str) -> User:
        """Use an invitation, which ends it: open an account, or set the password of the account it is for.

        Raises INVITATION_INVALID, NAME_TAKEN.
        """
        ...

    def add_session(
        self, digest: bytes, user: User, now: datetime, address: str = "", browser: str = ""
    ) -> None: ...

    def list_sessions(self, user: User, digest: bytes) -> list[SessionRecord]:
        """The one seen last first; `digest` is that of the session that asks."""
        ...

    def prove_session(self, digest: bytes, now: datetime) -> None:
        """Keep when its user has proven to be the one."""
        ...

    def end_session(self, user: User, session_id: str) -> bool:
        """End the user's session of this id; whether there was one."""
        ...

    def end_other_sessions(self, user: User, digest: bytes) -> None:
        """End all sessions of the user but the one of this digest."""
        ...

    def find_session(self, digest: bytes) -> Session | None: ...

    def touch_session(self, digest: bytes, now: datetime) -> None: ...

    def delete_session(self, digest: bytes) -> None: ...

    def end_sessions(self, user: User) -> None: ...

    def delete_ended_sessions(self, made_before: datetime, seen_before: datetime) -> None:
        """Delete the sessions that have ended."""
        ...


class SecondFactorStore(Protocol):
    """The second factors of the console's users. Secrets are kept sealed, recovery codes as keyed hashes."""

    def enrolled(self) -> set[int]:
        """The ids of the users who have one."""
        ...

    def secret_of(self, user: User) -> str | None:
        """The secret that codes are made of; None where there is no second factor."""
        ...

    def enrol(self, user: User, secret: str, step: int, codes: Sequence[str], now: datetime) -> None:
        """Keep a secret, of which the code of this step has been used, and recovery codes."""
        ...

    def renew_codes(self, user: User, codes: Sequence[str]) -> None:
        """Let these be the recovery codes, and no others."""
        ...

    def use_step(self, user: User, step: int) -> bool:
        """Take the code of this step; False if it, or one after it, was taken before."""
        ...

    def use_code(self, user: User, code: str) -> bool:
        """Take a recovery code; False if it is none of the user's, or was taken before."""
        ...

    def wrong_codes(self, user: User) -> int:
        """How many wrong codes came since the last right one, of whichever kind that was."""
        ...

    def count_wrong_code(self, user: User, most: int) -> None:
        """Note that another wrong code came, and record it when there are `most` of them."""
        ...

    def codes_left(self, user: User) -> int:
        """How many recovery codes have not been used."""
        ...

    def remove(self, user: User) -> bool:
        """Forget the second factor and its recovery codes; whether there was one."""
        ...
