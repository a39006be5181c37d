"""What core needs from the rooms it does not know: pixels, records, downloads, time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol, TypeAlias, TypeVar

from visavis.audit_events import AuditFilter, AuditHead, AuditRecord, Event
from visavis.identities import (
    AccessKey,
    App,
    Caller,
    Invitation,
    KeyKind,
    KeyRecord,
    OpenInvitation,
    Role,
    Session,
    SessionRecord,
    User,
)
from visavis.types import (
    DetectedFace,
    Embedding,
    FaceFilter,
    FaceRecord,
    Group,
    ImageSize,
    NewFace,
    Person,
    Traits,
)

Clock: TypeAlias = Callable[[], datetime]
"""The present moment, timezone-aware, in UTC."""


class Picture(Protocol):
    """A decoded, EXIF-upright picture; only vision looks inside."""

    @property
    def size(self) -> ImageSize: ...

    @property
    def small_faces(self) -> int:
        """How many faces `find` has left out because they are smaller than 60 x 60 px; 0 before."""
        ...


P = TypeVar("P", bound=Picture)


class FaceAnalyzer(Protocol[P]):
    """Pixels to faces."""

    def decode(self, data: bytes) -> AbstractContextManager[P]:
        """Decode a PNG or JPEG, and hold one of the slots for CPU work until the block ends.

        The slots bound memory too: no more pictures are decoded at once than there are slots. Raises
        IMAGE_TOO_LARGE (pixels), IMAGE_TOO_SMALL, UNSUPPORTED_IMAGE_FORMAT, NOT_AN_IMAGE, BROKEN_IMAGE; the last
        also, here and in all other calls, where the picture takes too long or too much.
        """
        ...

    def find(self, picture: P) -> list[DetectedFace]:
        """Faces of at least 60 x 60 px, largest box first, 20 at most, without traits."""
        ...

    def describe(self, picture: P, faces: Sequence[DetectedFace], traits: Traits) -> list[DetectedFace]:
        """The faces in the order given, with the requested traits filled in."""
        ...

    def aligned_liveness(self, picture: P) -> float:
        """Liveness, 0-100, of a picture that is nothing but a face, aligned by its sender."""
        ...

    def embed(self, picture: P, faces: Sequence[DetectedFace], model: str) -> Embedding:
        """One unit vector for each face, float32, shape (len(faces), d), by the named recognition model.

        Raises INTERNAL if that model is missing or damaged.
        """
        ...

    def as_probe(self, embeddings: Embedding, model: str) -> Embedding:
        """Prepare embeddings of the named model, shape (..., d), as probes.

        The dot product of a probe and a stored embedding is their cosine. Raises INTERNAL as `embed` does.
        """
        ...


AnyAnalyzer: TypeAlias = FaceAnalyzer[Any]
"""An analyzer; what its pictures are is its own affair."""


class ImageFetcher(Protocol):
    """Image URL to bytes."""

    def fetch(self, url: str, max_bytes: int) -> bytes:
        """Download a picture's file. Raises INVALID_IMAGE_URL, IMAGE_TIMEOUT, IMAGE_TOO_LARGE (contract.md 13)."""
        ...


class Recipes(Protocol):
    """Recognition models that are made of the same networks."""

    def newer_of(self, model: str) -> str | None:
        """The newest model that embeddings of `model` can be converted to; None if there is no newer one."""
        ...


