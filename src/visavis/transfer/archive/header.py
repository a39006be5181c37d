"""The two plain lines at the start of an archive: the format, and how the key is derived from a passphrase.

The key is derived with Argon2id (RFC 9106). The header is associated data of every chunk, so it cannot be altered
either.
"""

from __future__ import annotations

import hmac
import os
import unicodedata
from dataclasses import dataclass
from typing import BinaryIO, Literal

from argon2.low_level import ARGON2_VERSION, Type, hash_secret_raw
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from visavis.errors import SetupError
from visavis.storage.keys.cipher import KEY_BYTES

SHORTEST_PASSPHRASE = 12
"""Characters. Anybody who has the file can try passphrases without limit."""

_MAGIC = b"visavis archive 1\n"
_ANY_MAGIC = b"visavis archive "
_LONGEST_LINE = 1000
_SALT_BYTES = 16
_CHECK_BYTES = 16


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of one attempt at a passphrase: memory in KiB, passes, lanes (Argon2id)."""

    memory_kib: int = 256 * 1024
    passes: int = 3
    lanes: int = 4


class _Fields(BaseModel):
    """The fields of the second line. Their bounds keep a forged file from demanding too much memory or time."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kdf: Literal["argon2id"] = "argon2id"
    salt: str = Field(pattern=f"^[0-9a-f]{{{2 * _SALT_BYTES}}}$")
    memory_kib: int = Field(ge=8, le=1 << 20)
    passes: int = Field(ge=1, le=16)
    lanes: int = Field(ge=1, le=16)
    check: str = Field(pattern=f"^[0-9a-f]{{{2 * _CHECK_BYTES}}}$")
    """Distinguishes a wrong passphrase from a damaged file, and binds the file to one key."""


def write_header(file: BinaryIO, passphrase: str, cost: Cost) -> tuple[bytes, bytes]:
    """Write the header of an archive; return its key, 32 bytes, and the header."""
    salt = os.urandom(_SALT_BYTES)
    key, check = _keys(passphrase, salt, cost)
    fields = {"memory_kib": cost.memory_kib, "passes": cost.passes, "lanes": cost.lanes}
    fields_ = _Fields(salt=salt.hex(), check=check.hex(), **fields)
    header = _MAGIC + fields_.model_dump_json().encode() + b"\n"
    file.write(header)
    return key, header


def read_header(file: BinaryIO, passphrase: str) -> tuple[bytes, bytes]:
    """Read the header of an archive; return its key, 32 bytes, and the header.

    Raises SetupError if the file is no archive, or the passphrase is wrong.
    """
    magic = file.readline(len(_MAGIC))
    if magic != _MAGIC:
        newer = magic.startswith(_ANY_MAGIC)
        raise SetupError("This archive is of a newer version." if newer else "This is not an archive of Visavis.")
    line = file.readline(_LONGEST_LINE)
    try:
        fields_ = _Fields.model_validate_json(line)
    except ValidationError:
        raise SetupError("The archive is damaged: its header cannot be read.") from None
    cost = Cost(fields_.memory_kib, fields_.passes, fields_.lanes)
    key, check = _keys(passphrase, bytes.fromhex(fields_.salt), cost)
    if not hmac.compare_digest(check, bytes.fromhex(fields_.check)):
        raise SetupError("The passphrase is not that of this archive, or the archive is damaged.")
    return key, magic + line


def _keys(passphrase: str, salt: bytes, cost: Cost) -> tuple[bytes, bytes]:
    """The key of the chunks and the check of the header. The passphrase is normalised to NFC."""
    secret = hash_secret_raw(
        unicodedata.normalize("NFC", passphrase).encode(),
        salt,
        time_cost=cost.passes,
        memory_cost=max(cost.memory_kib, 8 * cost.lanes),
        parallelism=cost.lanes,
        hash_len=KEY_BYTES,
        type=Type.ID,
        version=ARGON2_VERSION,
    )
    key, check = (HKDFExpand(SHA256(), size, info).derive(secret) for size, info in _PURPOSES)
    return key, check


_PURPOSES = ((KEY_BYTES, b"visavis archive chunks"), (_CHECK_BYTES, b"visavis archive check"))
