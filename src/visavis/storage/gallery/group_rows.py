"""All SQL statements on groups, on tombstones of deleted groups, and on the group count of apps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, delete, func, insert, select, update

from visavis.errors import ErrorCode, ServiceError
from visavis.storage.database.chunked import BATCH
from visavis.storage.database.column_types import Row
from visavis.storage.database.connection import Database
from visavis.storage.database.direct import DirectStatement
from visavis.storage.database.schema import apps, faces, groups, tombstones
from visavis.storage.gallery import webhook_rows
from visavis.storage.keys.cipher import WrappedKey
from visavis.storage.proof.alteration import altered
from visavis.storage.proof.face_sets import Total, no_total
from visavis.storage.proof.record_sets import GROUPS, sealed_total
from visavis.storage.proof.records import Proofs
from visavis.types import Group, GroupSettings

_SETTINGS = tuple(field.name for field in fields(GroupSettings))
_STATE = (
    groups.c.version,
    groups.c.floor,
    groups.c.face_count,
    groups.c.model,
    groups.c.wrapped_key,
    groups.c.face_set,
)

# Frequent statements are built once, since building one takes longer than executing it.
_WITH_TOTAL = select(groups, sealed_total(GROUPS, bindparam("app")).label("sealed")).where(
    groups.c.app_id == bindparam("app")
)
_GROUP_BY_NAME = _WITH_TOTAL.where(groups.c.name == bindparam("name"))
_GROUP_AT_ONCE = DirectStatement(_GROUP_BY_NAME)
_GROUPS_AT_ONCE = DirectStatement(_WITH_TOTAL.order_by(groups.c.name).limit(bindparam("limit")))
_GROUP_COLUMNS = [column.name for column in groups.c]
_GROUPS = (
    select(groups).where(groups.c.app_id == bindparam("app")).order_by(groups.c.name).limit(bindparam("limit"))
)
_GROUPS_AFTER = _GROUPS.where(groups.c.name > bindparam("after"))
_CHANGE_OF_STATE = (
    update(groups)
    .where(groups.c.id == bindparam("group"))
    .values({name: bindparam(f"new_{name}") for name in ("version", "floor", "face_count", "face_set")})
)
_VERSION = select(groups.c.version).where(groups.c.id == bindparam("group"))
_STATE_COLUMNS = [column.name for column in _STATE]
_STATE_OF_GROUP = select(*_STATE).where(groups.c.id == bindparam("group"))
_GROUP_TO_CHANGE = select(groups).where(groups.c.id == bindparam("group")).with_for_update()


@dataclass(frozen=True, slots=True)
class GroupState:
    """What changes in a group with its faces and its model, and the wrapped key of its templates."""

    version: int
    floor: int
    face_count: int
    model: str
    wrapped_key: bytes
    faces: Total
    """The set of the group's faces."""

    def with_added(self, count: int, total: Total) -> GroupState:
        """After so many faces have come, worth `total`."""
        return replace(
            self,
            version=self.version + count,
            face_count=self.face_count + count,
            faces=self.faces + total,
        )

    def with_deleted(self, count: int, total: Total, floor: int) -> GroupState:
        """After so many faces have gone, worth `total`; `floor` is what can be followed from then on."""
        return replace(
            self,
            version=self.version + count,
            floor=floor,
            face_count=self.face_count - count,
            faces=self.faces - total,
        )


def lock_app(connection: Connection, app_id: int) -> int | None:
    """The app's group count, locked for this transaction; None if there is no such app."""
    return connection.scalar(select(apps.c.group_count).where(apps.c.id == app_id).with_for_update())


def set_group_count(connection: Connection, app_id: int, count: int) -> None:
    connection.execute(update(apps).where(apps.c.id == app_id).values(group_count=count))


def insert_group(  # noqa: PLR0913 - all that a group is
    connection: Connection,
    proofs: Proofs,
    app_id: int,
    name: str,
    model: str,
    key: WrappedKey,
    *,
    created_at: datetime | None = None,
    settings: GroupSettings | None = None,
) -> Group:
    """Insert a group without faces, by default created now and with the default settings."""
    values = {
        "app_id": app_id,
        "name": name,
        "model": model,
        "wrapped_key": key.wrapped,
        "wrapped_by": key.by,
        "version": 0,
        "floor": 0,
        "face_count": 0,
        "created_at": created_at or datetime.now(UTC),
        **asdict(settings or GroupSettings()),
    }
    [row] = proofs.insert(connection, GROUPS, [values])
    set_group_state(connection, proofs, row["id"], GroupState(0, 0, 0, model, key.wrapped, no_total()))
    return _group(row)


def find_group(connection: Connection, proofs: Proofs, app_id: int, name: str) -> Group | None:
    """Within a write transaction. Raises INTERNAL if its row was altered."""
    row = connection.execute(_GROUP_BY_NAME, {"app": app_id, "name": name}).mappings().one_or_none()
    return None if row is None else _group(proofs.require_tag(GROUPS, row))


