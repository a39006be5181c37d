"""What core needs from the rooms it does not know: pixels, records, downloads, time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol, TypeAlias, TypeVar

from visavis.audit_events import AuditFilter, AuditHead, AuditRecord, Event
from visavis.identities import App, Caller, Invitation, KeyKind, KeyRecord, Role, Session, User
from visavis.types import DetectedFace, Embedding, FaceFilter, FaceRecord, Group, ImageSize, NewFace, Traits

Clock: TypeAlias = Callable[[], datetime]
"""The present moment, timezone-aware, in UTC."""


class Picture(Protocol):
    """A decoded, EXIF-upright picture; only vision looks inside."""

    @property
    def size(self) -> ImageSize: ...


P = TypeVar("P", bound=Picture)


class FaceAnalyzer(Protocol[P]):
    """Pixels to faces."""

    def decode(self, data: bytes) -> AbstractContextManager[P]:
        """Decode a PNG or JPEG, and hold one of the places for CPU work until the block ends.

        Raises IMAGE_TOO_LARGE (pixels), IMAGE_TOO_SMALL, UNSUPPORTED_IMAGE_FORMAT, NOT_AN_IMAGE, BROKEN_IMAGE.
        """
        ...

    def find(self, picture: P) -> list[DetectedFace]:
        """Faces of at least 60 x 60 px, largest box first, 20 at most, without traits."""
        ...

    def describe(self, picture: P, faces: Sequence[DetectedFace], traits: Traits) -> list[DetectedFace]:
        """The same faces in the same order, with the traits that are wanted filled in."""
        ...

    def aligned_liveness(self, picture: P) -> float:
        """Liveness, 0-100, of a picture that is nothing but a face, aligned by its sender."""
        ...

    def embed(self, picture: P, faces: Sequence[DetectedFace], model: str) -> Embedding:
        """One unit vector a face, float32, shape (len(faces), d), by the named recognition model."""
        ...

    def as_probe(self, embeddings: Embedding, model: str) -> Embedding:
        """Embeddings of the named model, shape (..., d), as faces that are asked about.

        The dot product of such a one and a stored one is their cosine.
        """
        ...


class ImageFetcher(Protocol):
    """Image URL to bytes."""

    def fetch(self, url: str, max_bytes: int) -> bytes:
        """Raises INVALID_IMAGE_URL, IMAGE_TIMEOUT, IMAGE_TOO_LARGE (contract.md 13)."""
        ...


class Recipes(Protocol):
    """Recognition models that are made of the same networks."""

    def newer_of(self, model: str) -> str | None:
        """The newest that embeddings of this one can be brought to; None where there is no newer one."""
        ...


class Gallery(Protocol):
    """Groups and their faces: durable records, sealed templates, exact search.

    Every write is on disk when its call returns. Reads and searches see all that was acknowledged before, by this
    process or another one. Methods that take a `Group` raise GROUP_NOT_FOUND if it has been deleted since.

    Embeddings that are given are those of the `Group`'s model. If the group has another one by now, faces are
    converted as they are stored; a search, and the reading of a template, raise GroupMoved.
    """

    def create_group(self, app: App, name: str, model: str, quota: int) -> Group:
        """Raises DUPLICATE_GROUP, GROUP_QUOTA_EXCEEDED (the app has `quota` groups already)."""
        ...

    def list_groups(self, app: App, after: str | None, limit: int) -> list[Group]:
        """Up to `limit` groups by ascending name, those after the name `after`."""
        ...

    def require_group(self, app: App, name: str) -> Group:
        """Raises GROUP_NOT_FOUND; GROUP_DELETED if there was one of this name and it is gone."""
        ...

    def change_settings(self, group: Group, changes: Mapping[str, Any]) -> Group:
        """The group with these fields of its `GroupSettings` changed, and no others, whoever else changes some."""
        ...

    def change_model(self, group: Group, model: str, progress: Callable[[int], None]) -> Group:
        """The group with another recognition model, all its templates converted, or nothing changed at all.

        `progress` is told how many faces more are done. Raises INVALID_PARAMETER where no conversion leads there.
        """
        ...

    def groups_with_retention(self) -> list[Group]:
        """The groups of all apps whose faces have an end."""
        ...

    def delete_group(self, group: Group) -> None:
        """Delete the group, its key and all its faces."""
        ...

    def add(self, group: Group, faces: Sequence[NewFace], quota: int) -> list[FaceRecord]:
        """Store as many of `faces`, from the first on, as the group's `quota` leaves room for.

        Atomic, and exact under concurrency. Returns the records of those stored; raises FACE_QUOTA_EXCEEDED when
        there was room for none.
        """
        ...

    def add_unless_there(
        self, group: Group, faces: Sequence[NewFace], quota: int
    ) -> tuple[list[FaceRecord], set[bytes]]:
        """Store the faces of pictures, each with a fingerprint, but not of those that the group has already.

        Returns the records, and the fingerprints that were there before. Pictures are stored whole, from the first
        on, as the quota leaves room for.
        """
        ...

    def fingerprinter(self, group: Group) -> Callable[[bytes], bytes]:
        """Makes fingerprints of picture files: equal where the files are, in this group alone."""
        ...

    def fingerprints(self, group: Group) -> set[bytes]:
        """Of all pictures that were imported and have a face in the group."""
        ...

    def delete_face(self, group: Group, face_id: str) -> None:
        """Raises FACE_NOT_FOUND."""
        ...

    def delete_expired(self, group: Group, limit: int) -> int:
        """Delete up to `limit` faces that the group has kept as long as it may; how many they were.

        Those that are still there are not found by any of what follows.
        """
        ...

    def list_faces(
        self, group: Group, where: FaceFilter, before: int | None, limit: int, offset: int = 0
    ) -> list[FaceRecord]:
        """Up to `limit` records, newest first, those with a `sequence` below `before`, but the first `offset`."""
        ...

    def count_faces(self, group: Group, where: FaceFilter) -> int:
        """How many records agree with the filter."""
        ...

    def require_face(self, group: Group, face_id: str) -> FaceRecord:
        """Raises FACE_NOT_FOUND."""
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


class AppStore(Protocol):
    """Apps and the keyed hashes of their keys. No key is kept in the clear."""

    def create_app(self, name: str, keys: dict[KeyKind, str]) -> App:
        """Raises `ValueError` if the name is taken."""
        ...

    def list_apps(self) -> list[App]: ...

    def find_app(self, name: str) -> App | None: ...

    def change_dialects(self, app: App, change: Callable[[frozenset[str]], frozenset[str]]) -> App:
        """The app, which from now on does not speak what `change` makes of the dialects it has not spoken so far.

        Nobody else changes them between.
        """
        ...

    def set_rate_limit(self, app: App, rate: str) -> App:
        """The app, which from now on may send this many requests; "" means any number."""
        ...

    def list_keys(self, app: App) -> list[KeyRecord]:
        """By ascending id, those that have retired included."""
        ...

    def delete_keys(self, app: App, ids: Collection[int]) -> None:
        """Delete these keys of the app: nobody is let in by them from now on, on no node."""
        ...

    def delete_app(self, app: App) -> None:
        """Delete the app with its keys, groups and faces."""
        ...

    def add_keys(self, app: App, keys: dict[KeyKind, str], retire_others_at: datetime) -> None:
        """Add keys; those the app had stop working at `retire_others_at`."""
        ...

    def callers(self, credentials: Mapping[KeyKind, str], now: datetime) -> list[Caller | None]:
        """Who owns each key, if that is valid at `now`. Takes the same time whatever the keys."""
        ...


class AuditActing(Protocol):
    """An event that is under way."""

    @property
    def event(self) -> Event: ...

    @property
    def recorded(self) -> bool:
        """Whether a transaction that made a change carries its record."""
        ...


class AuditJournal(Protocol):
    """How events get into the audit log. Stores record their own changes, in the transaction that makes them."""

    def acting(self, event: Event) -> AbstractContextManager[AuditActing]:
        """Let all changes until the block ends be put down to this event, also those that its threads make."""
        ...

    def add(self, event: Event) -> None:
        """Record an event that changed nothing; it is on disk when this returns."""
        ...


class AuditChain(Protocol):
    """The audit log in its order."""

    def advance(self, *, wait: bool = False) -> int:
        """Chain the records that are not in their order yet; how many. Without `wait`, unless another is at it."""
        ...

    def head(self) -> AuditHead:
        """The end of the chain."""
        ...

    def page(self, where: AuditFilter, before: int | None, limit: int) -> list[AuditRecord]:
        """Up to `limit` records that agree with the filter, newest first, those with a position below `before`.

        All that was acknowledged before is in it.
        """
        ...


class AccountStore(Protocol):
    """The people who may sign in to the console, their sessions and invitations.

    Sessions and invitations are known by the digests of their secrets alone. Methods that take a `User` raise
    USER_NOT_FOUND if it has been deleted since; those that would leave no administrator raise LAST_ADMINISTRATOR.
    """

    def list_users(self) -> list[User]:
        """By ascending name."""
        ...

    def find_user(self, name: str) -> tuple[User, str] | None:
        """The user of this name, in any case, and the hash of the password."""
        ...

    def set_role(self, user: User, role: Role) -> None: ...

    def set_password(self, user: User, password_hash: str) -> None:
        """Set the password and end every session and invitation of the user."""
        ...

    def keep_hash(self, user: User, password_hash: str) -> None:
        """Another hash of the same password."""
        ...

    def set_preferences(self, user: User, language: str, theme: str) -> None: ...

    def delete_user(self, user: User) -> None:
        """Delete the user with all sessions and invitations."""
        ...

    def add_invitation(self, digest: bytes, role: Role, user: User | None, expires_at: datetime) -> None: ...

    def find_invitation(self, digest: bytes, now: datetime) -> Invitation | None: ...

    def has_invitations(self, now: datetime) -> bool:
        """Whether any invitation for a new account has not expired."""
        ...

    def accept(self, digest: bytes, now: datetime, name: str, password_hash: str) -> User:
        """Use an invitation up: open the account, or set the password of the one that it is for.

        Raises INVITATION_INVALID, NAME_TAKEN.
        """
        ...

    def add_session(self, digest: bytes, user: User, now: datetime) -> None: ...

    def find_session(self, digest: bytes) -> Session | None: ...

    def touch_session(self, digest: bytes, now: datetime) -> None: ...

    def delete_session(self, digest: bytes) -> None: ...

    def end_sessions(self, user: User) -> None: ...

    def forget_sessions(self, made_before: datetime, seen_before: datetime) -> None:
        """Delete the sessions that have ended."""
        ...
