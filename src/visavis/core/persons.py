"""Persons: who of a group is who. A person is the faces that share an external image id, with an optional name."""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from visavis.core import policy
from visavis.core.groups import Groups
from visavis.core.ports import PersonStore
from visavis.errors import ErrorCode, ServiceError
from visavis.identities import App
from visavis.types import Group, Person

MAX_NAME = 255
"""Characters of a name."""

_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
"""The 32 letters and digits of ids that are made. 0, o, 1 and l, which look alike, are not among them."""
_LENGTH = 8
"""Letters and digits of such an id, 40 random bits."""


@dataclass(frozen=True, slots=True)
class Persons:
    """Lists, names, merges and deletes the persons of a group."""

    store: PersonStore
    groups: Groups

    def slice(self, group: Group, wanted: str, offset: int, limit: int) -> tuple[list[Person], int]:
        """Up to `limit` persons by ascending id, after the first `offset`; and how many match in all.

        `wanted` is part of an id or of a name.
        """
        text = as_kept(wanted)
        return self.store.list_persons(group, text, limit, offset), self.store.count_persons(group, text)

    def require(self, group: Group, person_id: str) -> Person:
        """The person of this id. Raises PERSON_NOT_FOUND."""
        for person in self.store.find_persons(group, [person_id]):
            return person
        raise ServiceError(ErrorCode.PERSON_NOT_FOUND, "There is no person of this id in the group.")

    def find(self, group: Group, ids: Sequence[str]) -> list[Person]:
        """The persons of these ids whom the group has."""
        return self.store.find_persons(group, ids)

    def named(self, group: Group, name: str) -> list[Person]:
        """The persons of exactly this name."""
        return self.store.persons_named(group, as_kept(name))

    def names_of(self, group: Group, ids: Sequence[str]) -> dict[str, str]:
        """The names of those of these persons who have one, by id."""
        return self.store.names_of(group, ids)

    def rename(self, app: App, group_id: str, person_id: str, name: str) -> Person:
        """Give a person a name in any script, or take it away with an empty one.

        Raises INVALID_PARAMETER, GROUP_NOT_FOUND, PERSON_NOT_FOUND.
        """
        group = self.groups.require(app, group_id)
        self.store.set_name(group, person_id, checked_name(name))
        return self.require(group, person_id)

    def change_id(self, app: App, group_id: str, person_id: str, new_id: str, *, merge: bool = False) -> Person:
        """Give a person another id. With `merge` the id may be another person's: both become one.

        Raises INVALID_PARAMETER, GROUP_NOT_FOUND, PERSON_NOT_FOUND, PERSON_EXISTS.
        """
        group = self.groups.require(app, group_id)
        if new_id == person_id:
            return self.require(group, person_id)
        if not policy.is_external_image_id(new_id):
            raise ServiceError(
                ErrorCode.INVALID_PARAMETER,
                "A person's id has 1 to 255 characters out of A-Z, a-z, 0-9, '_', '.', '-' and ':'.",
                subject="id",
            )
        self.store.move_person(group, person_id, new_id, merge=merge)
        return self.require(group, new_id)

    def delete(self, app: App, group_id: str, person_id: str) -> int:
        """Delete a person with all faces; return how many there were. Raises GROUP_NOT_FOUND, PERSON_NOT_FOUND."""
        return self.store.delete_person(self.groups.require(app, group_id), person_id)


def new_id() -> str:
    """An id for a person whose name cannot be one: short, random, of the form p-7hk2m9qx."""
    return _spelt(secrets.token_bytes(_LENGTH))


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
