"""All SQL statements on persons: on the external image ids of faces, and on names of persons."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, Connection, delete, func, insert, literal, or_, select

from visavis.errors import ErrorCode, ServiceError
from visavis.storage.database.chunked import BATCH
from visavis.storage.database.column_types import Label, Row
from visavis.storage.database.schema import faces, groups, persons
from visavis.storage.gallery.face_rows import conditions
from visavis.storage.proof.alteration import altered
from visavis.storage.proof.records import Proofs
from visavis.types import FaceFilter, NewFace


def list_ids(
    connection: Connection, group_key: int, where: FaceFilter, wanted: str, limit: int, offset: int
) -> list[str]:
    """Ids of persons with a face that matches the filter, ascending; `wanted` is part of the id or of the name."""
    statement = (
        select(faces.c.external_image_id)
        .where(*_of_persons(group_key, where, wanted))
        .group_by(faces.c.external_image_id)
        .order_by(faces.c.external_image_id)
    )
    return list(connection.scalars(statement.limit(limit).offset(offset)))


def count_ids(connection: Connection, group_key: int, where: FaceFilter, wanted: str) -> int:
    """How many persons `list_ids` would list without a limit."""
    number = func.count(faces.c.external_image_id.distinct())
    return connection.execute(select(number).where(*_of_persons(group_key, where, wanted))).scalar_one()


def ids_named(connection: Connection, proofs: Proofs, group_key: int, name: str) -> list[str]:
    """The ids of the persons of exactly this name, ascending."""
    here = (persons.c.group_id == group_key, persons.c.name == name)
    rows = connection.execute(select(persons).where(*here).order_by(persons.c.external_image_id)).mappings()
    return [_required(proofs, row)["external_image_id"] for row in rows]


def names_of(connection: Connection, proofs: Proofs, group_key: int, ids: Sequence[str]) -> dict[str, str]:
    """The names of those of these persons who have one. Raises INTERNAL if the row of one was altered."""
    found: dict[str, str] = {}
    for start in range(0, len(ids), BATCH):
        few = persons.c.external_image_id.in_(ids[start : start + BATCH])
        rows = connection.execute(select(persons).where(persons.c.group_id == group_key, few)).mappings()
        found.update({row["external_image_id"]: _required(proofs, row)["name"] for row in rows})
    return found


def all_names(connection: Connection, proofs: Proofs, group_key: int) -> dict[str, str]:
    """The names of all persons of a group who have one, by id. Raises INTERNAL if the row of one was altered."""
    rows = connection.execute(select(persons).where(persons.c.group_id == group_key)).mappings()
    return {row["external_image_id"]: _required(proofs, row)["name"] for row in rows}


def set_name(connection: Connection, proofs: Proofs, group_key: int, person_id: str, name: str) -> None:
    """Give a person a name, or take it away with an empty one."""
    here = (persons.c.group_id == group_key, persons.c.external_image_id == person_id)
    connection.execute(delete(persons).where(*here))
    if name:
        row = {"group_id": group_key, "external_image_id": person_id, "name": name}
        connection.execute(insert(persons).values(**row, tag=proofs.tags.make(persons, row)))


def name_new(connection: Connection, proofs: Proofs, group_key: int, new: Sequence[NewFace]) -> None:
    """Keep the names that come with new faces, of persons who have none."""
    names = {face.external_image_id: face.name for face in new if face.external_image_id and face.name}
    if names:
        for person_id in names.keys() - names_of(connection, proofs, group_key, list(names)).keys():
            set_name(connection, proofs, group_key, person_id, names[person_id])


def require_free(connection: Connection, group_key: int, where: FaceFilter, ids: Collection[str | None]) -> None:
    """Check that no face that matches the filter has one of these external image ids. Raises PERSON_EXISTS."""
    theirs = (*conditions(group_key, where), faces.c.external_image_id.in_(ids))
    if connection.scalar(select(faces.c.id).where(*theirs).limit(1)) is not None:
        raise person_exists()


def person_exists() -> ServiceError:
    return ServiceError(ErrorCode.PERSON_EXISTS, "Another person in the group has this id.")


def forget_names(connection: Connection, group_key: int, ids: Collection[str]) -> None:
    """Delete the names of those of these persons who have no face left."""
    listed = sorted(ids)
    left = select(faces.c.id).where(
        faces.c.group_id == group_key, faces.c.external_image_id == persons.c.external_image_id
    )
    for start in range(0, len(listed), BATCH):
        few = persons.c.external_image_id.in_(listed[start : start + BATCH])
        connection.execute(delete(persons).where(persons.c.group_id == group_key, few, ~left.exists()))


def has_face(connection: Connection, group_key: int, person_id: str) -> bool:
    """Whether the group has a face with this external image id."""
    here = (faces.c.group_id == group_key, faces.c.external_image_id == person_id)
    return connection.scalar(select(faces.c.id).where(*here).limit(1)) is not None


def groups_with(connection: Connection, wanted: str, app_id: int | None, group: str | None) -> list[int]:
    """Keys of the groups with a person of exactly this id or name: of this app and of this name, if given."""
    by_id = select(faces.c.id).where(faces.c.group_id == groups.c.id, faces.c.external_image_id == wanted)
    by_name = select(persons.c.name).where(persons.c.group_id == groups.c.id, persons.c.name == wanted)
    statement = select(groups.c.id).where(or_(by_id.exists(), by_name.exists()))
    if app_id is not None:
        statement = statement.where(groups.c.app_id == app_id)
    if group is not None:
        statement = statement.where(groups.c.name == literal(group, Label))
    return list(connection.scalars(statement.order_by(groups.c.id)))


def _of_persons(group_key: int, where: FaceFilter, wanted: str) -> list[ColumnElement[bool]]:
    found = [*conditions(group_key, where), faces.c.external_image_id.is_not(None)]
    if wanted:
        named = select(persons.c.external_image_id).where(
            persons.c.group_id == group_key, persons.c.name.icontains(wanted, autoescape=True)
        )
        by_id = faces.c.external_image_id.icontains(wanted, autoescape=True)
        found.append(or_(by_id, faces.c.external_image_id.in_(named)))
    return found


def _required(proofs: Proofs, row: Row) -> Row:
    if not proofs.tags.fits(persons, row):
        raise altered(f"The name of the person {row['external_image_id']!r}")
    return row
