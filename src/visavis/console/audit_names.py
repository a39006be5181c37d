"""What is known today about the groups and faces that records of the audit log name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from visavis.audit_events import AuditRecord, Event
from visavis.console.services import ConsoleServices
from visavis.errors import ServiceError

MOST_FACES = 200
"""How many faces of a record names are looked up for, and how many of a person records are looked for by."""


@dataclass(frozen=True, slots=True)
class Names:
    """What is known today about the groups and faces that records name."""

    groups: Mapping[tuple[int | None, str | None], Mapping[str, tuple[str, str]]]
    """Groups that there are, by the number of their app and their id: id and name of the person, by face id.

    Ids of faces are told apart within a group only: an archive brings them along into another.
    """

    @classmethod
    def of(cls, services: ConsoleServices, records: Iterable[AuditRecord]) -> Names:
        faces: dict[tuple[int, str], set[str]] = defaultdict(set)
        for record in records:
            event = record.event
            if event.app_id is not None and event.group:
                faces[event.app_id, event.group].update(event.faces[:MOST_FACES])
        apps = {app.id: app for app in services.apps.all()}
        groups: dict[tuple[int | None, str | None], Mapping[str, tuple[str, str]]] = {}
        for (app_id, name), ids in faces.items():
            # A group that is gone, or goes while it is asked, has no names.
            with suppress(ServiceError, KeyError):
                group = services.groups.require(apps[app_id], name)
                groups[app_id, name] = {}
                groups[app_id, name] = services.persons.of_faces(group, sorted(ids))
        return cls(groups)

    def persons(self, event: Event) -> Mapping[str, tuple[str, str]]:
        """Id and name of the person of each face that a record is about and that is known."""
        return self.groups.get((event.app_id, event.group), {})
