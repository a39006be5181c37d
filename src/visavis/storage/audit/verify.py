"""Verifies the chain of the audit log."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, func, select

from visavis.audit_events import AuditHead
from visavis.storage.audit.chain import read_head
from visavis.storage.audit.record_codec import GENESIS, AuditKeys, unpack
from visavis.storage.database.connection import Database
from visavis.storage.database.metadata import get_metadata
from visavis.storage.database.schema import AUDIT_COLUMNS, audit, audit_inbox

CUT = "audit cut"
"""The key of `meta` for the last record that was pruned."""

_BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a verification."""

    first: AuditHead
    """The head before the first record: of an empty chain, or of the last record that was pruned."""
    head: AuditHead
    waiting: int
    """Number of records on disk that are not chained yet."""
    faults: list[str]


def verify(
    database: Database, keys: AuditKeys, recorded: Sequence[AuditHead], progress: Callable[[int], None]
) -> Verdict:
    """Recompute every link; `recorded` are heads that somebody wrote down before.

    Reports every record that was changed, removed, moved, duplicated or inserted. With recorded heads, it also
    reports if the end of the log was cut off. `progress` is called with the number of records checked.
    """
    with database.read() as connection:
        first, faults = _start(connection, keys)
        head = read_head(connection)
        links: dict[int, bytes] = {first.position: first.link}
        wanted = {each.position for each in recorded}
        last = first
        for row in _rows(connection, progress):
            faults += _faults(row, last, keys)
            last = AuditHead(row["position"], row["link"])
            if last.position in wanted:
                links[last.position] = last.link
        if last != head:
            faults.append(f"The log ends with record {last.position}, but its head says {head.position}.")
        faults += _against(recorded, first, last, links)
        faults += _doubled(connection)
        waiting, foreign = _inbox(connection, keys)
    if foreign:
        faults.append(f"{foreign} records that wait to be chained were not made by this installation.")
    return Verdict(first, head, waiting, faults)


def read_cut(connection: Connection, keys: AuditKeys) -> AuditHead | None:
    """The last record that was pruned, GENESIS if none was; None if its mark was altered."""
    recorded = get_metadata(connection, CUT)
    if recorded is None:
        return GENESIS
    cut = unpack(recorded)
    return cut if hmac.compare_digest(recorded[40:], keys.cut(cut)) else None


def _start(connection: Connection, keys: AuditKeys) -> tuple[AuditHead, list[str]]:
    cut = read_cut(connection, keys)
    return (GENESIS, ["The note of where the log was cut was altered."]) if cut is None else (cut, [])


def _rows(connection: Connection, progress: Callable[[int], None]) -> Iterator[RowMapping]:
    statement = select(audit).order_by(audit.c.position)
    with connection.execute(statement, execution_options={"yield_per": _BATCH}) as result:
        for batch in result.mappings().partitions():
            yield from batch
            progress(len(batch))


def _faults(row: RowMapping, before: AuditHead, keys: AuditKeys) -> Iterator[str]:
    """The faults of a record, given the stored link before it, so that one changed record is one fault."""
    position = row["position"]
    if position != before.position + 1:
        yield f"Records {before.position + 1} to {position - 1} are missing."
    elif not hmac.compare_digest(row["link"], keys.link(before, {name: row[name] for name in AUDIT_COLUMNS})):
        yield f"Record {position} is not what was recorded there."


def _against(
    recorded: Sequence[AuditHead], first: AuditHead, last: AuditHead, links: dict[int, bytes]
) -> Iterator[str]:
    for head in recorded:
        if head.position > last.position:
            yield f"The log was cut: it ends with record {last.position} and had {head.position}."
        elif head.position >= first.position and links.get(head.position) != head.link:
            yield f"Record {head.position} is another than the one that was the head."


def _doubled(connection: Connection) -> Iterator[str]:
    """Records that are in the chain more than once: someone copied them back into the inbox."""
    statement = select(audit.c.uid, func.min(audit.c.position)).group_by(audit.c.uid).having(func.count() > 1)
    for _, position in connection.execute(statement):
        yield f"Record {position} is there more than once."


def _inbox(connection: Connection, keys: AuditKeys) -> tuple[int, int]:
    """The number of records in the inbox with a right seal, and with a wrong one."""
    ours = foreign = 0
    for row in connection.execute(select(audit_inbox)).mappings():
        if hmac.compare_digest(row["seal"], keys.seal(dict(row))):
            ours += 1
        else:
            foreign += 1
    return ours, foreign
