"""What searches and lists ask of a group and its faces: each look-up is one statement, in no transaction.

A statement sees one snapshot, so what it gives fits together. What two of them give need not: callers compare
versions, which only grow.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache

from sqlalchemy import bindparam, select

from visavis.storage.database.connection import Database
from visavis.storage.database.direct import DirectStatement
from visavis.storage.database.schema import faces, groups
from visavis.storage.gallery import face_rows, group_rows
from visavis.storage.gallery.face_rows import FACE
from visavis.storage.gallery.group_rows import GroupState
from visavis.storage.proof.records import Proofs
from visavis.types import FaceRecord, Group

_BATCH = 512
_NEVER = datetime(1, 1, 2, tzinfo=UTC)
"""Before every registration: the moment up to which faces of a group without a retention time have expired."""
_ABOVE_ALL = (1 << 63) - 1
"""A sequence that no face has."""

_HERE = faces.c.group_id == bindparam("group")
_THIS = _HERE & (faces.c.face_id == bindparam("face"))
_KEPT = (faces.c.created_at <= bindparam("expired_by")).is_(False)

_STATE = DirectStatement(group_rows.state_beside())
_GROUP_AND_TEMPLATE = DirectStatement(
    group_rows.beside_face(
        faces.c.version,
        faces.c.template,
        faces.c.created_at,
        is_face=(faces.c.group_id == groups.c.id) & (faces.c.face_id == bindparam("face")),
    )
)
_STATE_AND_TEMPLATE = DirectStatement(
    group_rows.state_beside(faces.c.version, faces.c.template).outerjoin_from(groups, faces, _THIS & _KEPT)
)
_VERSION = DirectStatement(select(groups.c.version).where(groups.c.id == bindparam("group")))
_FACE = DirectStatement(select(*FACE).where(_THIS, _KEPT))
_PAGE = DirectStatement(
    select(*FACE)
    .where(_HERE, _KEPT, faces.c.version < bindparam("before"))
    .order_by(faces.c.version.desc())
    .limit(bindparam("limit"))
    .offset(bindparam("offset"))
)


def version(database: Database, group_key: int) -> int | None:
    """The group's version; None if there is no such group."""
    rows = database.fetch(_VERSION, {"group": group_key})
    return rows[0][0] if rows else None


def state(database: Database, proofs: Proofs, group_key: int) -> GroupState | None:
    """The group's state; None if there is no such group. Raises INTERNAL if it was altered."""
    rows = database.fetch(_STATE, {"group": group_key})
    return group_rows.state_in(proofs, group_key, rows[0])[0] if rows else None


def group_and_template(
    database: Database, proofs: Proofs, app_id: int, name: str, face_id: str, now: datetime
) -> tuple[Group, GroupState, tuple[int, bytes] | None] | None:
    """A group, its state, and sequence and template of a face if it has one that has not expired at `now`.

    None if only a longer look can tell what is there. Raises INTERNAL if the state was altered.
    """
    rows = database.fetch(_GROUP_AND_TEMPLATE, {"app": app_id, "name": name, "face": face_id})
    known = group_rows.known_beside_face(proofs, rows)
    if known is None:
        return None
    group, state, (sequence, template, created_at) = known
    expired_by = group.settings.expired_by(now)
    there = sequence is not None and (expired_by is None or created_at > expired_by)
    return group, state, (sequence, template) if there else None


def state_and_template(
    database: Database, proofs: Proofs, group_key: int, face_id: str, expired_by: datetime | None
) -> tuple[GroupState, tuple[int, bytes] | None] | None:
    """The group's state, and sequence and template of a face if it has that; None if there is no such group."""
    values = {"group": group_key, "face": face_id, "expired_by": expired_by or _NEVER}
    rows = database.fetch(_STATE_AND_TEMPLATE, values)
    if not rows:
        return None
    state, [sequence, template] = group_rows.state_in(proofs, group_key, rows[0])
    return state, None if sequence is None else (sequence, template)


def face(
    database: Database, proofs: Proofs, group_key: int, face_id: str, expired_by: datetime | None
) -> FaceRecord | None:
    """One face; None if the group has no such face, or does not exist. Raises INTERNAL if its row was altered."""
    values = {"group": group_key, "face": face_id, "expired_by": expired_by or _NEVER}
    records = face_rows.records_in(proofs, database.fetch(_FACE, values))
    return records[0] if records else None


def page(
    database: Database,
    proofs: Proofs,
    group_key: int,
    before: int | None,
    limit: int,
    offset: int,
    expired_by: datetime | None,
) -> list[FaceRecord]:
    """Faces by descending sequence, below `before`; none if the group does not exist.

    Raises INTERNAL if the row of one was altered.
    """
    below = _ABOVE_ALL if before is None else before
    values = {"group": group_key, "expired_by": expired_by or _NEVER, "before": below}
    return face_rows.records_in(proofs, database.fetch(_PAGE, values | {"limit": limit, "offset": offset}))


def faces_by_sequence(
    database: Database, proofs: Proofs, group_key: int, sequences: Sequence[int]
) -> dict[int, FaceRecord]:
    """The records of these faces, by sequence, where they exist. Raises INTERNAL if the row of one was altered."""
    found: dict[int, FaceRecord] = {}
    for start in range(0, len(sequences), _BATCH):
        few = sequences[start : start + _BATCH]
        room = 1 << (len(few) - 1).bit_length()  # few statements, so that a driver keeps each
        asked = {f"sequence{at}": few[min(at, len(few) - 1)] for at in range(room)}
        rows = database.fetch(_faces_of(room), {"group": group_key, **asked})
        found.update({record.sequence: record for record in face_rows.records_in(proofs, rows)})
    return found


@cache
def _faces_of(count: int) -> DirectStatement:
    wanted = [bindparam(f"sequence{at}", type_=faces.c.version.type) for at in range(count)]
    return DirectStatement(select(*FACE).where(_HERE, faces.c.version.in_(wanted)))
