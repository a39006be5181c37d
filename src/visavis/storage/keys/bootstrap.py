"""Finds the right master key when a process starts, and refuses a wrong one before it does harm."""

from __future__ import annotations

import os

from sqlalchemy import Connection, select, update

from visavis.errors import SetupError
from visavis.storage.database.metadata import get_metadata, set_metadata
from visavis.storage.database.schema import groups, second_factors, sets
from visavis.storage.keys import metadata
from visavis.storage.keys.cipher import KEY_BYTES, MasterKey
from visavis.storage.keys.providers import KeyFile, KeyProvider
from visavis.storage.keys.ring import KeyRing


def bootstrap_keys(connection: Connection, provider: KeyProvider) -> KeyRing:
    """Read the keys of this database; create them at the first start.

    Call it inside a transaction of `Database.set_up`: if two processes start at once, one creates the keys and the
    other finds them. Raises SetupError if the master key is missing, or not the one of this database.
    """
    check = get_metadata(connection, metadata.CHECK)
    masters = {master.id: master for master in map(MasterKey, _given(provider, in_use=check is not None))}
    if check is None:
        if len(masters) > 1:
            raise SetupError("There are two master keys and no database yet: give one.")
        [current] = masters.values()
        set_metadata(connection, metadata.CHECK, current.check)
        metadata.set_retired(connection, current, [])
    else:
        current = _current(connection, check, masters, provider)
        _require_retired(connection, current)
        for key_id in metadata.retired_ids(connection):
            masters.pop(key_id, None)
    data_keys = {
        name: _data_key(connection, current, name, existed=check is not None) for name in metadata.DATA_KEYS
    }
    connection.execute(update(groups).where(groups.c.wrapped_by == "").values(wrapped_by=current.id))
    return KeyRing(provider, masters, current.id, data_keys)


def _given(provider: KeyProvider, *, in_use: bool) -> tuple[bytes, ...]:
    keys = provider.read()
    if keys:
        return keys
    assert isinstance(provider, KeyFile)  # noqa: S101 - any other has a key or an error
    if in_use:
        raise SetupError(
            "The master key is missing, and without it the stored faces cannot be opened. Restore the key "
            f"file at {provider.path}, or set the key in the environment; if it is lost, start with a new data "
            f"directory."
        )
    return (provider.make(),)


def _current(
    connection: Connection, check: bytes, masters: dict[str, MasterKey], provider: KeyProvider
) -> MasterKey:
    current = next((master for master in masters.values() if metadata.is_current(master, check)), None)
    following = metadata.next_id(connection)
    if following is not None and (current is None or following not in masters):
        raise SetupError(
            "The master key is being replaced: until `visavis keys rotate` has finished, give the old key and the "
            "new one, with white space between them."
        )
    if current is not None:
        return current
    if set(metadata.retired_ids(connection)) & masters.keys():
        raise SetupError(f"The master key {provider.source} has been replaced by a newer one. Use that one.")
    raise SetupError(
        f"The master key {provider.source} is not the one that this database was created with. Use the right "
        "one, or start with a new data directory."
    )


def _require_retired(connection: Connection, current: MasterKey) -> None:
    """Raises SetupError if the list of replaced keys was altered; one of a version without MACs gets its own."""
    begun = select(sets.c.name).where(sets.c.name == second_factors.name)
    if connection.scalar(begun) is None:
        metadata.set_retired(connection, current, metadata.retired_ids(connection))
    elif not metadata.is_retired_list_ours(connection, current):
        raise SetupError("The record of replaced master keys was altered, or restored from an earlier state.")


def _data_key(connection: Connection, master: MasterKey, name: str, *, existed: bool) -> bytes:
    meta_key = metadata.DATA_KEYS[name]
    wrapped = get_metadata(connection, meta_key)
    if wrapped is not None:
        return master.unwrap(wrapped, name)
    # Older databases, without data keys, hashed credentials with a key derived from their first master key.
    inherited = name == "credentials" and existed
    secret = master.derive("credentials") if inherited else os.urandom(KEY_BYTES)
    set_metadata(connection, meta_key, master.wrap(secret, name))
    return secret
