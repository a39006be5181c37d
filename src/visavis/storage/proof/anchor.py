"""The anchor: what the database had reached, in a small file beside the master key.

A database that is put back as it was a week ago agrees with itself. The anchor has the end of the audit chain
and the versions of all sets and groups, which only rise; a database behind it is refused until somebody accepts
it by name.

It is written after the transactions that it tells of, so it may lag behind the database and is never ahead of it.
"""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from visavis.audit_events import AuditHead
from visavis.errors import ServiceError, SetupError
from visavis.files import write_whole
from visavis.storage.audit.chain import read_head
from visavis.storage.database.connection import Database
from visavis.storage.database.schema import audit, groups, sets

logger = logging.getLogger(__name__)

ANCHOR_SECONDS = 2.0
"""How often a server writes its anchor, if anything has changed."""

_FORMAT = "visavis anchor 1"


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a database has come."""

    head: AuditHead
    sets: dict[tuple[str, int], int]
    """The version of each set, by its name and owner."""
    groups: dict[int, int]
    """The version of each group, by its number."""

    @classmethod
    def read(cls, connection: Connection) -> Reached:
        return cls(
            read_head(connection),
            {(name, owner): version for name, owner, version in connection.execute(_SETS)},
            dict(connection.execute(_GROUPS).all()),
        )


_SETS = select(sets.c.name, sets.c.owner, sets.c.version)
_GROUPS = select(groups.c.id, groups.c.version)


class Anchor:
    """One in each process; several may share a file."""

    def __init__(self, database: Database, derive: Callable[[str], bytes], path: Path) -> None:
        """`derive` makes a key of 32 bytes for a purpose."""
        self._database = database
        self._key = derive("anchor")
        self._path = path
        self._written: Reached | None = None

    def require(self, accepted: AuditHead | None = None) -> None:
        """Raises SetupError if the database is older than the anchor, unless its head is `accepted`."""
        before = self._read()
        with self._database.read() as connection:
            head = read_head(connection)
            if before is None:
                if head.position:
                    logger.warning("There is no anchor at %s: the database is accepted as it is.", self._path)
                return
            faults = list(_behind(connection, before))
        if not faults:
            self._written = before
        if not faults or accepted == head:
            return
        raise SetupError(
            f"The database is older than the anchor at {self._path}, or is another one: {' '.join(faults)} If "
            f"you restored it on purpose, accept it by its head: visavis db accept-older {head}"
        )

    def advance(self) -> None:
        """Write how far the database has come; one that is further back than before is logged, not written."""
        try:
            with self._database.read() as connection:
                reached = Reached.read(connection)
                if reached == self._written:
                    return
                faults = [] if self._written is None else list(_behind(connection, self._written))
            if faults:
                logger.critical("The database was replaced by an older one: %s", " ".join(faults))
                return
            write_whole(self._path, self._spelt(reached))
            self._written = reached
        except ServiceError as error:
            logger.warning("The anchor could not be written yet: %s", error.detail)
        except OSError as error:
            logger.warning("The anchor cannot be written to %s: %s", self._path, error.strerror)

    def _read(self) -> Reached | None:
        try:
            return self._parsed(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise SetupError(f"The anchor {self._path} cannot be read: {error.strerror}.") from None
        except (ValueError, KeyError, TypeError):
            raise SetupError(
                f"The anchor {self._path} was altered, or is that of another database. To accept this database "
                "as it is, remove the anchor."
            ) from None

    def _spelt(self, reached: Reached) -> bytes:
        content = {
            "format": _FORMAT,
            "head": str(reached.head),
            "sets": [[*key, version] for key, version in sorted(reached.sets.items())],
            "groups": [list(each) for each in sorted(reached.groups.items())],
        }
        line = json.dumps(content, separators=(",", ":")).encode()
        return line + b"\n" + self._tag(line).hex().encode() + b"\n"

    def _parsed(self, content: bytes) -> Reached:
        line, tag = content.splitlines()
        if not hmac.compare_digest(bytes.fromhex(tag.decode("ascii")), self._tag(line)):
            raise ValueError(tag)
        read: dict[str, Any] = json.loads(line)
        return Reached(
            AuditHead.read(read["head"]),
            {(name, owner): version for name, owner, version in read["sets"]},
            {group: version for group, version in read["groups"]},  # noqa: C416 - pairs, as lists
        )

    def _tag(self, line: bytes) -> bytes:
        return hmac.digest(self._key, line, "sha256")


def _behind(connection: Connection, before: Reached) -> Iterator[str]:
    """In what the database is not where it was, or further, in a sentence each."""
    now = Reached.read(connection)
    if now.head.position < before.head.position:
        yield f"its audit log ends with record {now.head.position} and had {before.head.position}."
    elif _link_at(connection, before.head.position, now.head) not in {None, before.head.link}:
        yield f"record {before.head.position} of its audit log is not what it was."
    for (name, owner), version in before.sets.items():
        # What an app has goes with it, and so do its groups: the set of the apps has risen then.
        if now.sets.get((name, owner), version if owner else -1) < version:
            yield f"its {name} are from an earlier state."
    older = sorted(key for key, version in before.groups.items() if now.groups.get(key, version) < version)
    if older:
        yield f"the faces of group number {', '.join(map(str, older[:5]))} are from an earlier state."


def _link_at(connection: Connection, position: int, head: AuditHead) -> bytes | None:
    """None where the record was pruned since, or there was none."""
    if not position:
        return None
    if position == head.position:
        return head.link
    return connection.scalar(select(audit.c.link).where(audit.c.position == position))
