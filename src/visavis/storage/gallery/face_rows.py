"""All SQL statements on faces."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    ColumnElement,
    Connection,
    CursorResult,
    LargeBinary,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    type_coerce,
    update,
)
from sqlalchemy.types import NullType

from visavis.storage.database.chunked import BATCH, chunked_in
from visavis.storage.database.column_types import Row
from visavis.storage.database.schema import faces, recognition_events
from visavis.storage.proof.alteration import altered
from visavis.storage.proof.face_sets import SEAL_BYTES, Elements, Total, sum_of
from visavis.storage.proof.records import Proofs
from visavis.types import Box, FaceFilter, FaceRecord, NewFace

FACE = (
    faces.c.group_id,
    faces.c.version,
    faces.c.face_id,
    faces.c.image_id,
    faces.c.external_image_id,
    faces.c.x0,
    faces.c.y0,
    faces.c.x1,
    faces.c.y1,
    faces.c.detection_score,
    faces.c.created_at,
    faces.c.fingerprint,
    faces.c.tag,
)
"""The columns of a face's record, and its tag."""
_NAMES = [column.name for column in FACE]
_SEAL = func.substr(faces.c.template, func.length(faces.c.template) - SEAL_BYTES + 1, type_=LargeBinary).label(
    "seal"
)
"""What a sealed template ends with, by which the set of faces knows it."""
# Both drivers give bytes; SQLAlchemy would make bytes of them once more, which is a tenth of loading a group.
_PLAIN_TEMPLATE = type_coerce(faces.c.template, NullType())
_PLAIN_TAG = type_coerce(faces.c.tag, NullType())
_FACES_BY_SEQUENCE = select(*FACE).where(
    faces.c.group_id == bindparam("group"), faces.c.version.in_(bindparam("sequences"))
)

_MOVE_OF_FACE = (
    update(faces)
    .where(faces.c.group_id == bindparam("group"), faces.c.face_id == bindparam("face"))
    .values(version=bindparam("sequence"), external_image_id=bindparam("new_id"), tag=bindparam("new_tag"))
)


@dataclass(frozen=True, slots=True)
class DeletedFaces:
    """What a deletion took out."""

    ids: dict[int, str]
    """Face ids by sequence."""
    total: Total
    """What they were worth in the set of the group's faces."""
    external_image_ids: frozenset[str]
    """The external image ids that they had."""
    beside_events: bool
    """Whether the group has recognition events, which may be of these faces."""


def insert_faces(
    connection: Connection,
    proofs: Proofs,
    group_key: int,
    after: int,
    new: Sequence[NewFace],
    templates: Sequence[bytes],
    times: Sequence[datetime] | None = None,
) -> tuple[list[FaceRecord], Total]:
    """Insert faces with the sequences after `after`; `times` are their registration times, by default now.

    Returns the records, and what they add to the set of the group's faces.
    """
    now = datetime.now(UTC)
    rows: list[dict[str, Any]] = [
        {
            "group_id": group_key,
            "version": version,
            "face_id": face.face_id,
            "image_id": face.image_id,
            "external_image_id": face.external_image_id,
            "x0": face.box.x0,
            "y0": face.box.y0,
            "x1": face.box.x1,
            "y1": face.box.y1,
            "detection_score": face.detection_score,
            "template": template,
            "created_at": now if times is None else times[version - after - 1],
            "fingerprint": face.fingerprint,
        }
        for version, (face, template) in enumerate(zip(new, templates, strict=True), start=after + 1)
    ]
    for row in rows:
        row["tag"] = proofs.tags.make(faces, row)
    if rows:
        connection.execute(insert(faces), rows)
    tags = [row["tag"] for row in rows]
    seals = [template[-SEAL_BYTES:] for template in templates]
    elements = proofs.faces.elements(group_key, range(after + 1, after + 1 + len(rows)), tags, seals)
    return [_record(row) for row in rows], sum_of(elements)


def delete_face(connection: Connection, proofs: Proofs, group_key: int, face_id: str) -> DeletedFaces:
    """Delete a face, if it is there. Raises INTERNAL if its row was altered."""
    return _delete(connection, proofs, group_key, faces.c.face_id == face_id)


