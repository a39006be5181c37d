"""Holds a backup against the database that it replaces: what was deleted in between does not come back unasked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, select

from visavis.audit_events import Actor, ActorKind
from visavis.errors import ServiceError
from visavis.storage.access_keys import delete_key_rows
from visavis.storage.apps import delete_app_rows
from visavis.storage.audit.chain import read_head
from visavis.storage.audit.journal import Journal
from visavis.storage.audit.record_codec import AuditKeys
from visavis.storage.database.chunked import BATCH
from visavis.storage.database.connection import Database, without_traces
from visavis.storage.database.schema import apps, audit, groups
from visavis.storage.gallery import face_rows, group_rows
from visavis.storage.gallery.gallery import record_deletions
from visavis.storage.keys.ring import KeyRing
from visavis.storage.proof.record_sets import (
    ACCESS_KEYS,
    APPS,
    GROUPS,
    INVITATIONS,
    KEYS,
    SESSIONS,
    USERS,
    WEBHOOKS,
    Kind,
)
from visavis.storage.proof.records import Proofs
from visavis.storage.second_factors import delete_second_factor
from visavis.transfer.checking import check_all

_UNKNOWN = "It is not known what was deleted after the backup was made, and it may be there again:"


def delete_again(replaced: Database, restored: Database, keys: KeyRing, report: Callable[[str], None]) -> None:
    """Delete from a restored database what the one that it replaces has no more.

    Numbers of apps, groups, keys and users are never given again, and neither are ids of faces: what the backup
    has and the later database has not was deleted in between. A later one that is not in order is not believed.
    `report` is called with a sentence for each deletion, and for the reason where deletions are not known.
    """
    try:
        with without_traces():
            faults = check_all(replaced, keys, lambda _: None)
            if faults:
                report(f"{_UNKNOWN} the replaced database is not in order. {faults[0]}")
                return
            with replaced.read() as later, restored.write() as connection:
                if not _follows(later, connection):
                    report(f"{_UNKNOWN} the replaced database is not a later state of the backup.")
                    return
                journal = Journal(restored, AuditKeys(keys.derive), Actor(kind=ActorKind.COMMAND))
                deletion = _Deletion(later, connection, keys.proofs, journal, report)
                deletion.records()
                deletion.faces()
    except ServiceError as error:
        report(f"{_UNKNOWN} {error.detail}")
        return
    restored.purge_deleted()


def _follows(later: Connection, earlier: Connection) -> bool:
    """Whether the audit log of the one goes on from the end of the other's."""
    end = read_head(earlier)
    link = later.scalar(select(audit.c.link).where(audit.c.position == end.position))
    return end.position == 0 or link == end.link


class _Deletion:
    """In one transaction on the restored database."""

    def __init__(
        self,
        later: Connection,
        connection: Connection,
        proofs: Proofs,
        journal: Journal,
        report: Callable[[str], None],
    ) -> None:
        self._later = later
        self._connection = connection
        self._proofs = proofs
        self._journal = journal
        self._report = report

    def records(self) -> None:
        """Apps, groups, keys, user access keys, users and what is theirs, invitations and webhooks."""
        for app_id in self._gone(APPS):
            name = self._connection.scalar(select(apps.c.name).where(apps.c.id == app_id))
            delete_app_rows(self._connection, self._proofs, app_id)
            self._record("delete_app", f"the app {name!r}", app_id=app_id, app=name)
        for app_id in self._connection.scalars(select(apps.c.id)).all():
            self._groups_of(app_id)
        for number in self._gone(ACCESS_KEYS):
            for row in delete_key_rows(self._connection, self._proofs, number):
                self._record("delete_again", f"the {ACCESS_KEYS.shown(row)}")
        for user_id in self._gone(USERS):
            # Before the user, since a cascade would leave it in its sets.
            delete_second_factor(self._connection, self._proofs, user_id)
        for kind in (INVITATIONS, KEYS, SESSIONS, USERS, WEBHOOKS):
            gone = self._gone(kind)
            for start in range(0, len(gone), BATCH):
                few = gone[start : start + BATCH]
                for row in self._proofs.delete(self._connection, kind, kind.identity.in_(few)):
                    self._record("delete_again", f"the {kind.shown(row)}", app_id=row.get("app_id"))

    def faces(self) -> None:
        """Delete the faces that were deleted since, in groups that both databases have."""
        for row in self._connection.execute(select(groups.c.id, groups.c.app_id, groups.c.name)).all():
            gone = sorted(self._face_ids(row.id))
            state = group_rows.lock_group(self._connection, self._proofs, row.id) if gone else None
            for start in range(0, len(gone) if state else 0, BATCH):
                few = gone[start : start + BATCH]
                deleted = face_rows.delete_faces(self._connection, self._proofs, row.id, few)
                assert state is not None  # noqa: S101 - no turn without
                state = record_deletions(self._connection, self._proofs, row.id, state, deleted)
                what = f"{len(few)} faces of the group {row.name!r}: {', '.join(few)}"
                self._record("delete_face", what, app_id=row.app_id, group=row.name, faces=few)

    def _face_ids(self, group_key: int) -> set[str]:
        """The ids of the faces that the later database has no more."""
        return face_rows.all_face_ids(self._connection, group_key) - face_rows.all_face_ids(self._later, group_key)

    def _groups_of(self, app_id: int) -> None:
        for group_key in self._gone(GROUPS, app_id):
            name = self._connection.scalar(select(groups.c.name).where(groups.c.id == group_key))
            count = group_rows.lock_app(self._connection, app_id)
            group_rows.delete_group(self._connection, self._proofs, group_key)
            group_rows.set_group_count(self._connection, app_id, (count or 1) - 1)
            self._record("delete_group", f"the group {name!r}", app_id=app_id, group=name)

    def _gone(self, kind: Kind, owner: int = 0) -> list[Any]:
        """What identifies the records that the later database has no more."""
        there = self._proofs.sets.verify(self._connection, kind, owner).tags.keys()
        return sorted(there - self._proofs.sets.verify(self._later, kind, owner).tags.keys())

    def _record(
        self,
        operation: str,
        what: str,
        *,
        app_id: int | None = None,
        app: str | None = None,
        group: str | None = None,
        faces: Sequence[str] = (),
    ) -> None:
        self._report(f"Deleted again: {what}.")
        self._journal.record(
            self._connection,
            operation,
            app_id=app_id,
            app=app,
            group=group,
            faces=tuple(faces),
            detail="deleted again, since a backup had it",
        )
