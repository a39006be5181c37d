"""Prunes the oldest records of the log, and stores an authenticated mark of the last one that was deleted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select

from visavis.audit_events import AuditHead
from visavis.errors import ErrorCode, ServiceError
from visavis.storage.audit.chain import lock_head
from visavis.storage.audit.journal import Journal
from visavis.storage.audit.record_codec import AuditKeys, pack
from visavis.storage.audit.verify import CUT, read_cut
from visavis.storage.database.connection import Database
from visavis.storage.database.metadata import set_metadata
from visavis.storage.database.schema import audit


def prune(database: Database, keys: AuditKeys, journal: Journal, before: datetime) -> int:
    """Delete the oldest records, up to the first that is not older than `before`; return their number.

    The log records the pruning itself. Raises INTERNAL if the mark of an earlier pruning was altered.
    """
    with database.write() as connection:
        head = lock_head(connection)
        cut = read_cut(connection, keys)
        if head is None or cut is None:
            raise ServiceError(ErrorCode.INTERNAL, "The note of where the log was cut was altered.")
        newer = select(func.min(audit.c.position)).where(audit.c.at >= before)
        keep_from = connection.scalar(newer) or head.position + 1
        last = connection.execute(
            select(audit.c.position, audit.c.link)
            .where(audit.c.position < keep_from)
            .order_by(audit.c.position.desc())
            .limit(1)
        ).one_or_none()
        if last is None:
            return 0
        new = AuditHead(*last)
        connection.execute(delete(audit).where(audit.c.position <= new.position))
        set_metadata(connection, CUT, pack(new) + keys.cut(new))
        removed = new.position - cut.position
        journal.record(connection, "audit_prune", app_id=None, detail=f"{removed} records, up to {new}")
    database.purge_deleted()
    return removed