def delete_faces(connection: Connection, proofs: Proofs, group_key: int, face_ids: Sequence[str]) -> DeletedFaces:
    """Delete those of some faces that are there. Raises INTERNAL if the row of one was altered."""
    return _delete(connection, proofs, group_key, faces.c.face_id.in_(face_ids))


def delete_oldest_faces(
    connection: Connection, proofs: Proofs, group_key: int, until: datetime, limit: int
) -> DeletedFaces:
    """Delete up to `limit` of the faces registered `until` then. Raises INTERNAL if the row of one was altered."""
    oldest = (
        select(faces.c.id)
        .where(faces.c.group_id == group_key, faces.c.created_at <= until)
        .order_by(faces.c.created_at)
        .limit(limit)
    )
    return _delete(connection, proofs, group_key, faces.c.id.in_(oldest))


def _delete(connection: Connection, proofs: Proofs, group_key: int, which: ColumnElement[bool]) -> DeletedFaces:
    events = exists().where(recognition_events.c.group_id == group_key).label("beside_events")
    statement = delete(faces).where(faces.c.group_id == group_key, which).returning(*FACE, _SEAL, events)
    return _taken_out(proofs, group_key, [_required(proofs, row) for row in _rows(connection.execute(statement))])


def _taken_out(proofs: Proofs, group_key: int, rows: Sequence[Row]) -> DeletedFaces:
    sequences, tags, seals = ([row[name] for row in rows] for name in ("version", "tag", "seal"))
    elements = elements_of(proofs, group_key, sequences, tags, seals)
    external_ids = frozenset(row["external_image_id"] for row in rows) - {None}
    beside_events = any(row.get("beside_events", True) for row in rows)
    ids = {row["version"]: row["face_id"] for row in rows}
    return DeletedFaces(ids, sum_of(elements), external_ids, beside_events)


def delete_faces_of(
    connection: Connection, proofs: Proofs, group_key: int, external_image_id: str
) -> DeletedFaces:
    """Delete the faces of this external image id. Raises INTERNAL if the row of one was altered."""
    return _delete(connection, proofs, group_key, faces.c.external_image_id == external_image_id)


def move_faces(
    connection: Connection, proofs: Proofs, group_key: int, after: int, external_image_id: str, new: str
) -> tuple[DeletedFaces, Total]:
    """Give the faces of an external image id another one, and the sequences after `after`, in their order.

    Returns what they were, and what they add to the set of the group's faces now. Raises INTERNAL if the row of
    one was altered.
    """
    here = (faces.c.group_id == group_key, faces.c.external_image_id == external_image_id)
    statement = select(*FACE, _SEAL).where(*here).order_by(faces.c.version).with_for_update()
    found = [_required(proofs, row) for row in _rows(connection.execute(statement))]
    moved = [
        {**row, "version": version, "external_image_id": new} for version, row in enumerate(found, start=after + 1)
    ]
    tags = [proofs.tags.make(faces, row) for row in moved]
    if moved:
        rows = [
            {"face": row["face_id"], "sequence": row["version"], "new_tag": tag}
            for row, tag in zip(moved, tags, strict=True)
        ]
        connection.execute(_MOVE_OF_FACE, [{"group": group_key, "new_id": new, **row} for row in rows])
    sequences, seals = ([row[name] for row in moved] for name in ("version", "seal"))
    return _taken_out(proofs, group_key, found), sum_of(elements_of(proofs, group_key, sequences, tags, seals))


def elements_of(
    proofs: Proofs,
    group_key: int,
    sequences: Sequence[int] | NDArray[np.int64],
    tags: Sequence[bytes | None],
    seals: Sequence[bytes],
) -> Elements:
    """What faces are worth in the set of their group. Raises INTERNAL if one has no tag, or no sealed template."""
    try:
        return proofs.faces.elements(group_key, sequences, tags, seals)  # type: ignore[arg-type] # which it notices
    except (TypeError, ValueError):
        raise altered(f"A face of group number {group_key}") from None


