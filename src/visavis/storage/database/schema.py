"""The tables for SQLAlchemy Core. The migrations create the same tables; a test compares both."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    false,
    text,
)

from visavis.storage.database.column_types import Id, Label, Name, UtcTime

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

# A column `tag` is the MAC of the row (visavis.storage.proof.row_tags). A row without one was made by somebody
# else, or by a version that knew of none.

meta = Table(
    "meta",
    metadata,
    Column("key", String, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)

apps = Table(
    "apps",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Name, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("group_count", Integer, nullable=False),
    # Names in ascending order, a space between them.
    Column("dialects_off", String, nullable=False, server_default=""),
    # Such as 600/minute.
    Column("rate_limit", String, nullable=False, server_default=""),
    Column("tag", LargeBinary),
    UniqueConstraint("name"),
    sqlite_autoincrement=True,
)

keys = Table(
    "keys",
    metadata,
    Column("id", Id, primary_key=True),
    Column("app_id", Id, ForeignKey(apps.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("kind", String, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("retires_at", UtcTime),
    Column("tag", LargeBinary),
    UniqueConstraint("kind", "hash"),
    sqlite_autoincrement=True,
)

groups = Table(
    "groups",
    metadata,
    Column("id", Id, primary_key=True),
    Column("app_id", Id, ForeignKey(apps.c.id, ondelete="CASCADE"), nullable=False),
    Column("name", Name, nullable=False),
    Column("model", String, nullable=False),
    Column("wrapped_key", LargeBinary, nullable=False),
    # The id of the master key that wrapped it; empty if an old version did, which had no ids.
    Column("wrapped_by", String, nullable=False, server_default=""),
    # Grows by one with every face added or deleted.
    Column("version", Id, nullable=False),
    # Deletions after this version are recorded; an index that is further behind starts over.
    Column("floor", Id, nullable=False),
    Column("face_count", Integer, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    # The defaults are for groups that are older than these columns.
    Column("liveness", Boolean, nullable=False, server_default=false()),
    Column("liveness_threshold", Float, nullable=False, server_default=text("50.0")),
    Column("similarity", Float, nullable=False, server_default=text("90.0")),
    Column("min_quality", Float, nullable=False, server_default=text("0.0")),
    Column("min_comparability", Float, nullable=False, server_default=text("50.0")),
    Column("retention_hours", Integer, nullable=False, server_default=text("0")),
    Column("recognition_event_days", Integer, nullable=False, server_default=text("0")),
    Column("recognition_event_gap_seconds", Integer, nullable=False, server_default=text("60")),
    Column("tag", LargeBinary),
    # The set of its faces, sealed and bound to version, floor and count (visavis.storage.proof.face_sets).
    Column("face_set", LargeBinary),
    UniqueConstraint("app_id", "name"),
    sqlite_autoincrement=True,
)

tombstones = Table(
    "tombstones",
    metadata,
    # A group of this name was deleted, and none has been created since.
    Column("app_id", Id, ForeignKey(apps.c.id, ondelete="CASCADE"), primary_key=True),
    Column("name", Name, primary_key=True),
    Column("deleted_at", UtcTime, nullable=False),
    Column("tag", LargeBinary),
)

faces = Table(
    "faces",
    metadata,
    Column("id", Id, primary_key=True),
    Column("group_id", Id, ForeignKey(groups.c.id, ondelete="CASCADE"), nullable=False),
    # The group's version when the face was added: its `sequence`, by which pages are divided.
    Column("version", Id, nullable=False),
    Column("face_id", Label, nullable=False),
    Column("image_id", Label, nullable=False),
    Column("external_image_id", Label),
    Column("x0", Float, nullable=False),
    Column("y0", Float, nullable=False),
    Column("x1", Float, nullable=False),
    Column("y1", Float, nullable=False),
    Column("detection_score", Float, nullable=False),
    Column("template", LargeBinary, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    # A keyed hash of the picture's file, where it was imported.
    Column("fingerprint", LargeBinary),
    Column("tag", LargeBinary),
    UniqueConstraint("group_id", "face_id"),
    UniqueConstraint("group_id", "version"),
    Index(None, "group_id", "image_id", "version"),
    Index(None, "group_id", "external_image_id", "version"),
    Index(None, "group_id", "created_at"),
    Index(
        "ix_faces_fingerprint",
        "group_id",
        "fingerprint",
        sqlite_where=text("fingerprint IS NOT NULL"),
        postgresql_where=text("fingerprint IS NOT NULL"),
    ),
)

persons = Table(
    "persons",
    metadata,
    # The names of persons who have one: of the faces that share an external image id.
    Column("group_id", Id, ForeignKey(groups.c.id, ondelete="CASCADE"), primary_key=True),
    Column("external_image_id", Label, primary_key=True),
    Column("name", Label, nullable=False),
    Column("tag", LargeBinary, nullable=False),
    Index(None, "group_id", "name"),
)

recognition_events = Table(
    "recognition_events",
    metadata,
    # Who was recognised when. Nothing here is of a stranger.
    Column("id", Id, primary_key=True),
    Column("group_id", Id, ForeignKey(groups.c.id, ondelete="CASCADE"), nullable=False),
    Column("uid", String, nullable=False),
    Column("at", UtcTime, nullable=False),
    # Of `RecognitionKind`.
    Column("kind", String, nullable=False),
    Column("face_id", Label, nullable=False),
    Column("external_image_id", Label),
    Column("similarity", Float, nullable=False),
    Column("liveness", Float),
    Column("asked_by", String, nullable=False),
    # Empty where none was named.
    Column("door", String, nullable=False),
    Column("tag", LargeBinary, nullable=False),
    UniqueConstraint("uid"),
    Index(None, "group_id", "at"),
    Index(None, "group_id", "external_image_id"),
    sqlite_autoincrement=True,
)

stranger_counts = Table(
    "stranger_counts",
    metadata,
    # How many faces were recognised as nobody's, by the day in UTC and the door.
    Column("group_id", Id, ForeignKey(groups.c.id, ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("day", String, primary_key=True),
    Column("door", String, primary_key=True),
    Column("count", Id, nullable=False),
    # When a webhook was last told of one.
    Column("notified_at", UtcTime),
    Column("tag", LargeBinary, nullable=False),
)

webhooks = Table(
    "webhooks",
    metadata,
    # Where a group tells its recognition events. URL and secrets are sealed.
    Column("group_id", Id, ForeignKey(groups.c.id, ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("url", LargeBinary, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    # The secret before the last rotation, and until when it signs too.
    Column("old_secret", LargeBinary),
    Column("old_secret_until", UtcTime),
    Column("created_at", UtcTime, nullable=False),
    # Of `Stop`; empty while it is at work.
    Column("stopped", String, nullable=False),
    # The last attempt, what came of it, and how many deliveries were given up: what people are shown.
    Column("tried_at", UtcTime),
    Column("result", String, nullable=False),
    Column("given_up", Id, nullable=False),
    Column("tag", LargeBinary),
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    # What waits to be delivered. Whom it tells of is in the event alone, and goes with it.
    Column("id", Id, primary_key=True),
    Column("group_id", Id, ForeignKey(groups.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("uid", String, nullable=False),
    # NULL for a stranger.
    Column("event_id", Id, ForeignKey(recognition_events.c.id, ondelete="CASCADE"), index=True),
    Column("at", UtcTime, nullable=False),
    Column("kind", String, nullable=False),
    Column("liveness", Float),
    Column("door", String, nullable=False),
    # Not before this moment; while it is under way, when others may take it for lost.
    Column("due_at", UtcTime, nullable=False, index=True),
    Column("attempts", Integer, nullable=False),
    Column("tag", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)

calibrations = Table(
    "calibrations",
    metadata,
    Column("model", String, primary_key=True),
    # JSON: pairs of cosine and similarity.
    Column("knots", String, nullable=False),
    Column("measured_on", String, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("tag", LargeBinary),
)

deletions = Table(
    "deletions",
    metadata,
    Column("group_id", Id, ForeignKey(groups.c.id, ondelete="CASCADE"), primary_key=True),
    # The group's version when the face with this `sequence` was deleted.
    Column("version", Id, primary_key=True),
    Column("sequence", Id, nullable=False),
    Column("tag", LargeBinary),
)

users = Table(
    "users",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Name, nullable=False),
    # The name with case folded: names that differ only in case are the same.
    Column("folded_name", Name, nullable=False),
    Column("password_hash", String, nullable=False),
    Column("role", String, nullable=False),
    Column("language", String, nullable=False),
    Column("theme", String, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    # Of a member: such as `3 operator, 7 door`, ids of apps in ascending order.
    Column("app_roles", String, nullable=False, server_default=""),
    Column("tag", LargeBinary),
    UniqueConstraint("folded_name"),
    sqlite_autoincrement=True,
)

sessions = Table(
    "sessions",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("user_id", Id, ForeignKey(users.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", UtcTime, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    # Where it was made, and what the browser calls itself; empty where a version did that did not ask.
    Column("address", String, nullable=False, server_default=""),
    Column("browser", String, nullable=False, server_default=""),
    # When the user last proved to be the one.
    Column("proven_at", UtcTime),
    Column("tag", LargeBinary),
)

invitations = Table(
    "invitations",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("role", String, nullable=False),
    Column("user_id", Id, ForeignKey(users.c.id, ondelete="CASCADE"), index=True),
    Column("expires_at", UtcTime, nullable=False),
    # The name of the user; empty for a command.
    Column("invited_by", String, nullable=False, server_default=""),
    # Of the new account, spelt as those of users.
    Column("app_roles", String, nullable=False, server_default=""),
    Column("tag", LargeBinary),
)

second_factors = Table(
    "second_factors",
    metadata,
    Column("user_id", Id, ForeignKey(users.c.id, ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),
    # The step of the last code that was taken (RFC 6238): none is taken twice.
    Column("last_step", BigInteger, nullable=False),
    # How many wrong codes came since the last right one.
    Column("wrong_codes", Integer, nullable=False, server_default=text("0")),
    Column("created_at", UtcTime, nullable=False),
    Column("tag", LargeBinary),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("user_id", Id, ForeignKey(users.c.id, ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, primary_key=True),
    Column("tag", LargeBinary),
)

access_keys = Table(
    "access_keys",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key_id", String, nullable=False),
    Column("name", Name, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    # The secret before the last rotation, and until when it works.
    Column("old_secret", LargeBinary),
    Column("old_secret_until", UtcTime),
    # Ids in ascending order, a space between them; NULL for all.
    Column("apps", String),
    Column("lifetime_seconds", Integer, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("tag", LargeBinary),
    UniqueConstraint("key_id"),
    UniqueConstraint("name"),
    sqlite_autoincrement=True,
)

access_tokens = Table(
    "access_tokens",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("access_key_id", Id, ForeignKey(access_keys.c.id, ondelete="CASCADE"), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False, index=True),
    Column("tag", LargeBinary),
    Index(None, "access_key_id", "created_at"),
)

sets = Table(
    "sets",
    metadata,
    # Which rows of a table there are (visavis.storage.proof.record_sets): of one owner, or of all with owner 0.
    Column("name", String, primary_key=True),
    Column("owner", Id, primary_key=True, autoincrement=False),
    # Grows by one with every change.
    Column("version", Id, nullable=False),
    Column("count", Id, nullable=False),
    # The sum over the rows, sealed and bound to all that is above.
    Column("total", LargeBinary, nullable=False),
)


def _audit_columns(*, chained: bool) -> tuple[Column[Any], ...]:
    return (
        Column("uid", String, primary_key=not chained, nullable=False),
        Column("at", UtcTime, nullable=False),
        Column("actor", String, nullable=False),
        Column("user_name", String),
        # No foreign keys: the log outlives apps and keys.
        Column("app_id", Id),
        Column("app", String),
        Column("key_id", Id),
        Column("address", String),
        Column("request_id", String),
        Column("dialect", String),
        Column("operation", String, nullable=False),
        Column("effect", Integer, nullable=False),
        Column("group_name", String),
        # Ids with spaces between them.
        Column("faces", String),
        Column("detail", String),
        Column("result", String, nullable=False),
        Column("times", Integer, nullable=False),
    )


audit_inbox = Table(
    "audit_inbox",
    metadata,
    # Records that are not in the chain yet, written in the transaction of the change.
    *_audit_columns(chained=False),
    Column("seal", LargeBinary, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("position", Id, primary_key=True, autoincrement=False),
    *_audit_columns(chained=True),
    Column("link", LargeBinary, nullable=False),
    Index(None, "at"),
    Index(None, "app", "position"),
)

key_holders = Table(
    "key_holders",
    metadata,
    # The answers of servers to a rotation: whether they have the new master key.
    Column("holder", String, primary_key=True),
    Column("key_id", String, nullable=False),
    Column("place", String, nullable=False),
    Column("has_it", Boolean, nullable=False),
)

AUDIT_COLUMNS = tuple(column.name for column in _audit_columns(chained=True))
"""Names of the columns that a record consists of."""
