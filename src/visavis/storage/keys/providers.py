"""Sources of master keys. A key management service would be one more class.

A provider gives one key, or two during a rotation. Their order does not matter, since the database knows which one
is current.
"""

from __future__ import annotations

import base64
import binascii
import logging
import os
import secrets
import shlex
import subprocess
from pathlib import Path
from typing import Protocol

from visavis.errors import SetupError
from visavis.files import creating, write_whole
from visavis.storage.keys.cipher import KEY_BYTES

logger = logging.getLogger(__name__)

_MAX_KEYS = 2
_PATIENCE_S = 30


class KeyProvider(Protocol):
    """A source of master keys, read again at every call."""

    @property
    def source(self) -> str:
        """A phrase that says where the keys are; messages put it after the words "The master key"."""
        ...

    def read(self) -> tuple[bytes, ...]:
        """One key or two, 32 bytes each; none if there is none yet. Raises SetupError, never with a key in it."""
        ...


class GivenKeys:
    """Keys that were given at the start, in the environment."""

    def __init__(self, keys: tuple[bytes, ...]) -> None:
        self.source = "given"
        self._keys = keys

    def read(self) -> tuple[bytes, ...]:
        return self._keys


class KeyCommand:
    """A program that prints the keys, such as the client of a key management service."""

    def __init__(self, command: str) -> None:
        """`command` is split into words like in a shell, and run without one."""
        self.source = "of the command"
        self._command = command

    def read(self) -> tuple[bytes, ...]:
        # Its output is the key, and its error messages may contain it: neither is logged.
        ours = {name: value for name, value in os.environ.items() if not name.startswith("VISAVIS_")}
        try:
            done = subprocess.run(  # noqa: S603 - the operator's own
                shlex.split(self._command),
                check=False,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_PATIENCE_S,
                env=ours,
            )
        except subprocess.TimeoutExpired:
            raise SetupError(f"The command for the master key did not end within {_PATIENCE_S} s.") from None
        except (OSError, ValueError, IndexError):
            raise SetupError("The command for the master key cannot be run.") from None
        if done.returncode:
            raise SetupError(f"The command for the master key failed with exit status {done.returncode}.")
        return decode_keys(done.stdout.decode("ascii", errors="replace"))


class KeyFile:
    """A file that holds the keys, one a line. The server's own file is created at the first start."""

    def __init__(self, path: Path, *, own: bool) -> None:
        """`own`: whether a first start may create the file, and a rotation write it."""
        self.source = f"in {path}"
        self.path = path
        self.own = own

    def read(self) -> tuple[bytes, ...]:
        try:
            return decode_keys(self.path.read_text("ascii", errors="replace"))
        except FileNotFoundError:
            if self.own:
                return ()
            raise SetupError(f"There is no key file at {self.path}.") from None
        except OSError as error:
            raise SetupError(f"The key file {self.path} cannot be read: {error.strerror}.") from None

    def make(self) -> bytes:
        """Create the file with a new key. Raises FileExistsError if it exists."""
        secret = secrets.token_bytes(KEY_BYTES)
        with creating(self.path) as file:
            file.write(_encoded((secret,)))
        logger.warning("A new master key was written to %s. Keep a copy apart from the data.", self.path)
        return secret

    def replace(self, *secrets_: bytes) -> None:
        """Replace the content of the file by these keys. Raises SetupError."""
        try:
            write_whole(self.path, _encoded(secrets_))
        except OSError as error:
            raise SetupError(f"The key file {self.path} cannot be written: {error.strerror}.") from None


def decode_keys(text: str) -> tuple[bytes, ...]:
    """Decode one key or two, in Base64 with white space between. Raises SetupError."""
    keys = [_decoded(word) for word in text.split()]
    if not keys or any(len(key) != KEY_BYTES for key in keys):
        raise SetupError(
            f"The master key must be {KEY_BYTES} bytes in Base64, "
            f"as `openssl rand -base64 {KEY_BYTES}` prints them."
        )
    if len(keys) > _MAX_KEYS:
        raise SetupError("At most two master keys may be given, while one replaces the other.")
    return tuple(dict.fromkeys(keys))


def _encoded(keys: tuple[bytes, ...]) -> bytes:
    """The content of a key file."""
    return b"".join(base64.b64encode(key) + b"\n" for key in keys)


def _decoded(word: str) -> bytes:
    try:
        return base64.b64decode(word, validate=True)
    except (binascii.Error, ValueError):
        return b""
