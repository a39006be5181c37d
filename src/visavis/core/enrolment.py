"""Pictures of persons: one face a picture, the largest, registered as somebody who is said beforehand."""

from __future__ import annotations

from dataclasses import dataclass

from visavis.core import policy
from visavis.core.faces import STRANGER, Added, Faces, Introduction, Registered
from visavis.core.persons import Persons, checked_id, checked_name, new_id
from visavis.errors import ErrorCode, ServiceError
from visavis.identities import App
from visavis.types import Group, ImageSource, Person, Refusal, RequestedAttributes

_WHY = {
    Refusal.POSE: (ErrorCode.FACE_TURNED_AWAY, "The face is turned more than 45 degrees."),
    Refusal.QUALITY: (ErrorCode.LOW_QUALITY, "The quality of the face is below the minimum of the group."),
    Refusal.POOR: (ErrorCode.TOO_POOR, "The face is too poor to be compared."),
}


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A person, and the face that was registered."""

    person: Person
    added: Added


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Registers persons and further pictures of them. A picture without a usable face is an error."""

    faces: Faces
    persons: Persons

    def add_picture(self, app: App, group_id: str, person_id: str, source: ImageSource) -> Enrolled:
        """Register the largest face of a picture as a face of a person whom the group has.

        Raises GROUP_NOT_FOUND, PERSON_NOT_FOUND, FACE_QUOTA_EXCEEDED, NO_FACE, FACE_TURNED_AWAY, TOO_POOR,
        LOW_QUALITY, image errors.
        """
        self.persons.require(self.persons.groups.require(app, group_id), person_id)
        return self._register(app, group_id, person_id, source, STRANGER)

    def add_person(
        self, app: App, group_id: str, source: ImageSource, *, person_id: str, name: str, is_another: bool
    ) -> Enrolled:
        """Register the largest face of a picture as a person whom the group does not have yet.

        Either of id and name may be empty. Without an id, it is the name if that can be one and is free, and a
        random one otherwise. `is_another` says that a person of the same name is somebody else.

        Raises INVALID_PARAMETER, GROUP_NOT_FOUND, PERSON_EXISTS, and what `add_picture` raises for pictures.
        """
        group = self.persons.groups.require(app, group_id)
        kept_name = checked_name(name)
        if not person_id and not kept_name:
            raise ServiceError(ErrorCode.INVALID_PARAMETER, "A person needs an id, a name, or both.", subject="id")
        if person_id and self.persons.find(group, [checked_id(person_id)]):
            raise ServiceError(ErrorCode.PERSON_EXISTS, "Another person in the group has this id.")
        if kept_name and not is_another:
            self._refuse_namesakes(group, kept_name)
        # Somebody else may take the id while the picture is looked at: the registration asks again.
        new = person_id or self._id_for(group, kept_name)
        return self._register(app, group_id, new, source, Introduction(kept_name, is_new=True))

    def _refuse_namesakes(self, group: Group, name: str) -> None:
        there = [*self.persons.named(group, name), *self.persons.find(group, [name])]
        if there:
            ids = ", ".join(sorted({person.id for person in there})[:3])
            raise ServiceError(ErrorCode.PERSON_EXISTS, f"The group already has a person with this name: {ids}.")

    def _id_for(self, group: Group, name: str) -> str:
        is_free = policy.is_external_image_id(name) and not self.persons.find(group, [name])
        return name if is_free else new_id()

    def _register(
        self, app: App, group_id: str, person_id: str, source: ImageSource, introduced: Introduction
    ) -> Enrolled:
        wanted = RequestedAttributes(quality=True)
        done = self.faces.register(app, group_id, source, 1, person_id, wanted, introduced)
        if not done.added:
            raise _why_nobody(done)
        person = self.persons.require(self.persons.groups.require(app, group_id), person_id)
        return Enrolled(person, done.added[0])


def _why_nobody(done: Registered) -> ServiceError:
    for refused in done.not_added:
        if refused.reason in _WHY:
            return ServiceError(*_WHY[refused.reason])
    return ServiceError(ErrorCode.NO_FACE, policy.NO_FACE)
