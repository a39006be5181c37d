"""What the database stores about master keys: the current one, the next one, the retired ones."""

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
"""Random keys that stay when the master key changes. Each name with the key of its wrapped value in `meta`."""


def next_id(connection: Connection) -> str | None:
    """The id of the master key that a rotation is moving to; None if there is no rotation."""
    value = get_metadata(connection, NEXT)
    return None if value is None else value.decode("ascii")


def retired_ids(connection: Connection) -> list[str]:
    return (get_metadata(connection, RETIRED) or b"").decode("ascii").split()


def is_current(key: MasterKey, check: bytes | None) -> bool:
    return check is not None and hmac.compare_digest(check, key.check)


def lock_check(connection: Connection, *, shared: bool) -> bytes | None:
    """The check of the current master key, which stays current until this transaction ends."""
    statement = select(meta.c.value).where(meta.c.key == CHECK).with_for_update(read=shared)
    return connection.scalar(statement)
