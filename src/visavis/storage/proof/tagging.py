"""Gives tags and sets to what a version kept that knew of none: once, at the first start of this one.

Faces are tagged in batches, group after group, each batch in a transaction beside which no other process runs
one. A group is done when it has its set of faces, and all is done when the mark is gone; so whoever starts after
a kill, or beside another process, goes on where the work is.

Where there are sets already, only kinds of records that came later are tagged: whoever puts the mark back has
nothing else tagged that they have made.
"""

from __future__ import annotations

import logging
from time import monotonic
from typing import Any

from sqlalchemy import Connection, Table, bindparam, func, select, update

from visavis.storage.database.column_types import Row
from visavis.storage.database.connection import Database
from visavis.storage.database.metadata import delete_metadata, get_metadata
from visavis.storage.database.schema import apps, deletions, faces, groups, invitations, sessions, sets, tombstones
from visavis.storage.proof.face_sets import SEAL_BYTES, no_total, sum_of
from visavis.storage.proof.record_sets import FIRST_KINDS, GROUPS, LATER_KINDS, Kind
from visavis.storage.proof.records import Proofs

logger = logging.getLogger(__name__)

MARK = "rows without tags"
"""The name of the fact that a migration or a first start leaves, and that tagging takes away in the end."""

_BATCH = 2_000
_REPORT_EVERY_S = 5.0
_SEAL = func.substr(faces.c.template, func.length(faces.c.template) - SEAL_BYTES + 1, type_=faces.c.template.type)


def tag_rows(database: Database, proofs: Proofs) -> None:
    """Give every row its tag and every set its sum, if that was not done yet."""
    with database.read() as connection:
        if get_metadata(connection, MARK) is None:
            return
        left = connection.execute(select(func.count()).where(faces.c.tag.is_(None))).scalar_one()
    done, reported = 0, monotonic()
    if left:
        logger.warning("Adding tags to rows, which earlier versions did not have: %d faces.", left)
    while True:
        with database.set_up() as connection:
            count = _tag_some(connection, proofs)
        if count is None:
            break
        done += count
        if monotonic() - reported >= _REPORT_EVERY_S:
            reported = monotonic()
            logger.warning("Tagged %d of %d faces.", done, left)
    if left:
        logger.warning("All rows have tags now.")


def _tag_some(connection: Connection, proofs: Proofs) -> int | None:
    """The next step: of how many faces it was. None when all is done."""
    if get_metadata(connection, MARK) is None:
        return None
    begun = set(connection.scalars(select(sets.c.name).distinct()))
    group_key = None if begun else _next_group(connection)
    if group_key is not None:
        count = _tag_faces(connection, proofs, group_key)
        if not count:
            _seal_group(connection, proofs, group_key)
        return count
    if not begun:
        _finish_first(connection, proofs)
    for kind in (kind for kind in LATER_KINDS if kind.table.name not in begun):
        _begin_set(connection, proofs, kind)
    delete_metadata(connection, MARK)
    return None


def _next_group(connection: Connection) -> int | None:
    """A group that has no set of faces yet."""
    without = select(groups.c.id).where(groups.c.face_set.is_(None))
    return connection.scalar(without.order_by(groups.c.id).limit(1))


def _tag_faces(connection: Connection, proofs: Proofs, group_key: int) -> int:
    """Tag some faces of a group; how many."""
    here = select(faces).where(faces.c.group_id == group_key, faces.c.tag.is_(None)).order_by(faces.c.version)
    return _tag(connection, proofs, faces, connection.execute(here.limit(_BATCH)).mappings().all())


def _seal_group(connection: Connection, proofs: Proofs, group_key: int) -> None:
    """Give a group the set of its faces, and its deletions tags."""
    statement = select(faces.c.version, faces.c.tag, _SEAL).where(faces.c.group_id == group_key)
    total, count = no_total(), 0
    with connection.execute(statement, execution_options={"yield_per": _BATCH}) as rows:
        for batch in rows.partitions():
            total = total + sum_of(proofs.faces.elements(group_key, *zip(*batch, strict=True)))
            count += len(batch)
    gone = connection.execute(select(deletions).where(deletions.c.group_id == group_key)).mappings().all()
    _tag(connection, proofs, deletions, gone)
    version, floor = connection.execute(
        select(groups.c.version, groups.c.floor).where(groups.c.id == group_key)
    ).one()
    sealed = proofs.faces.seal(group_key, version, floor, count, total)
    here = groups.c.id == group_key
    connection.execute(update(groups).where(here).values(face_count=count, face_set=sealed))


def _finish_first(connection: Connection, proofs: Proofs) -> None:
    """Tag what there is little of, and count it in sets."""
    for table in (sessions, invitations):
        for (digest,) in connection.execute(select(table.c.digest)).all():
            kept = proofs.digest(digest)
            connection.execute(update(table).where(table.c.digest == digest).values(digest=kept))
    _tag(connection, proofs, tombstones, connection.execute(select(tombstones)).mappings().all())
    for kind in FIRST_KINDS:
        _begin_set(connection, proofs, kind)
    for owner, count in connection.execute(
        select(apps.c.id, select(func.count()).where(GROUPS.table.c.app_id == apps.c.id).scalar_subquery())
    ).all():
        connection.execute(update(apps).where(apps.c.id == owner).values(group_count=count))


def _begin_set(connection: Connection, proofs: Proofs, kind: Kind) -> None:
    """Tag all records of a kind, and count them in the sets of their owners."""
    table = kind.table
    _tag(connection, proofs, table, connection.execute(select(table)).mappings().all())
    for owner in kind.owners(connection):
        proofs.sets.begin(connection, kind, owner)
        statement = select(table.c.tag)
        if kind.owner is not None:
            statement = statement.where(kind.owner == owner)
        proofs.sets.change(connection, kind, owner, [], connection.scalars(statement).all())


def _tag(connection: Connection, proofs: Proofs, table: Table, rows: Any) -> int:
    """Put the tags of rows into the database; how many."""
    keys = list(table.primary_key)
    change = update(table).where(*(column == bindparam(f"of_{column.name}") for column in keys))

    def tagged(row: Row) -> dict[str, Any]:
        return {"new_tag": proofs.tags.make(table, row), **{f"of_{each.name}": row[each.name] for each in keys}}

    if rows:
        connection.execute(change.values(tag=bindparam("new_tag")), [tagged(row) for row in rows])
    return len(rows)
