"""All SQL statements on groups, on tombstones of deleted groups, and on the group count of apps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from visavis.errors import ErrorCode, ServiceError
from visavis.storage.database.chunked import BATCH
from visavis.storage.database.schema import apps, groups, tombstones
from visavis.storage.keys.cipher import WrappedKey
from visavis.types import Group, GroupSettings

_GROUP = (
    groups.c.id,
    groups.c.app_id,
    groups.c.name,
    groups.c.model,
    groups.c.face_count,
    groups.c.created_at,
    groups.c.liveness,
    groups.c.liveness_threshold,
    groups.c.similarity,
    groups.c.min_quality,
    groups.c.min_comparability,
    groups.c.retention_hours,
)
_STATE = (groups.c.version, groups.c.floor, groups.c.face_count, groups.c.model, groups.c.wrapped_key)

# Frequent statements are built once, since building one takes longer than executing it.
_GROUP_BY_NAME = select(*_GROUP).where(groups.c.app_id == bindparam("app"), groups.c.name == bindparam("name"))
_GROUPS = (
    select(*_GROUP).where(groups.c.app_id == bindparam("app")).order_by(groups.c.name).limit(bindparam("limit"))
)
_GROUPS_AFTER = _GROUPS.where(groups.c.name > bindparam("after"))
_VERSION = select(groups.c.version).where(groups.c.id == bindparam("group"))
_STATE_OF_GROUP = select(*_STATE).where(groups.c.id == bindparam("group"))
_STATE_TO_CHANGE = _STATE_OF_GROUP.with_for_update()


@dataclass(frozen=True, slots=True)
class GroupState:
    """What changes in a group with its faces and its model, and the wrapped key of its templates."""

    version: int
    floor: int
    face_count: int
    model: str
    wrapped_key: bytes


def lock_app(connection: Connection, app_id: int) -> int | None:
    """The app's group count, locked for this transaction; None if there is no such app."""
    return connection.scalar(select(apps.c.group_count).where(apps.c.id == app_id).with_for_update())


def set_group_count(connection: Connection, app_id: int, count: int) -> None:
    connection.execute(update(apps).where(apps.c.id == app_id).values(group_count=count))


def insert_group(
    connection: Connection,
    app_id: int,
    name: str,
    model: str,
    key: WrappedKey,
    *,
    created_at: datetime | None = None,
    settings: GroupSettings | None = None,
) -> Group:
    """Insert a group without faces, by default created now and with the default settings."""
    statement = insert(groups).values(
        app_id=app_id,
        name=name,
        model=model,
        wrapped_key=key.wrapped,
        wrapped_by=key.by,
        version=0,
        floor=0,
        face_count=0,
        created_at=created_at or datetime.now(UTC),
        **asdict(settings or GroupSettings()),
    )
    return _group(connection.execute(statement.returning(*_GROUP)).one())


def find_group(connection: Connection, app_id: int, name: str) -> Group | None:
    row = connection.execute(_GROUP_BY_NAME, {"app": app_id, "name": name}).one_or_none()
    return None if row is None else _group(row)


def list_groups(connection: Connection, app_id: int, after: str | None, limit: int) -> list[Group]:
    asked = {"app": app_id, "limit": limit}
    if after is None:
        return [_group(row) for row in connection.execute(_GROUPS, asked)]
    return [_group(row) for row in connection.execute(_GROUPS_AFTER, {**asked, "after": after})]


def models_in_use(connection: Connection) -> dict[str, int]:
    """The number of groups of each recognition model, by ascending name of the model."""
    statement = select(groups.c.model, func.count()).group_by(groups.c.model).order_by(groups.c.model)
    return dict(connection.execute(statement).all())


def set_settings(connection: Connection, group_key: int, changes: Mapping[str, object]) -> Group | None:
    """Set the named columns and return the group; None if there is no such group."""
    of_group = groups.c.id == group_key
    change = update(groups).where(of_group).values(changes).returning(*_GROUP)
    row = connection.execute(change if changes else select(*_GROUP).where(of_group)).one_or_none()
    return None if row is None else _group(row)


def groups_with_retention(connection: Connection) -> list[Group]:
    """The groups of all apps that have a retention time."""
    return [_group(row) for row in connection.execute(select(*_GROUP).where(groups.c.retention_hours > 0))]


def settings_of(connection: Connection, group_key: int) -> GroupSettings:
    """The settings of an existing group."""
    return _group(connection.execute(select(*_GROUP).where(groups.c.id == group_key)).one()).settings


def insert_tombstone(connection: Connection, app_id: int, name: str) -> None:
    """Record that there was a group of this name."""
    connection.execute(insert(tombstones).values(app_id=app_id, name=name, deleted_at=datetime.now(UTC)))


def delete_tombstone(connection: Connection, app_id: int, name: str) -> None:
    connection.execute(delete(tombstones).where(tombstones.c.app_id == app_id, tombstones.c.name == name))


def prune_tombstones(connection: Connection, before: datetime) -> None:
    connection.execute(delete(tombstones).where(tombstones.c.deleted_at < before))


def has_tombstone(connection: Connection, app_id: int, name: str) -> bool:
    statement = select(tombstones.c.name).where(tombstones.c.app_id == app_id, tombstones.c.name == name)
    return connection.scalar(statement) is not None


def delete_group(connection: Connection, group_key: int) -> bool:
    """Delete the group and, by cascade, its faces and deletions; return whether it existed."""
    return connection.execute(delete(groups).where(groups.c.id == group_key)).rowcount == 1


def group_version(connection: Connection, group_key: int) -> int | None:
    return connection.scalar(_VERSION, {"group": group_key})


def models_of(connection: Connection, group_keys: Sequence[int]) -> dict[int, str]:
    """The recognition model of each of these groups that exists."""
    found: dict[int, str] = {}
    for start in range(0, len(group_keys), BATCH):
        few = groups.c.id.in_(group_keys[start : start + BATCH])
        found.update(connection.execute(select(groups.c.id, groups.c.model).where(few)).all())
    return found


def group_state(connection: Connection, group_key: int) -> GroupState | None:
    """The group's state; None if there is no such group."""
    row = connection.execute(_STATE_OF_GROUP, {"group": group_key}).one_or_none()
    return None if row is None else GroupState(*row)


def lock_group(connection: Connection, group_key: int) -> GroupState | None:
    """The group's state, locked for this transaction; None if there is no such group."""
    row = connection.execute(_STATE_TO_CHANGE, {"group": group_key}).one_or_none()
    return None if row is None else GroupState(*row)


def set_group_state(connection: Connection, group_key: int, version: int, floor: int, face_count: int) -> None:
    values = {"version": version, "floor": floor, "face_count": face_count}
    connection.execute(update(groups).where(groups.c.id == group_key).values(values))


def set_model(connection: Connection, group_key: int, model: str, wrapped_key: bytes) -> Group:
    """Set the group's recognition model and its key, wrapped for that model."""
    change = update(groups).where(groups.c.id == group_key).values(model=model, wrapped_key=wrapped_key)
    return _group(connection.execute(change.returning(*_GROUP)).one())


def _group(row: Sequence[Any]) -> Group:
    """The group in a row with the columns of `_GROUP`."""
    group_key, app_id, name, model, face_count, created_at, *settings = row
    return Group(group_key, app_id, name, model, face_count, created_at, GroupSettings(*settings))


def group_not_found() -> ServiceError:
    return ServiceError(ErrorCode.GROUP_NOT_FOUND, "There is no group of this id.")
