"""What a backup says of itself, and by what it is believed: a MAC under a key that only the master key gives."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field

from visavis.errors import SetupError
from visavis.storage.keys.cipher import MasterKey
from visavis.storage.keys.providers import KeyProvider

FORMAT = "visavis backup 2"
_WITHOUT_MAC = "visavis backup 1"
_PURPOSE = "backups"

_Hash = Field(pattern="^[0-9a-f]{64}$")


class Manifest(BaseModel):
    """Enough to tell a whole backup from a torn or a forged one, nothing about anybody."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    format: str = FORMAT
    made_at: str = Field(max_length=64)
    """ISO 8601, UTC."""
    made_by: str = Field(max_length=64)
    """The version of Visavis."""
    made_from: str = Field(max_length=64)
    """The kind of database: sqlite or postgresql."""
    apps: int = Field(ge=0)
    groups: int = Field(ge=0)
    faces: int = Field(ge=0)
    bytes: int = Field(ge=0)
    """The size of the database."""
    sha256: str = _Hash
    """The SHA-256 of the database, in hexadecimal."""
    key: str = Field("", max_length=64)
    """The id of the master key that it was made under."""
    mac: str = Field("", pattern="^([0-9a-f]{64})?$")
    """HMAC-SHA256 over all the rest, in hexadecimal."""

    @property
    def has_mac(self) -> bool:
        """Whether it was made by a version that proves its backups. Raises ValueError for an unknown format."""
        if self.format not in {FORMAT, _WITHOUT_MAC}:
            raise ValueError(self.format)
        return self.format == FORMAT

    def signed(self, master: MasterKey) -> Manifest:
        """A copy with the MAC that this master key gives."""
        named = self.model_copy(update={"key": master.id})
        return named.model_copy(update={"mac": _mac(named, master)})


@dataclass(frozen=True, slots=True)
class Trust:
    """Which backups are believed: those that were made under one of the master keys."""

    masters: Mapping[str, MasterKey] = field(repr=False)
    source: str
    """Where the keys are, as it completes the sentence "The master key ..."."""
    takes_unauthenticated: bool = False
    """Whether a backup is taken too that is of a version which gave them no MAC."""

    @classmethod
    def in_keys_of(cls, provider: KeyProvider, *, takes_unauthenticated: bool) -> Trust:
        """Raises SetupError if there is no master key."""
        masters = {master.id: master for master in map(MasterKey, provider.read())}
        if not masters:
            raise SetupError(
                f"The master key is missing: there is none {provider.source}. Without it no backup can be "
                "opened, or distinguished from a forged one."
            )
        return cls(masters, provider.source, takes_unauthenticated)

    def require(self, manifest: Manifest) -> None:
        """Raises SetupError, with the reason, for a backup that is not to be believed."""
        if not manifest.has_mac:
            if not self.takes_unauthenticated:
                raise SetupError(
                    "The backup was made by a version whose backups have no MAC, or was made to look like one: "
                    "anybody could have changed it. If you are sure that nobody has, use --accept-unauthenticated."
                )
            return
        master = self.masters.get(manifest.key)
        if master is None:
            raise SetupError(f"The master key {self.source} is not the one that this backup was made with.")
        if not hmac.compare_digest(_mac(manifest, master), manifest.mac):
            raise SetupError("The backup is forged or damaged: its manifest is not the one that it was made with.")


def _mac(manifest: Manifest, master: MasterKey) -> str:
    signed = json.dumps(manifest.model_dump(exclude={"mac"}), sort_keys=True).encode()
    return hmac.digest(master.derive(_PURPOSE), signed, "sha256").hex()
