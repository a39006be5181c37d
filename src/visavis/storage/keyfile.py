"""Where the master key comes from, and how the wrong one is noticed before it does harm."""

from __future__ import annotations

import base64
import binascii
import hmac
import logging
import os
import secrets
from pathlib import Path

from sqlalchemy import Connection

from visavis.errors import SetupError
from visavis.storage import records
from visavis.storage.cipher import KEY_BYTES, MasterKey

logger = logging.getLogger(__name__)

_CHECK = "master key check"


def decode_master_key(text: str) -> bytes:
    """The 32 bytes behind their Base64 spelling. Raises SetupError."""
    try:
        secret = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if len(secret) != KEY_BYTES:
        raise SetupError(
            f"The master key must be {KEY_BYTES} bytes in Base64, "
            f"as `openssl rand -base64 {KEY_BYTES}` prints them."
        )
    return secret


def settle_master_key(connection: Connection, given: bytes | None, key_file: Path) -> MasterKey:
    """The master key of this database: the one given, else that of the key file, which a first start creates.

    Call it inside a write transaction: of two processes that start at once, one makes the key and the other finds
    it. Raises SetupError if the key is missing, or not the one that the database was made with.
    """
    check = records.get_meta(connection, _CHECK)
    secret = given or _read(key_file)
    if secret is None:
        if check is not None:
            raise SetupError(
                f"The master key is missing, and without it the stored faces cannot be opened. Put the key file "
                f"back at {key_file}, or give the key in the environment; if it is lost, start with a new data "
                f"directory."
            )
        secret = _create(key_file)
    key = MasterKey(secret)
    if check is None:
        records.put_meta(connection, _CHECK, key.derive(_CHECK))
    elif not hmac.compare_digest(check, key.derive(_CHECK)):
        source = "given" if given else f"in {key_file}"
        raise SetupError(
            f"The master key {source} is not the one that this database was made with. Give the right one, or "
            f"start with a new data directory."
        )
    return key


def _read(path: Path) -> bytes | None:
    try:
        return decode_master_key(path.read_text("ascii", errors="replace"))
    except FileNotFoundError:
        return None


def _create(path: Path) -> bytes:
    """A new key, in a file that is there whole or not at all, also after a power loss."""
    secret = secrets.token_bytes(KEY_BYTES)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(secret) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(draft)
    finally:
        draft.unlink()
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
    logger.warning("A new master key was written to %s. Keep a copy apart from the data.", path)
    return secret
