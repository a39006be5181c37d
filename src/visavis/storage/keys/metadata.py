"""What the database stores about master keys: the current one, the next one, the retired ones."""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from sqlalchemy import Connection, select

from visavis.storage.database.metadata import get_metadata, set_metadata
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
    """The ids of the master keys that were replaced."""
    return (get_metadata(connection, RETIRED) or b"").partition(b"\n")[0].decode("ascii", "replace").split()


def set_retired(connection: Connection, current: MasterKey, ids: Sequence[str]) -> None:
    """Keep the ids of replaced master keys, under a MAC of the one that is current from now on."""
    line = " ".join(ids).encode()
    set_metadata(connection, RETIRED, line + b"\n" + _mac(current, line))


def is_retired_list_ours(connection: Connection, current: MasterKey) -> bool:
    """Whether nobody has altered or removed the list of replaced master keys, or put an earlier one back."""
    line, _, mac = (get_metadata(connection, RETIRED) or b"").partition(b"\n")
    return hmac.compare_digest(mac, _mac(current, line))


def _mac(current: MasterKey, line: bytes) -> bytes:
    return hmac.digest(current.derive(RETIRED), line, "sha256").hex().encode()


def is_current(key: MasterKey, check: bytes | None) -> bool:
    return check is not None and hmac.compare_digest(check, key.check)


def lock_check(connection: Connection, *, shared: bool) -> bytes | None:
    """The check of the current master key, which stays current until this transaction ends."""
    statement = select(meta.c.value).where(meta.c.key == CHECK).with_for_update(read=shared)
    return connection.scalar(statement)