def read_group(connection: Connection, proofs: Proofs, app_id: int, name: str) -> Group | None:
    """Within a read transaction. Raises INTERNAL if the row was altered, put in or taken away."""
    row = connection.execute(_GROUP_BY_NAME, {"app": app_id, "name": name}).mappings().one_or_none()
    if row is None:
        _verify_set(connection, proofs, app_id)
        return None
    return _group(proofs.require(connection, GROUPS, row, row["sealed"]))


def list_groups(connection: Connection, proofs: Proofs, app_id: int, after: str | None, limit: int) -> list[Group]:
    """Within a read transaction. Raises INTERNAL if a row was altered, put in or taken away."""
    if after is None:
        _verify_set(connection, proofs, app_id)
        result = connection.execute(_GROUPS, {"app": app_id, "limit": limit})
    else:
        result = connection.execute(_GROUPS_AFTER, {"app": app_id, "limit": limit, "after": after})
    rows = result.mappings().all()
    return [_group(proofs.require(connection, GROUPS, row)) for row in rows]


def known_group(database: Database, proofs: Proofs, app_id: int, name: str) -> Group | None:
    """The group, by one statement; None if only `read_group` can tell what is there."""
    known = _known(proofs, database.fetch(_GROUP_AT_ONCE, {"app": app_id, "name": name}))
    return known[0] if known else None


def known_groups(database: Database, proofs: Proofs, app_id: int, limit: int) -> list[Group] | None:
    """All groups of an app, if fewer than `limit`, by one statement; None if only `list_groups` can tell."""
    found = database.fetch(_GROUPS_AT_ONCE, {"app": app_id, "limit": limit})
    return _known(proofs, found, all_of_them=True) if len(found) < limit else None


def beside_face(*columns: ColumnElement[Any], is_face: ColumnElement[bool]) -> Select[Any]:
    """The group of a name and, beside it, columns of one of its faces if it has that (`known_beside_face`)."""
    owner = groups.c.app_id == bindparam("app")
    asked = select(groups, *columns, sealed_total(GROUPS, bindparam("app"))).outerjoin_from(groups, faces, is_face)
    return asked.where(owner, groups.c.name == bindparam("name"))


def known_beside_face(
    proofs: Proofs, found: Sequence[Sequence[Any]]
) -> tuple[Group, GroupState, Sequence[Any]] | None:
    """What a row of `beside_face` says: the group, its state, the face's columns.

    None if only `read_group` can tell. Raises INTERNAL if the state was altered.
    """
    known = _known(proofs, found)
    if known is None:
        return None
    row = dict(zip(_GROUP_COLUMNS, found[0], strict=False))
    return known[0], _state(proofs, row["id"], row), found[0][len(_GROUP_COLUMNS) : -1]


def _known(proofs: Proofs, found: Sequence[Sequence[Any]], *, all_of_them: bool = False) -> list[Group] | None:
    """Groups beside the sealed total of the set that they are in, if they are known to be genuine, and there."""
    rows = [dict(zip(_GROUP_COLUMNS, row, strict=False)) for row in found]
    if not rows or not proofs.know(GROUPS, rows, found[0][-1], all_of_them=all_of_them):
        return None
    return [_group(row) for row in rows]


def _verify_set(connection: Connection, proofs: Proofs, app_id: int) -> None:
    """Hold the set of an app's groups against its rows. One that was deleted meanwhile has no set."""
    if connection.scalar(select(apps.c.id).where(apps.c.id == app_id)) is not None:
        proofs.sets.verify(connection, GROUPS, app_id)


def models_in_use(connection: Connection) -> dict[str, int]:
    """The number of groups of each recognition model, by ascending name of the model."""
    statement = select(groups.c.model, func.count()).group_by(groups.c.model).order_by(groups.c.model)
    return dict(connection.execute(statement).all())


def set_settings(
    connection: Connection, proofs: Proofs, group_key: int, changes: Mapping[str, object]
) -> Group | None:
    """Set the named columns and return the group; None if there is no such group."""
    here = groups.c.id == group_key
    rows = proofs.update(connection, GROUPS, here, changes) if changes else proofs.lock(connection, GROUPS, here)
    return _group(rows[0]) if rows else None


def groups_with_retention(connection: Connection, proofs: Proofs) -> list[Group]:
    """The groups of all apps that have a retention time; within a read transaction."""
    rows = connection.execute(select(groups).where(groups.c.retention_hours > 0)).mappings().all()
    return [_group(proofs.require(connection, GROUPS, row)) for row in rows]


def settings_of(connection: Connection, proofs: Proofs, group_key: int) -> GroupSettings:
    """The settings of an existing group."""
    row = connection.execute(select(groups).where(groups.c.id == group_key)).mappings().one()
    return _group(proofs.require_tag(GROUPS, row)).settings


