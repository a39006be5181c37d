"""Holds the log against its chain."""

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
"""The key of `meta` under which the last record is noted that was taken away in good order."""

_BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verification found."""

    first: AuditHead
    """What the first record that is there follows on."""
    head: AuditHead
    waiting: int
    """Records on disk that are not in the chain yet."""
    faults: list[str]


def verify(
    database: Database, keys: AuditKeys, recorded: Sequence[AuditHead], progress: Callable[[int], None]
) -> Verdict:
    """Recompute every link; `recorded` are heads that somebody wrote down before.

    Tells of any record that was changed, removed, moved, doubled or put in, and, by the heads noted, of an end
    that was cut off. `progress` is told of records that were looked at.
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
    """Up to where the log was cut at its old end, GENESIS if nowhere; None if what is noted of that is forged."""
    recorded = get_metadata(connection, CUT)
    if recorded is None:
        return GENESIS
    cut = unpack(recorded)
    return cut if hmac.compare_digest(recorded[40:], keys.cut(cut)) else None


def _start(connection: Connection, keys: AuditKeys) -> tuple[AuditHead, list[str]]:
    cut = read_cut(connection, keys)
    return (GENESIS, ["What is noted of the log's old end was altered."]) if cut is None else (cut, [])


def _rows(connection: Connection, progress: Callable[[int], None]) -> Iterator[RowMapping]:
    statement = select(audit).order_by(audit.c.position)
    with connection.execute(statement, execution_options={"yield_per": _BATCH}) as result:
        for batch in result.mappings().partitions():
            yield from batch
            progress(len(batch))


def _faults(row: RowMapping, before: AuditHead, keys: AuditKeys) -> Iterator[str]:
    """What is wrong with a record, given the link of the one before: so one that was changed is one fault."""
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
    """A record that was copied back into the inbox would be chained a second time."""
    statement = select(audit.c.uid, func.min(audit.c.position)).group_by(audit.c.uid).having(func.count() > 1)
    for _, position in connection.execute(statement):
        yield f"Record {position} is there more than once."


def _inbox(connection: Connection, keys: AuditKeys) -> tuple[int, int]:
    """How many records wait, and how many more there are that do not bear our seal."""
    ours = foreign = 0
    for row in connection.execute(select(audit_inbox)).mappings():
        if hmac.compare_digest(row["seal"], keys.seal(dict(row))):
            ours += 1
        else:
            foreign += 1
    return ours, foreign
