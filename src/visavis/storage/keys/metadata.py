"""What the database knows of its master key: which it is, which comes next, which are done with."""

from __future__ import annotations

import hmac

from sqlalchemy import Connection, select

from visavis.storage.database.metadata import get_metadata
from visavis.storage.database.schema import meta
from visavis.storage.keys.cipher import MasterKey

CHECK = "master key check"
NEXT = "next master key"
RETIRED = "retired master keys"
DATA_KEYS = {"credentials": "credentials key", "derivation": "derivation key"}
"""Random keys that stay when the master key changes, wrapped by it: a name and where it is in `meta`."""


def next_id(connection: Connection) -> str | None:
    """Of the key that a rotation is moving to."""
    value = get_metadata(connection, NEXT)
    return None if value is None else value.decode("ascii")


def retired_ids(connection: Connection) -> list[str]:
    return (get_metadata(connection, RETIRED) or b"").decode("ascii").split()


def is_current(key: MasterKey, check: bytes | None) -> bool:
    return check is not None and hmac.compare_digest(check, key.check)


def lock_check(connection: Connection, *, shared: bool) -> bytes | None:
    """Which key is current, and stays so until this transaction ends."""
    statement = select(meta.c.value).where(meta.c.key == CHECK).with_for_update(read=shared)
    return connection.scalar(statement)