def insert_tombstone(connection: Connection, proofs: Proofs, app_id: int, name: str) -> None:
    """Record that there was a group of this name."""
    row = {"app_id": app_id, "name": name, "deleted_at": datetime.now(UTC)}
    connection.execute(insert(tombstones).values(**row, tag=proofs.tags.make(tombstones, row)))


def delete_tombstone(connection: Connection, app_id: int, name: str) -> None:
    connection.execute(delete(tombstones).where(tombstones.c.app_id == app_id, tombstones.c.name == name))


def prune_tombstones(connection: Connection, before: datetime) -> None:
    connection.execute(delete(tombstones).where(tombstones.c.deleted_at < before))


def has_tombstone(connection: Connection, app_id: int, name: str) -> bool:
    statement = select(tombstones.c.name).where(tombstones.c.app_id == app_id, tombstones.c.name == name)
    return connection.scalar(statement) is not None


def delete_group(connection: Connection, proofs: Proofs, group_key: int) -> bool:
    """Delete the group with its webhook and, by cascade, its faces and deletions; return whether it existed."""
    webhook_rows.delete_of(connection, proofs, groups.c.id == group_key)
    return bool(proofs.delete(connection, GROUPS, groups.c.id == group_key))


def group_version(connection: Connection, group_key: int) -> int | None:
    return connection.scalar(_VERSION, {"group": group_key})


def models_of(connection: Connection, group_keys: Sequence[int]) -> dict[int, str]:
    """The recognition model of each of these groups that exists."""
    found: dict[int, str] = {}
    for start in range(0, len(group_keys), BATCH):
        few = groups.c.id.in_(group_keys[start : start + BATCH])
        found.update(connection.execute(select(groups.c.id, groups.c.model).where(few)).all())
    return found


def group_state(connection: Connection, proofs: Proofs, group_key: int) -> GroupState | None:
    """The group's state; None if there is no such group. Raises INTERNAL if it was altered."""
    row = connection.execute(_STATE_OF_GROUP, {"group": group_key}).mappings().one_or_none()
    return None if row is None else _state(proofs, group_key, row)


def state_beside(*columns: ColumnElement[Any]) -> Select[Any]:
    """The state of the `group` and, beside it, what else is asked in the same statement (`state_in`)."""
    return select(*_STATE, *columns).where(groups.c.id == bindparam("group"))


def state_in(proofs: Proofs, group_key: int, row: Sequence[Any]) -> tuple[GroupState, Sequence[Any]]:
    """What a row of `state_beside` says: the state, and the rest. Raises INTERNAL if the state was altered."""
    state = _state(proofs, group_key, dict(zip(_STATE_COLUMNS, row, strict=False)))
    return state, row[len(_STATE_COLUMNS) :]


def lock_group(connection: Connection, proofs: Proofs, group_key: int) -> GroupState | None:
    """The group's state, locked for this transaction; None if there is no such group.

    Raises INTERNAL if its row was altered.
    """
    row = connection.execute(_GROUP_TO_CHANGE, {"group": group_key}).mappings().one_or_none()
    return None if row is None else _state(proofs, group_key, proofs.require_tag(GROUPS, row))


def _state(proofs: Proofs, group_key: int, row: Row) -> GroupState:
    version, floor, face_count = row["version"], row["floor"], row["face_count"]
    total = proofs.faces.open(group_key, version, floor, face_count, row["face_set"])
    if total is None:
        raise altered(f"The stored state of the faces of group number {group_key}")
    return GroupState(version, floor, face_count, row["model"], row["wrapped_key"], total)


def set_group_state(connection: Connection, proofs: Proofs, group_key: int, state: GroupState) -> None:
    """Store the group's state."""
    numbers = {"version": state.version, "floor": state.floor, "face_count": state.face_count}
    face_set = proofs.faces.seal(group_key, **numbers, total=state.faces)
    values = {f"new_{name}": value for name, value in {**numbers, "face_set": face_set}.items()}
    connection.execute(_CHANGE_OF_STATE, {"group": group_key, **values})


def set_model(connection: Connection, proofs: Proofs, group_key: int, model: str, wrapped_key: bytes) -> Group:
    """Set the group's recognition model and its key, wrapped for that model."""
    values = {"model": model, "wrapped_key": wrapped_key}
    [row] = proofs.update(connection, GROUPS, groups.c.id == group_key, values)
    return _group(row)


def _group(row: Row) -> Group:
    settings = GroupSettings(*(row[name] for name in _SETTINGS))
    return Group(
        row["id"], row["app_id"], row["name"], row["model"], row["face_count"], row["created_at"], settings
    )


def group_not_found() -> ServiceError:
    return ServiceError(ErrorCode.GROUP_NOT_FOUND, "There is no group with this id.")
