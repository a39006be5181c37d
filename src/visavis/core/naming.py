"""Ids for persons who are imported by name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

from visavis.core.bulk import Entry, Result, Skip
from visavis.core.faces import Faces
from visavis.core.persons import Persons, id_for
from visavis.core.ports import Gallery
from visavis.errors import ErrorCode, ServiceError
from visavis.types import Group, Person


@dataclass(frozen=True, slots=True)
class Naming:
    """Gives files the ids of persons, and keeps the names once a face is there."""

    persons: Persons
    group: Group
    _gallery: Gallery
    _fingerprint: Callable[[bytes], bytes]
    """A keyed hash of the group."""
    _kept: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, faces: Faces, persons: Persons, group: Group) -> Naming:
        """The naming for a group, with the storage of `faces`."""
        return cls(persons, group, faces.gallery, faces.gallery.fingerprinter(group))

    def with_ids(self, entries: Sequence[Entry]) -> list[Entry]:
        """The files, each with an id: its own, that of the person of this name, or one that is made of the name.

        Raises INVALID_PARAMETER if a name is that of several persons: nobody but the sender knows which.
        """
        ids = {entry.name: "" for entry in entries if entry.name and not entry.external_image_id}
        for name in ids:
            ids[name] = self._id_of(name)
        return [
            replace(entry, external_image_id=entry.external_image_id or ids[entry.name]) if entry.name else entry
            for entry in entries
        ]

    def in_question(self, entries: Sequence[Entry]) -> list[Person]:
        """People of the group whose names these files have, though they may be somebody else's of the same name.

        A name is no question if the group has the picture of one of its files: an import goes on.
        """
        files: dict[str, list[Entry]] = {}
        for entry in entries:
            if entry.name and not entry.external_image_id:
                files.setdefault(entry.name, []).append(entry)
        known = {name: person for name in files for person in self._known(name)}
        if not known:
            return []
        there = self._gallery.fingerprints(self.group)
        return [
            person
            for name, person in known.items()
            if not any(self._is_present(each, there) for each in files[name])
        ]

    def _known(self, name: str) -> list[Person]:
        return self.persons.named(self.group, name) or self.persons.find(self.group, [self._made_of(name)])

    def _is_present(self, entry: Entry, present: Collection[bytes]) -> bool:
        try:
            return self._fingerprint(entry.read()) in present
        except (OSError, ServiceError):  # the import itself says what is wrong with it
            return False

    def keep_names(self, results: Iterable[Result]) -> None:
        """Keep the names of persons whose first face has come, or was there already.

        A name that somebody has given a person meanwhile stays.
        """
        names = {
            result.entry.external_image_id: result.entry.name
            for result in results
            if result.entry.name and (result.added or result.skipped == Skip.PRESENT)
        }
        new = {person_id: name for person_id, name in names.items() if person_id and person_id not in self._kept}
        there = self.persons.names_of(self.group, list(new))
        for person_id, name in new.items():
            if person_id not in there:
                self._keep(person_id, name)
        self._kept.update(new)

    def _keep(self, person_id: str, name: str) -> None:
        try:
            self.persons.set_name(self.group, person_id, name)
        except ServiceError as error:
            if error.code is not ErrorCode.PERSON_NOT_FOUND:  # its pictures are there, but as somebody else's
                raise

    def _id_of(self, name: str) -> str:
        found = self.persons.named(self.group, name)
        if len(found) > 1:
            ids = ", ".join(person.id for person in found)
            raise ServiceError(
                ErrorCode.INVALID_PARAMETER,
                f"Several persons are called {name}: {ids}. Give the id in a list of files.",
            )
        return found[0].id if found else self._made_of(name)

    def _made_of(self, name: str) -> str:
        return id_for(name, self._fingerprint)