def list_faces(
    connection: Connection,
    proofs: Proofs,
    group_key: int,
    where: FaceFilter,
    before: int | None,
    limit: int,
    offset: int,
) -> list[FaceRecord]:
    statement = select(*FACE).where(*conditions(group_key, where)).order_by(faces.c.version.desc())
    if before is not None:
        statement = statement.where(faces.c.version < before)
    rows = _rows(connection.execute(statement.limit(limit).offset(offset)))
    return [_record(_required(proofs, row)) for row in rows]


def faces_of(
    connection: Connection,
    proofs: Proofs,
    group_key: int,
    where: FaceFilter,
    values: Sequence[str],
    by: ColumnElement[Any] = faces.c.external_image_id,
) -> list[FaceRecord]:
    """The faces that match the filter, and have one of these external image ids, or values of the column `by`."""
    found: list[FaceRecord] = []
    for start in range(0, len(values), BATCH):
        wanted = by.in_(values[start : start + BATCH])
        rows = _rows(connection.execute(select(*FACE).where(*conditions(group_key, where), wanted)))
        found += [_record(_required(proofs, row)) for row in rows]
    return found


def any_template(connection: Connection, group_key: int) -> tuple[str, bytes] | None:
    """Face id and template of one face of the group, if it has any."""
    statement = select(faces.c.face_id, faces.c.template).where(faces.c.group_id == group_key).limit(1)
    row = connection.execute(statement).one_or_none()
    return None if row is None else (row.face_id, row.template)


def all_face_ids(connection: Connection, group_key: int) -> set[str]:
    return set(connection.scalars(select(faces.c.face_id).where(faces.c.group_id == group_key)))


def existing_face_ids(connection: Connection, group_key: int, wanted: Sequence[str]) -> set[str]:
    """The face ids out of `wanted` that exist in the group."""
    return chunked_in(connection, faces.c.face_id, wanted, faces.c.group_id == group_key)


def faces_with_templates(
    connection: Connection, proofs: Proofs, group_key: int, where: FaceFilter
) -> Generator[Sequence[tuple[FaceRecord, bytes]]]:
    """The faces that match the filter and their templates, oldest first, in batches."""
    statement = select(*FACE, faces.c.template).where(*conditions(group_key, where)).order_by(faces.c.version)
    with connection.execute(statement, execution_options={"yield_per": BATCH}) as rows:
        for batch in rows.mappings().partitions():
            yield [(_record(_required(proofs, row)), row["template"]) for row in batch]


def fingerprints(connection: Connection, group_key: int, where: FaceFilter) -> set[bytes]:
    """The fingerprints of faces that match the filter."""
    statement = select(faces.c.fingerprint).where(*conditions(group_key, where), faces.c.fingerprint.is_not(None))
    return set(connection.scalars(statement.distinct()))


def existing_fingerprints(
    connection: Connection, group_key: int, where: FaceFilter, wanted: Sequence[bytes]
) -> set[bytes]:
    """The fingerprints out of `wanted` that faces which match the filter have."""
    return chunked_in(connection, faces.c.fingerprint, wanted, *conditions(group_key, where))


def count_faces(connection: Connection, group_key: int, where: FaceFilter) -> int:
    statement = select(func.count()).select_from(faces).where(*conditions(group_key, where))
    return connection.execute(statement).scalar_one()


def count_faces_until(connection: Connection, group_key: int, until: datetime) -> int:
    """How many faces of the group were registered at `until` or before."""
    statement = select(func.count()).where(faces.c.group_id == group_key, faces.c.created_at <= until)
    return connection.execute(statement).scalar_one()


def records_in(proofs: Proofs, rows: Sequence[Sequence[Any]]) -> list[FaceRecord]:
    """The records in rows of the columns `FACE`. Raises INTERNAL if one was altered."""
    return [_record(_required(proofs, dict(zip(_NAMES, row, strict=True)))) for row in rows]