class Gallery(Protocol):
    """Groups and their faces: durable records, sealed templates, exact search.

    Every write is on disk when its call returns. Reads and searches see all that was acknowledged before, by this
    process or another one. Methods that take a `Group` raise GROUP_NOT_FOUND if it has been deleted since.

    Callers pass embeddings of the `Group`'s model. If the group has moved to another model meanwhile, new faces
    are converted as they are stored; a search, and the reading of a template, raise GroupMoved.
    """

    def create_group(self, app: App, name: str, model: str, quota: int) -> Group:
        """Create a group.

        Raises DUPLICATE_GROUP, GROUP_QUOTA_EXCEEDED (the app has `quota` groups already),
        UNAUTHORIZED (the app has been deleted since).
        """
        ...

    def list_groups(self, app: App, after: str | None, limit: int) -> list[Group]:
        """Up to `limit` groups by ascending name, starting after the name `after`."""
        ...

    def require_group(self, app: App, name: str) -> Group:
        """The group of this name. Raises GROUP_NOT_FOUND; GROUP_DELETED if there was one and it was deleted."""
        ...

    def change_settings(self, group: Group, changes: Mapping[str, object]) -> Group:
        """Change these fields of the group's `GroupSettings`. Changes that others make to other fields stay."""
        ...

    def change_model(self, group: Group, model: str, progress: Callable[[int], None]) -> Group:
        """Give the group another recognition model and convert all its templates, or change nothing at all.

        Nobody can write to the group meanwhile, and searches find it as it was. `progress` is called with the
        number of faces converted since its last call. Raises INVALID_PARAMETER if templates cannot be converted to
        the model.
        """
        ...

    def groups_with_retention(self) -> list[Group]:
        """The groups of all apps that have a retention time."""
        ...

    def delete_group(self, group: Group) -> None:
        """Delete the group, its key and all its faces. Its name and the time are kept for GROUP_DELETED."""
        ...

    def add(self, group: Group, faces: Sequence[NewFace], quota: int) -> list[FaceRecord]:
        """Store as many of `faces`, from the first on, as the group's `quota` leaves room for.

        Atomic, and exact under concurrency. Returns the records of the stored faces. Raises FACE_QUOTA_EXCEEDED if
        there was room for none.
        """
        ...

    def add_unless_there(
        self, group: Group, faces: Sequence[NewFace], quota: int
    ) -> tuple[list[FaceRecord], set[bytes]]:
        """Store the faces of pictures, each with a fingerprint, except of pictures that the group has already.

        Returns the new records, and the fingerprints that the group had before. All faces of a picture are stored
        or none, from the first picture on, as the quota leaves room for.
        """
        ...

    def fingerprinter(self, group: Group) -> Callable[[bytes], bytes]:
        """Makes fingerprints of picture files: equal where the files are, in this group alone."""
        ...

    def fingerprints(self, group: Group) -> set[bytes]:
        """The fingerprints of all imported pictures that still have a face in the group."""
        ...

    def delete_face(self, group: Group, face_id: str) -> None:
        """Delete a face. Raises FACE_NOT_FOUND."""
        ...

    def delete_expired(self, group: Group, limit: int) -> int:
        """Delete up to `limit` faces of the group that have expired, the oldest first; return their number.

        Expired faces that are not deleted yet are hidden from every method that reads.
        """
        ...

    def list_faces(
        self, group: Group, where: FaceFilter, before: int | None, limit: int, offset: int = 0
    ) -> list[FaceRecord]:
        """Up to `limit` records with a `sequence` below `before`, newest first, after the first `offset`."""
        ...

    def count_faces(self, group: Group, where: FaceFilter) -> int:
        """How many records match the filter."""
        ...

    def require_face(self, group: Group, face_id: str) -> FaceRecord:
        """The record of a face. Raises FACE_NOT_FOUND."""
        ...

    def open_template(self, group: Group, face_id: str) -> Embedding:
        """The stored embedding of a face, shape (d,). Raises FACE_NOT_FOUND, GroupMoved."""
        ...

    def search(
        self, group: Group, probe: Embedding, limit: int, min_cosine: float, exclude: str | None = None
    ) -> list[tuple[FaceRecord, float]]:
        """The `limit` faces of highest cosine, at least `min_cosine`, best first, ties newest first.

        Exact. `exclude` names a face id to leave out. Raises GroupMoved.
        """
        ...


class PersonStore(Protocol):
    """The persons of groups: the faces that share an external image id, and their names.

    A person is there as long as there is a face; the name goes with the last one. Methods raise GROUP_NOT_FOUND if
    the group has been deleted since, and PERSON_NOT_FOUND where there is no face of the id. Reading leaves out
    faces that have expired and are not deleted yet.
    """

    def list_persons(self, group: Group, wanted: str, limit: int, offset: int = 0) -> list[Person]:
        """Up to `limit` persons by ascending id, after the first `offset`.

        `wanted` is part of the id or of the name; an empty text is part of all.
        """
        ...

    def count_persons(self, group: Group, wanted: str) -> int:
        """How many persons match."""
        ...

    def find_persons(self, group: Group, ids: Sequence[str]) -> list[Person]:
        """The persons of these ids who are there, in that order."""
        ...

    def persons_named(self, group: Group, name: str) -> list[Person]:
        """The persons of exactly this name, by ascending id."""
        ...

    def names_of(self, group: Group, ids: Sequence[str]) -> dict[str, str]:
        """The names of those of these persons who have one, by id."""
        ...

    def set_name(self, group: Group, person_id: str, name: str) -> None:
        """Give the person a name, or take it away with an empty one."""
        ...

    def move_person(self, group: Group, person_id: str, new_id: str, *, merge: bool) -> None:
        """Give all faces of the person another external image id; the name goes along.

        If there is a person of that id, both become one with `merge`, who keeps the name if there was one; without
        it, raises PERSON_EXISTS. The faces get new sequences.
        """
        ...

    def delete_person(self, group: Group, person_id: str) -> int:
        """Delete all faces of the person, as one act; return their number."""
        ...


