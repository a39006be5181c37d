"""The contents of an archive: groups, each followed by its faces, and a record of the end with counts and a hash.

A record is its kind (one byte), its length (four bytes, big-endian) and its body. The body of a group and of the
end is JSON. The body of a face is the length of its JSON (two bytes), the JSON, and its embedding (little-endian
float32).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Any, Protocol, TypeVar

import numpy as np
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from visavis.core import group_settings, policy
from visavis.core.persons import MAX_NAME, checked_name
from visavis.errors import ServiceError, SetupError
from visavis.transfer.archive.stream import DAMAGED
from visavis.types import Box, Embedding, FaceRecord, GroupSettings, NewFace

_GROUP, _FACE, _END = b"G", b"F", b"E"
_LONGEST = 1 << 20
_LITTLE_ENDIAN = np.dtype("<f4")
_UNIT = 1e-3
"""How far the norm of an embedding may be from 1."""

Parsed = TypeVar("Parsed", bound="_Strict")

Fraction = Annotated[float, Field(ge=0, le=1)]


class Writer(Protocol):
    def write(self, data: bytes) -> None: ...
    def finish(self) -> None: ...


class Reader(Protocol):
    def read(self, size: int) -> bytes: ...
    def finish(self) -> None: ...


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class GroupHead(_Strict):
    """A group, and the number of faces that follow it."""

    name: str
    model: Annotated[str, Field(pattern="^[!-~]{1,255}$")]
    created_at: AwareDatetime
    faces: int = Field(ge=0)
    settings: dict[str, object]

    def group_settings(self) -> GroupSettings:
        """The settings. Raises SetupError for an unknown setting, and for invalid values."""
        if unknown := self.settings.keys() - group_settings.NAMES:
            raise SetupError(f"The archive is of a newer version: its groups have a setting {min(unknown)!r}.")
        try:
            return GroupSettings(**group_settings.checked(self.settings))
        except ServiceError as error:
            raise SetupError(f"The archive has a group {self.name!r} that cannot be: {error.detail}") from None

    @classmethod
    def of(cls, name: str, model: str, created_at: datetime, faces: int, settings: GroupSettings) -> GroupHead:
        return cls(name=name, model=model, created_at=created_at, faces=faces, settings=asdict(settings))


class _FaceHead(_Strict):
    face_id: str
    image_id: str
    external_image_id: str | None
    box: tuple[Fraction, Fraction, Fraction, Fraction]
    detection_score: Fraction
    created_at: AwareDatetime
    name: Annotated[str, Field(max_length=MAX_NAME)] = ""
    """What the person is called; empty without a name."""


class _End(_Strict):
    groups: int
    faces: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ArchivedFace:
    """A face and its registration time."""

    new: NewFace
    created_at: datetime
    name: str
    """The name of the person; empty without one."""


class ContentsWriter:
    """Writes groups and faces, and counts and hashes them for the last record."""

    def __init__(self, sealed: Writer) -> None:
        self._sealed = sealed
        self._hash = hashlib.sha256()
        self.groups = self.faces = 0

    def group(self, head: GroupHead) -> None:
        self._write(_GROUP, head.model_dump_json().encode())
        self.groups += 1

    def face(self, record: FaceRecord, embedding: Embedding, name: str = "") -> None:
        """`name` is that of the person."""
        head = {
            "face_id": record.face_id,
            "image_id": record.image_id,
            "external_image_id": record.external_image_id,
            "box": (record.box.x0, record.box.y0, record.box.x1, record.box.y1),
            "detection_score": record.detection_score,
            "created_at": record.created_at.isoformat(),
            **({"name": name} if name else {}),
        }
        text = json.dumps(head, separators=(",", ":")).encode()
        template = embedding.astype(_LITTLE_ENDIAN, copy=False).tobytes()
        self._write(_FACE, len(text).to_bytes(2, "big") + text + template)
        self.faces += 1

    def finish(self) -> None:
        end = _End(groups=self.groups, faces=self.faces, sha256=self._hash.hexdigest())
        self._write(_END, end.model_dump_json().encode())
        self._sealed.finish()

    def _write(self, kind: bytes, body: bytes) -> None:
        record = kind + len(body).to_bytes(4, "big") + body
        self._hash.update(record)
        self._sealed.write(record)


def read_contents(sealed: Reader) -> Iterator[GroupHead | ArchivedFace]:
    """Read groups, each followed by its faces. Raises SetupError if anything is wrong.

    Read to the end: only then is it certain that the archive is complete.
    """
    digest = hashlib.sha256()
    groups = faces = missing = 0
    width: int | None = None
    while True:
        before = digest.hexdigest()
        kind, body = _record(sealed, digest)
        if kind == _FACE:
            face = _face(body)
            width = width or len(face.new.embedding)
            if not missing or len(face.new.embedding) != width:
                raise SetupError(DAMAGED)
            missing, faces = missing - 1, faces + 1
            yield face
        elif missing:
            raise SetupError(DAMAGED)
        elif kind == _GROUP:
            head = _group(body)
            missing, groups, width = head.faces, groups + 1, None
            yield head
        else:
            if _parsed(_End, body) != _End(groups=groups, faces=faces, sha256=before):
                raise SetupError(DAMAGED)
            sealed.finish()
            return


def _record(sealed: Reader, digest: Any) -> tuple[bytes, bytes]:
    start = sealed.read(5)
    kind, length = start[:1], int.from_bytes(start[1:], "big")
    if kind not in {_GROUP, _FACE, _END} or length > _LONGEST:
        raise SetupError(DAMAGED)
    body = sealed.read(length)
    digest.update(start + body)
    return kind, body


def _group(body: bytes) -> GroupHead:
    head = _parsed(GroupHead, body)
    if not policy.is_group_id(head.name):
        raise SetupError(f"The archive has an invalid group: {head.name!r:.80}.")
    head.group_settings()
    return head


def _face(body: bytes) -> ArchivedFace:
    length = int.from_bytes(body[:2], "big")
    text, template = body[2 : 2 + length], body[2 + length :]
    head = _parsed(_FaceHead, text)
    for name in (head.face_id, head.image_id):
        if not policy.is_face_id(name):
            raise SetupError(f"The archive has a face with an invalid id: {name!r:.80}.")
    if head.external_image_id is not None and not policy.is_label(head.external_image_id):
        raise SetupError(f"The archive has a face with an invalid external id: {head.external_image_id!r:.80}.")
    if not template or len(template) % _LITTLE_ENDIAN.itemsize:
        raise SetupError(DAMAGED)
    embedding = np.frombuffer(template, _LITTLE_ENDIAN).astype(np.float32, copy=False)
    if not abs(float(np.linalg.norm(embedding)) - 1) < _UNIT:  # so that NaN is refused too
        raise SetupError("The archive has an embedding that is not a unit vector.")
    new = NewFace(
        head.face_id, head.image_id, head.external_image_id, Box(*head.box), head.detection_score, embedding
    )
    return ArchivedFace(new, head.created_at, _name(head))


def _name(head: _FaceHead) -> str:
    try:
        return checked_name(head.name)
    except ServiceError as error:
        raise SetupError(f"The archive has an invalid name: {error.detail}") from None


def _parsed(model: type[Parsed], text: bytes) -> Parsed:
    try:
        return model.model_validate_json(text)
    except ValidationError:
        raise SetupError(DAMAGED) from None
