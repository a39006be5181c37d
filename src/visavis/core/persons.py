"""Persons: who of a group is who. A person is the faces that share an external image id, with an optional name."""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from visavis.core import policy
from visavis.core.groups import Groups
from visavis.core.ports import PersonStore
from visavis.errors import ErrorCode, ServiceError
from visavis.identities import App
from visavis.types import Group, Person

MAX_NAME = 255
"""Characters of a name."""

_AT_ONCE = 500
"""Persons in one query."""

_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
"""The 32 letters and digits of ids that are made. 0, o, 1 and l, which look alike, are not among them."""
_LENGTH = 8
"""Letters and digits of such an id, 40 random bits."""


@dataclass(frozen=True, slots=True)
class Persons:
    """Lists, names, merges and deletes the persons of a group."""

    _store: PersonStore
    groups: Groups

    def slice(self, group: Group, wanted: str, offset: int, limit: int) -> tuple[list[Person], int]:
        """Up to `limit` persons by ascending id, after the first `offset`; and how many match in all.

        `wanted` is part of an id or of a name.
        """
        text = as_kept(wanted)
        return self._store.list_persons(group, text, limit, offset), self._store.count_persons(group, text)

    def all(self, group: Group, wanted: str = "") -> Iterator[Person]:
        """Every person by ascending id. `wanted` is part of an id or of a name."""
        offset, text = 0, as_kept(wanted)
        while found := self._store.list_persons(group, text, _AT_ONCE, offset):
            yield from found
            offset += len(found)

    def require(self, group: Group, person_id: str) -> Person:
        """The person of this id. Raises PERSON_NOT_FOUND."""
        for person in self._store.find_persons(group, [person_id]):
            return person
        raise ServiceError(ErrorCode.PERSON_NOT_FOUND, "There is no person with this id in the group.")

    def find(self, group: Group, ids: Sequence[str]) -> list[Person]:
        """The persons of these ids whom the group has."""
        return self._store.find_persons(group, ids)

    def named(self, group: Group, name: str) -> list[Person]:
        """The persons of exactly this name."""
        return self._store.persons_named(group, as_kept(name))

    def names_of(self, group: Group, ids: Sequence[str]) -> dict[str, str]:
        """The names of those of these persons who have one, by id."""
        return self._store.names_of(group, ids)

    def of_faces(self, group: Group, face_ids: Sequence[str]) -> dict[str, tuple[str, str]]:
        """Id and name, which may be empty, of the persons whose faces these are, by face id."""
        ids = self._store.ids_of_faces(group, face_ids)
        names = self._store.names_of(group, sorted(set(ids.values())))
        return {face_id: (person_id, names.get(person_id, "")) for face_id, person_id in ids.items()}

    def faces_of(self, wanted: str, app: App | None = None, group: str | None = None) -> list[str]:
        """Ids of the faces of persons whose id or name is `wanted`, in all groups or in those given."""
        return self._store.faces_of(as_kept(wanted), None if app is None else app.id, group)

    def set_name(self, group: Group, person_id: str, name: str) -> None:
        """Give a person a name, or take it away with an empty one. Raises PERSON_NOT_FOUND."""
        self._store.set_name(group, person_id, name)

    def change(
        self,
        app: App,
        group_id: str,
        person_id: str,
        *,
        new_id: str | None = None,
        name: str | None = None,
        merge: bool = False,
    ) -> Person:
        """Give a person another id, another name, or both as one act. None changes nothing.

        An empty name takes the name away. With `merge` the id may be another person's: both become one, under the
        name of that person if there is one and `name` is None.

        Raises INVALID_PARAMETER, GROUP_NOT_FOUND, PERSON_NOT_FOUND, PERSON_EXISTS.
        """
        group = self.groups.require(app, group_id)
        kept_name = None if name is None else checked_name(name)
        if new_id is not None and new_id != person_id:
            self._store.move_person(group, person_id, checked_id(new_id), merge=merge, name=kept_name)
            return self.require(group, new_id)
        person = self.require(group, person_id)
        if kept_name is None or kept_name == person.name:
            return person
        self.set_name(group, person_id, kept_name)
        return self.require(group, person_id)

    def delete(self, app: App, group_id: str, person_id: str) -> int:
        """Delete a person with all faces; return how many there were. Raises GROUP_NOT_FOUND, PERSON_NOT_FOUND."""
        return self._store.delete_person(self.groups.require(app, group_id), person_id)


def new_id() -> str:
    """An id for a person whose name cannot be one: short, random, of the form p-7hk2m9qx."""
    return _spelt(secrets.token_bytes(_LENGTH))


def checked_id(person_id: str) -> str:
    """The id, if a person may get it. Raises INVALID_PARAMETER."""
    if policy.is_external_image_id(person_id):
        return person_id
    raise ServiceError(
        ErrorCode.INVALID_PARAMETER,
        "A person's id has 1 to 255 characters from A-Z, a-z, 0-9, '_', '.', '-' and ':'.",
        subject="id",
    )


def id_for(name: str, fingerprint: Callable[[bytes], bytes]) -> str:
    """The id that a name gets in a group, each time the same; nobody finds the name by it.

    `fingerprint` is a keyed hash of the group.
    """
    return _spelt(fingerprint(b"person " + as_kept(name).encode())[:_LENGTH])


def _spelt(random: bytes) -> str:
    # 256 is a multiple of the number of letters, so all are as likely.
    return "p-" + "".join(_LETTERS[each % len(_LETTERS)] for each in random)


def as_kept(name: str) -> str:
    """The one spelling in which a name is stored: NFC, without white space around it."""
    return unicodedata.normalize("NFC", name).strip()


def checked_name(name: str) -> str:
    """The name as it is stored. Raises INVALID_PARAMETER for one that is too long or holds control characters."""
    text = as_kept(name)
    if len(text) > MAX_NAME or not text.isprintable():
        raise ServiceError(
            ErrorCode.INVALID_PARAMETER, f"A name has at most {MAX_NAME} printable characters.", subject="name"
        )
    return text