class AppStore(Protocol):
    """Apps and the keyed hashes of their keys. The keys themselves are not stored."""

    def create_app(self, name: str, keys: dict[KeyKind, str]) -> App:
        """Create an app with these keys. Raises `ValueError` if the name is taken."""
        ...

    def list_apps(self) -> list[App]:
        """All apps by ascending name."""
        ...

    def find_app(self, name: str) -> App | None:
        """The app of this name; None if there is none."""
        ...

    def change_dialects(self, app: App, change: Callable[[frozenset[str]], frozenset[str]]) -> App:
        """Set which dialects are switched off for the app: what `change` returns for those that are off so far.

        Atomic: no other change happens in between. Names have no spaces. Raises UNAUTHORIZED if the app has been
        deleted since.
        """
        ...

    def set_rate_limit(self, app: App, rate: str) -> App:
        """Set the app's rate limit, such as `600/minute`; "" means no limit.

        Raises UNAUTHORIZED if the app has been deleted since.
        """
        ...

    def list_keys(self, app: App) -> list[KeyRecord]:
        """The app's keys by ascending id, retired ones included."""
        ...

    def delete_keys(self, app: App, ids: Collection[int]) -> None:
        """Delete these keys of the app. They stop working at once, on every node."""
        ...

    def delete_app(self, app: App) -> None:
        """Delete the app with its keys, groups and faces. Does nothing if it has been deleted already."""
        ...

    def add_keys(self, app: App, keys: dict[KeyKind, str], retire_others_at: datetime) -> None:
        """Add keys to the app. Its other keys of the same kinds stop working at `retire_others_at` or before."""
        ...

    def callers(self, credentials: Mapping[KeyKind, str], now: datetime) -> list[Caller | None]:
        """The owner of each key, None for a key that is not valid at `now`. Takes the same time for any keys."""
        ...


class AccessKeyStore(Protocol):
    """User access keys and their tokens. Only keyed hashes of secrets and tokens are stored.

    Methods that take an `AccessKey` and change it raise ACCESS_KEY_NOT_FOUND if it has been revoked since.
    """

    def create_key(
        self, name: str, key_id: str, secret: str, apps: Collection[App] | None, lifetime_seconds: int
    ) -> AccessKey:
        """Raises DUPLICATE_ACCESS_KEY if the name is taken. `apps` None means all."""
        ...

    def list_keys(self) -> list[AccessKey]:
        """All keys by ascending name."""
        ...

    def limit_key(self, key: AccessKey, apps: Collection[App] | None, lifetime_seconds: int) -> AccessKey:
        """Set the apps, None for all, and the lifetime of new tokens. Tokens lose apps at once."""
        ...

    def replace_secret(self, key: AccessKey, secret: str, now: datetime, old_until: datetime) -> None:
        """Set the secret. The one before works until `old_until`; if that is not after `now`, tokens end too."""
        ...

    def delete_key(self, key: AccessKey) -> None:
        """Delete the key and its tokens. They stop working at once, on every node."""
        ...

    def key_of(self, key_id: str, secret: str, now: datetime) -> AccessKey | None:
        """The key with this id and secret. Takes the same time for any secret."""
        ...

    def add_token(self, key: AccessKey, token: str, now: datetime, expires_at: datetime, keep: int) -> None:
        """Add a token. Expired ones of the key are deleted, and the oldest ones if there are more than `keep`."""
        ...

    def holder(self, token: str, now: datetime) -> AccessKey | None:
        """The key that the token was issued to; None if it is unknown, expired or revoked."""
        ...

    def delete_token(self, key: AccessKey, token: str) -> bool:
        """Delete a token of this key, on every node at once; whether there was one."""
        ...

    def delete_expired_tokens(self, now: datetime) -> int:
        """Delete the expired tokens of all keys; return their number."""
        ...


class AuditActing(Protocol):
    """An operation that is running, and its event."""

    @property
    def event(self) -> Event: ...

    @property
    def recorded(self) -> bool:
        """Whether a transaction has recorded the event with the change that it made."""
        ...


class AuditJournal(Protocol):
    """Writes events to the audit log. Stores record their own changes, in the transaction that makes them."""

    def acting(self, event: Event) -> AbstractContextManager[AuditActing]:
        """Record all changes made within the block under this event, also changes made by its threads."""
        ...

    def add(self, event: Event) -> None:
        """Record an event that changed nothing; it is on disk when this returns."""
        ...


class AuditChain(Protocol):
    """The audit log as a chain of records."""

    def advance(self, *, wait: bool = False) -> int:
        """Chain the new records; return their number. Without `wait`, do nothing while another process chains."""
        ...

    def head(self) -> AuditHead:
        """The end of the chain."""
        ...

    def page(self, where: AuditFilter, before: int | None, limit: int) -> list[AuditRecord]:
        """Up to `limit` records that match the filter, with a position below `before`, newest first.

        Includes every record that was acknowledged before the call.
        """
        ...


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

    def set_role(self, user: User, role: Role) -> None: ...

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
        self, digest: bytes, role: Role, user: User | None, expires_at: datetime, invited_by: str = ""
    ) -> None: ...

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