def faces_by_sequence(
    connection: Connection, proofs: Proofs, group_key: int, sequences: Sequence[int]
) -> dict[int, FaceRecord]:
    """The records of these faces, by sequence, where they exist. Raises INTERNAL if the row of one was altered."""
    found: dict[int, FaceRecord] = {}
    for start in range(0, len(sequences), BATCH):
        asked = {"group": group_key, "sequences": sequences[start : start + BATCH]}
        rows = _rows(connection.execute(_FACES_BY_SEQUENCE, asked))
        found.update({row["version"]: _record(_required(proofs, row)) for row in rows})
    return found


def templates_after(
    connection: Connection, group_key: int, version: int
) -> Generator[Sequence[tuple[int, str, bytes, bytes | None]]]:
    """(sequence, face id, template, tag) of the faces added after `version`, ascending, in batches."""
    statement = (
        select(faces.c.version, faces.c.face_id, _PLAIN_TEMPLATE, _PLAIN_TAG)
        .where(faces.c.group_id == group_key, faces.c.version > version)
        .order_by(faces.c.version)
    )
    with connection.execute(statement, execution_options={"yield_per": BATCH}) as rows:
        yield from rows.partitions()


def whole_rows(connection: Connection, group_key: int) -> Generator[Sequence[Row]]:
    """All columns of the faces of a group, unverified, by ascending sequence, in batches."""
    statement = select(faces).where(faces.c.group_id == group_key).order_by(faces.c.version)
    with connection.execute(statement, execution_options={"yield_per": BATCH}) as rows:
        yield from rows.mappings().partitions()


def some_templates_after(
    connection: Connection, group_key: int, sequence: int, limit: int
) -> Sequence[tuple[int, str, bytes, bytes | None]]:
    """(sequence, face id, template, tag) of up to `limit` faces above this sequence, ascending."""
    above = (faces.c.group_id == group_key, faces.c.version > sequence)
    statement = select(faces.c.version, faces.c.face_id, faces.c.template, faces.c.tag).where(*above)
    return [tuple(row) for row in connection.execute(statement.order_by(faces.c.version).limit(limit))]


def replace_templates(
    connection: Connection, group_key: int, sequences: Sequence[int], templates: Sequence[bytes]
) -> None:
    """Replace the templates of these faces."""
    of_face = (faces.c.group_id == group_key, faces.c.version == bindparam("sequence"))
    rows = [{"sequence": at, "sealed": template} for at, template in zip(sequences, templates, strict=True)]
    connection.execute(update(faces).where(*of_face).values(template=bindparam("sealed")), rows)


def conditions(group_key: int, where: FaceFilter) -> Iterator[ColumnElement[bool]]:
    """The conditions of a statement on faces: those of the group that match the filter."""
    yield faces.c.group_id == group_key
    if where.face_id is not None:
        yield faces.c.face_id == where.face_id
    if where.image_id is not None:
        yield faces.c.image_id == where.image_id
    if where.external_image_id is not None:
        yield faces.c.external_image_id == where.external_image_id
    if where.label_contains is not None:
        yield faces.c.external_image_id.icontains(where.label_contains, autoescape=True)
    if where.term is not None:
        named = (faces.c.external_image_id, faces.c.face_id)
        yield or_(*(column.icontains(where.term, autoescape=True) for column in named))
    if where.registered_after is not None:
        # Not `>`: SQLite would use the index on the time, and sort all faces for one page.
        yield (faces.c.created_at <= where.registered_after).is_(False)


def _rows(result: CursorResult[Any]) -> Iterator[dict[str, Any]]:
    """Rows whose columns are asked for more than once, by their names."""
    names = list(result.keys())
    return (dict(zip(names, row, strict=True)) for row in result)


def _required(proofs: Proofs, row: Row) -> Row:
    """The row of a face, if it is what was kept. Raises INTERNAL."""
    if not proofs.tags.fits(faces, row):
        raise altered(f"The record of the face {row['face_id']!r}")
    return row


def _record(row: Row) -> FaceRecord:
    return FaceRecord(
        sequence=row["version"],
        face_id=row["face_id"],
        image_id=row["image_id"],
        external_image_id=row["external_image_id"],
        box=Box(row["x0"], row["y0"], row["x1"], row["y1"]),
        detection_score=row["detection_score"],
        created_at=row["created_at"],
    )
