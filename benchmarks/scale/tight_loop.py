"""The floor under loading a group: as many sealed templates, read from SQLite and decrypted, and nothing else."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12


class TightLoop:
    """A file of its own with an ordinary table of ids and templates, sealed with AES-256-GCM."""

    def __init__(self, file: Path, templates: int, template_bytes: int) -> None:
        self._file = file
        self._aead = AESGCM(AESGCM.generate_key(bit_length=256))
        plain = os.urandom(template_bytes)
        face_ids = (str(UUID(int=number)) for number in range(templates))
        with closing(sqlite3.connect(file)) as connection, connection:
            connection.execute("CREATE TABLE faces (id INTEGER PRIMARY KEY, face_id TEXT, template BLOB)")
            connection.executemany(
                "INSERT INTO faces (face_id, template) VALUES (?, ?)",
                ((face_id, self._sealed(face_id, plain)) for face_id in face_ids),
            )

    def run(self) -> int:
        """Read and decrypt all; how many bytes that gave."""
        decrypt, total = self._aead.decrypt, 0
        with closing(sqlite3.connect(self._file)) as connection:
            for face_id, template in connection.execute("SELECT face_id, template FROM faces ORDER BY id"):
                total += len(decrypt(template[:NONCE_BYTES], template[NONCE_BYTES:], face_id.encode()))
        return total

    def _sealed(self, face_id: str, plain: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, plain, face_id.encode())
