"""Groups and their faces in memory; searches look at every face."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from threading import RLock
from typing import TypeAlias, cast

import numpy as np

from tests.fakes.apps import FakeAppStore
from tests.fakes.journal import FakeJournal
from visavis.core.ports import Clock
from visavis.errors import ErrorCode, GroupMoved, ServiceError
from visavis.identities import App
from visavis.recognition_events import RecognitionEvent
from visavis.types import Embedding, FaceFilter, FaceRecord, Group, NewFace, SettingChanges, Template

Conversions: TypeAlias = Callable[[str, str], Callable[[Embedding], Embedding]]


@dataclass
class _Face:
    record: FaceRecord
    embedding: Embedding
    fingerprint: bytes | None


@dataclass
class _Kept:
    """A group with its faces, oldest first, by id."""

    group: Group
    faces: dict[str, _Face] = field(default_factory=dict)
    versions: count[int] = field(default_factory=lambda: count(1))
    secret: bytes = field(default_factory=secrets.token_bytes)


@dataclass
class FakeGallery:
    """Its groups go with their apps."""

    apps: FakeAppStore
    journal: FakeJournal
    clock: Clock
    conversions: Conversions
    names: dict[tuple[int, str], str] = field(default_factory=dict)
    """Of persons, by the id of the group and theirs; a name goes with the last face."""
    events: list[tuple[int, RecognitionEvent]] = field(default_factory=list)
    """Who was recognised, oldest first, by the id of the group; events go with the last face of their person."""
    _groups: dict[int, _Kept] = field(default_factory=dict)
    _tombstones: set[tuple[int, str]] = field(default_factory=set)
    _numbers: count[int] = field(default_factory=lambda: count(1))
    _lock: RLock = field(default_factory=RLock)

    def create_group(self, app: App, name: str, model: str, quota: int) -> Group:
        with self._lock:
            if not self.apps.has(app.id):
                raise ServiceError(ErrorCode.UNAUTHORIZED, "The app has been deleted.")
            groups = list(self._of(app))
            if name in {group.name for group in groups}:
                raise ServiceError(ErrorCode.DUPLICATE_GROUP, "A group with this id already exists.")
            if len(groups) >= quota:
                detail = f"The app has {len(groups)} groups; the limit is {quota}."
                raise ServiceError(ErrorCode.GROUP_QUOTA_EXCEEDED, detail)
            group = Group(next(self._numbers), app.id, name, model, 0, self.clock())
            self._groups[group.id] = _Kept(group)
            self._tombstones.discard((app.id, name))
            self._record("create_group", group)
            return group

    def list_groups(self, app: App, after: str | None, limit: int) -> list[Group]:
        groups = sorted(self._of(app), key=lambda group: group.name)
        return [group for group in groups if after is None or group.name > after][:limit]

    def require_group(self, app: App, name: str) -> Group:
        for group in self._of(app):
            if group.name == name:
                return group
        if (app.id, name) in self._tombstones:
            raise ServiceError(ErrorCode.GROUP_DELETED, "The group with this id has been deleted.")
        raise _group_not_found()

    def change_settings(self, group: Group, changes: Mapping[str, object]) -> Group:
        with self._lock:
            kept = self._kept(group)
            kept.group = replace(
                kept.group, settings=replace(kept.group.settings, **cast("SettingChanges", changes))
            )
            if changes:
                detail = ", ".join(f"{name}: {value}" for name, value in sorted(changes.items()))
                self._record("change_group", group, detail=detail)
            return _counted(kept)

    def change_model(self, group: Group, model: str, progress: Callable[[int], None]) -> Group:
        with self._lock:
            kept = self._kept(group)
            old = kept.group.model
            if old == model:
                return replace(group, model=model, face_count=len(kept.faces))
            convert = self.conversions(old, model)
            if kept.faces:
                rows = convert(np.stack([face.embedding for face in kept.faces.values()]))
                for face, row in zip(kept.faces.values(), rows, strict=True):
                    face.embedding = row
                progress(len(rows))
            kept.group = replace(kept.group, model=model)
            self._record("upgrade_group", group, detail=f"from {old} to {model}")
            return _counted(kept)

    def groups_with_retention(self) -> list[Group]:
        groups = [_counted(kept) for kept in self._groups.values() if self.apps.has(kept.group.app_id)]
        return [group for group in groups if group.settings.retention_hours > 0]

    def delete_group(self, group: Group) -> None:
        with self._lock:
            self._kept(group)
            del self._groups[group.id]
            self._tombstones.add((group.app_id, group.name))
            self._record("delete_group", group)

    def add(
        self, group: Group, faces: Sequence[NewFace], quota: int, *, new_person: bool = False
    ) -> list[FaceRecord]:
        with self._lock:
            kept = self._kept(group)
            fitting = faces[: max(quota - len(kept.faces), 0)]
            if faces and not fitting:
                detail = f"The group has {len(kept.faces)} faces; the limit is {quota}."
                raise ServiceError(ErrorCode.FACE_QUOTA_EXCEEDED, detail)
            theirs = [FaceFilter(external_image_id=face.external_image_id) for face in faces]
            if new_person and any(self.count_faces(group, where) for where in theirs):
                raise ServiceError(ErrorCode.PERSON_EXISTS, "Another person in the group has this id.")
            return self._insert(kept, group, fitting)

    def add_unless_there(
        self, group: Group, faces: Sequence[NewFace], quota: int
    ) -> tuple[list[FaceRecord], set[bytes]]:
        with self._lock:
            kept = self._kept(group)
            there = {face.fingerprint for face in faces if face.fingerprint is not None} & self.fingerprints(group)
            fresh = [face for face in faces if face.fingerprint not in there]
            room = max(quota - len(kept.faces), 0)
            while 0 < room < len(fresh) and fresh[room - 1].fingerprint == fresh[room].fingerprint:
                room -= 1
            return self._insert(kept, group, fresh[:room]), there

    def fingerprinter(self, group: Group) -> Callable[[bytes], bytes]:
        secret = self._kept(group).secret
        return lambda data: hmac.digest(secret, data, "sha256")

    def fingerprints(self, group: Group) -> set[bytes]:
        kept = self._groups.get(group.id)
        faces = [] if kept is None else [*kept.faces.values()]
        return {face.fingerprint for face in self._shown(group, faces) if face.fingerprint is not None}

    def delete_face(self, group: Group, face_id: str) -> None:
        with self._lock:
            kept = self._kept(group)
            if kept.faces.pop(face_id, None) is None:
                raise _face_not_found()
            next(kept.versions)
            self._forget_persons(kept)
            self._record("delete_face", group, faces=[face_id])

    def delete_expired(self, group: Group, limit: int) -> int:
        with self._lock:
            kept = self._kept(group)
            expired_by = kept.group.settings.expired_by(self.clock())
            if expired_by is None:
                return 0
            oldest = sorted(kept.faces.values(), key=lambda face: face.record.created_at)
            expired = [face.record.face_id for face in oldest if face.record.created_at <= expired_by][:limit]
            for face_id in expired:
                del kept.faces[face_id]
                next(kept.versions)
            self._forget_persons(kept)
            if expired:
                self._record("expire", group, faces=expired)
            return len(expired)

    def list_faces(
        self, group: Group, where: FaceFilter, before: int | None, limit: int, offset: int = 0
    ) -> list[FaceRecord]:
        shown = [face.record for face in self._shown(group, self._kept(group).faces.values())]
        found = [record for record in reversed(shown) if _agrees(record, where)]
        return [record for record in found if before is None or record.sequence < before][offset : offset + limit]

    def count_faces(self, group: Group, where: FaceFilter) -> int:
        return len(self.list_faces(group, where, None, len(self._kept(group).faces)))

    def everything(self) -> list[tuple[Group, list[FaceRecord]]]:
        """All groups with all faces, those that have expired included."""
        return [(kept.group, [face.record for face in kept.faces.values()]) for kept in self._groups.values()]

    def require_face(self, group: Group, face_id: str) -> FaceRecord:
        for record in self.list_faces(group, FaceFilter(face_id=face_id), None, 1):
            return record
        raise _face_not_found()

    def open_template(self, group: Group, face_id: str) -> Embedding:
        self.require_face(group, face_id)
        kept = self._kept(group)
        if kept.group.model != group.model:
            raise GroupMoved
        return kept.faces[face_id].embedding.copy()

    def require_template(self, app: App, name: str, face_id: str) -> tuple[Group, Template]:
        group = self.require_group(app, name)
        sequence = self.require_face(group, face_id).sequence
        return group, Template(self.open_template(group, face_id), sequence, 0)

    def search(
        self, group: Group, probe: Embedding, limit: int, min_cosine: float, exclude: Template | None = None
    ) -> list[tuple[FaceRecord, float]]:
        kept = self._kept(group)
        if kept.group.model != group.model:
            raise GroupMoved
        asked = probe.astype(np.float64)
        faces = self._shown(group, kept.faces.values())
        scored = [(face.record, float(face.embedding.astype(np.float64) @ asked)) for face in faces]
        left_out = None if exclude is None else exclude.sequence
        found = [pair for pair in scored if pair[1] >= min_cosine and pair[0].sequence != left_out]
        return sorted(found, key=lambda pair: (-pair[1], -pair[0].sequence))[:limit]

    def backdate(self, face_ids: Sequence[str], registered: datetime) -> None:
        """Let these faces have been registered at another time, as no caller of a real gallery can."""
        for kept in self._groups.values():
            for face in kept.faces.values():
                if face.record.face_id in face_ids:
                    face.record = replace(face.record, created_at=registered)

    def move(self, group: Group, face_ids: Sequence[str], external_image_id: str) -> None:
        """Give these faces another external image id, and new sequences in their order."""
        kept = self._kept(group)
        moved = {kept.faces[face_id].record.external_image_id for face_id in face_ids}
        self.events = [
            (each, replace(event, person_id=external_image_id))
            if each == group.id and event.person_id in moved
            else (each, event)
            for each, event in self.events
        ]
        for face_id in reversed(face_ids):
            face = kept.faces.pop(face_id)
            face.record = replace(face.record, external_image_id=external_image_id, sequence=next(kept.versions))
            kept.faces[face_id] = face

    def drop(self, group: Group, face_ids: Sequence[str]) -> None:
        """Delete these faces, as a part of another act."""
        kept = self._kept(group)
        for face_id in face_ids:
            del kept.faces[face_id]
            next(kept.versions)
        self._forget_persons(kept)

    def note(self, operation: str, group: Group, faces: Sequence[str] = (), detail: str | None = None) -> None:
        """Record an act."""
        self._record(operation, group, faces, detail)

    def now(self, group_id: int) -> Group | None:
        """The group of this number as it is now; None if it has been deleted."""
        kept = self._groups.get(group_id)
        return None if kept is None or not self.apps.has(kept.group.app_id) else _counted(kept)

    def require(self, group: Group) -> Group:
        """The group as it is now. Raises GROUP_NOT_FOUND."""
        return _counted(self._kept(group))

    def _forget_persons(self, kept: _Kept) -> None:
        there = {(kept.group.id, face.record.external_image_id) for face in kept.faces.values()}
        self.names = {key: name for key, name in self.names.items() if key[0] != kept.group.id or key in there}
        self.events = [
            (group_id, event)
            for group_id, event in self.events
            if group_id != kept.group.id
            or ((group_id, event.person_id) in there if event.person_id else event.face_id in kept.faces)
        ]

    def _insert(self, kept: _Kept, group: Group, faces: Sequence[NewFace]) -> list[FaceRecord]:
        ids = [face.face_id for face in faces]
        if len({*ids, *kept.faces}) < len(ids) + len(kept.faces):
            raise ServiceError(ErrorCode.INTERNAL, "The database refused.")
        rows: Sequence[Embedding] = [face.embedding for face in faces]
        if faces and kept.group.model != group.model:
            rows = list(self.conversions(group.model, kept.group.model)(np.stack(rows)))
        stored = [
            _Face(self._record_of(face, kept), row, face.fingerprint)
            for face, row in zip(faces, rows, strict=True)
        ]
        kept.faces.update({face.record.face_id: face for face in stored})
        for face in faces:
            if face.external_image_id and face.name:
                self.names.setdefault((group.id, face.external_image_id), face.name)
        if ids:
            self._record("register", group, faces=ids)
        return [face.record for face in stored]

    def _record_of(self, face: NewFace, kept: _Kept) -> FaceRecord:
        return FaceRecord(
            next(kept.versions),
            face.face_id,
            face.image_id,
            face.external_image_id,
            face.box,
            face.detection_score,
            self.clock(),
        )

    def _of(self, app: App) -> Iterator[Group]:
        if self.apps.has(app.id):
            yield from [_counted(kept) for kept in self._groups.values() if kept.group.app_id == app.id]

    def _kept(self, group: Group) -> _Kept:
        if group.id not in self._groups or not self.apps.has(group.app_id):
            raise _group_not_found()
        return self._groups[group.id]

    def _shown(self, group: Group, faces: Iterable[_Face]) -> list[_Face]:
        """Without those that have expired by the settings that the caller knows of."""
        expired_by = group.settings.expired_by(self.clock())
        return [face for face in faces if expired_by is None or face.record.created_at > expired_by]

    def _record(self, operation: str, group: Group, faces: Sequence[str] = (), detail: str | None = None) -> None:
        app = next((app.name for app in self.apps.list_apps() if app.id == group.app_id), None)
        self.journal.record(operation, app_id=group.app_id, app=app, group=group.name, faces=faces, detail=detail)


def _counted(kept: _Kept) -> Group:
    return replace(kept.group, face_count=len(kept.faces))


def _agrees(record: FaceRecord, where: FaceFilter) -> bool:
    label = record.external_image_id
    part, term = where.label_contains, where.term
    return (
        where.face_id in {None, record.face_id}
        and where.image_id in {None, record.image_id}
        and where.external_image_id in {None, label}
        and (part is None or (label is not None and part.lower() in label.lower()))
        and (term is None or any(term.lower() in (name or "").lower() for name in (label, record.face_id)))
    )


def _group_not_found() -> ServiceError:
    return ServiceError(ErrorCode.GROUP_NOT_FOUND, "There is no group with this id.")


def _face_not_found() -> ServiceError:
    return ServiceError(ErrorCode.FACE_NOT_FOUND, "There is no face with this id in the group.")
