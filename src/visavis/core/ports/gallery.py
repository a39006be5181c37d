"""Groups with their faces and persons, and who was recognised in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from visavis.identities import (
    App,
)
from visavis.recognition_events import (
    Asked,
    EventFilter,
    Recognised,
    RecognitionEvent,
    RecognitionKind,
    StrangerCount,
)
from visavis.types import (
    Embedding,
    FaceFilter,
    FaceRecord,
    Group,
    NewFace,
    Person,
    Template,
)


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

    def add(
        self, group: Group, faces: Sequence[NewFace], quota: int, *, new_person: bool = False
    ) -> list[FaceRecord]:
        """Store as many of `faces`, from the first on, as the group's `quota` leaves room for.

        Atomic, and exact under concurrency. Returns the records of the stored faces. Raises FACE_QUOTA_EXCEEDED if
        there was room for none; PERSON_EXISTS if they are of a `new_person` whose external image id the group has.
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

    def require_template(self, app: App, name: str, face_id: str) -> tuple[Group, Template]:
        """The group of this name and the template of a face, read together.

        Raises GROUP_NOT_FOUND, GROUP_DELETED, FACE_NOT_FOUND, GroupMoved.
        """
        ...

    def search(
        self, group: Group, probe: Embedding, limit: int, min_cosine: float, exclude: Template | None = None
    ) -> list[tuple[FaceRecord, float]]:
        """The `limit` faces of highest cosine, at least `min_cosine`, best first, ties newest first.

        Exact. `exclude` is a face to leave out, which was read for this search: then the search sees what was
        acknowledged before that. Raises GroupMoved.
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

    def ids_of_faces(self, group: Group, face_ids: Sequence[str]) -> dict[str, str]:
        """The ids of the persons whose faces these are, by face id; without faces of nobody."""
        ...

    def faces_of(self, wanted: str, app_id: int | None = None, group: str | None = None) -> list[str]:
        """Ids of the faces of all persons whose id or name is exactly `wanted`.

        In all groups, or only in those of this app and of this name. Includes faces that have expired.
        """
        ...

    def set_name(self, group: Group, person_id: str, name: str) -> None:
        """Give the person a name, or take it away with an empty one."""
        ...

    def move_person(
        self, group: Group, person_id: str, new_id: str, *, merge: bool, name: str | None = None
    ) -> None:
        """Give all faces of the person another external image id, and `name`; without one, the name goes along.

        If there is a person of that id, both become one with `merge`, who keeps the name if there was one; without
        it, raises PERSON_EXISTS. The faces get new sequences.
        """
        ...

    def delete_person(self, group: Group, person_id: str) -> int:
        """Delete all faces of the person, as one act; return their number."""
        ...


class RecognitionEventStore(Protocol):
    """Who was recognised when, in groups that record it.

    An event goes with the last face of its person, or with its face where that has no person, and when its time is
    over. Reading leaves out what has expired and is not deleted yet.
    """

    def record(
        self, group: Group, kind: RecognitionKind, found: Recognised | None, liveness: float | None, asked: Asked
    ) -> bool:
        """Record that a face was recognised, or count a stranger; return whether the webhook is to be told.

        All is on disk when it returns, what waits for the webhook too. Does nothing if the group does not record
        events now, the face has been deleted since, or the person was seen at the same named door shortly before
        (`recognition_event_gap_seconds`). A stranger is always counted, and the webhook is told of one as rarely.
        """
        ...

    def list_events(
        self, group: Group, where: EventFilter, before: int | None, limit: int
    ) -> list[RecognitionEvent]:
        """Up to `limit` events with a `sequence` below `before`, newest first."""
        ...

    def count_strangers(self, group: Group, where: EventFilter, limit: int) -> list[StrangerCount]:
        """How many strangers there were on the last days, at most `limit` days and doors, newest first."""
        ...

    def delete_expired(self, limit: int) -> int:
        """Delete up to `limit` expired events, and the counts of expired days; how many events."""
        ...
