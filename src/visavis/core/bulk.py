"""Many pictures at once: looked at in parallel, stored many a transaction, each picture of a group once."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import islice
from pathlib import Path
from threading import Event, Lock
from typing import Any

from visavis.core.faces import Candidates, look
from visavis.core.ports import FaceAnalyzer, Gallery
from visavis.errors import ErrorCode, ServiceError
from visavis.types import DetectedFace, Group, ImageSize, NewFace, Refusal, RequestedAttributes

MAX_FILE_BYTES = 50_000_000
"""Of a picture's file; its pixels are bounded as everywhere."""

_FACES_AT_ONCE = 128
"""Faces a transaction."""

_SECONDS = 1.0
"""Longest time before what was looked at is stored."""

_AHEAD = 16
"""Pictures a thread may be ahead of what is stored."""


class Left(StrEnum):
    """Why nothing of a file was added, where that is no error of its picture."""

    PRESENT = "present"
    """The group had it before."""
    DUPLICATE = "duplicate"
    """Another file of this import has the same content."""
    NO_FACE = "no_face"
    UNREADABLE = "unreadable"
    """There is no such file, or it cannot be read."""
    QUOTA = "quota"
    """The group was full before it was looked at."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file to import."""

    path: Path
    external_image_id: str | None
    line: int | None = None
    """Where the manifest names it."""


@dataclass(frozen=True, slots=True)
class FaceResult:
    """A face of an imported picture: stored under `face_id`, or not, for this reason."""

    face: DetectedFace
    face_id: str | None
    refusal: Refusal | None


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one file; `faces` are those found in it, largest first."""

    entry: Entry
    left: str | None = None
    """Why nothing was added, where it is not for its faces: a `Left`, or the code of an image error."""
    detail: str = ""
    """A sentence on `left`."""
    size: ImageSize | None = None
    faces: tuple[FaceResult, ...] = ()

    @property
    def added(self) -> int:
        return sum(each.face_id is not None for each in self.faces)

    @property
    def reasons(self) -> Counter[str]:
        """Why something of it was not added, and how often: a face counts one, and a file without any."""
        refused = [str(each.refusal) for each in self.faces if each.refusal is not None]
        return Counter([self.left] if self.left else refused)


@dataclass(frozen=True, slots=True)
class _Seen:
    """A file that was looked at; `candidates` is None where `left` says why."""

    entry: Entry
    left: str | None = None
    detail: str = ""
    fingerprint: bytes = b""
    candidates: Candidates | None = None


@dataclass(frozen=True, slots=True)
class BulkRegistration:
    """Registers the faces of files in one group.

    A fingerprint is stored with the faces of a picture, in their transaction, and goes with them. So whatever was
    yielded is not done again, however an import ended, and the same picture can be imported again once its faces
    were deleted.
    """

    analyzer: FaceAnalyzer[Any]
    gallery: Gallery
    group: Group
    limit: int
    """Faces a picture, the largest."""
    quota: int
    """Faces a group may have."""
    threads: int
    stop: Event = field(default_factory=Event)
    """Set, the import ends as soon as what was begun is stored."""

    def run(self, entries: Iterable[Entry]) -> Iterator[list[Result]]:
        """The results of the entries, in their order, each when it is stored for good.

        Raises GROUP_NOT_FOUND, and INTERNAL where the database fails; nothing that was yielded is lost.
        """
        observer = _Observer(
            self.analyzer,
            self.group,
            self.limit,
            self.gallery.fingerprinter(self.group),
            self.gallery.fingerprints(self.group),
        )
        batch: list[_Seen] = []
        stored_at = time.monotonic()
        for seen in self._looked_at(observer, entries):
            batch.append(seen)
            if _faces_in(batch) >= _FACES_AT_ONCE or time.monotonic() - stored_at >= _SECONDS:
                yield self._store(batch, observer)
                batch, stored_at = [], time.monotonic()
        yield self._store(batch, observer)

    def _looked_at(self, observer: _Observer, entries: Iterable[Entry]) -> Iterator[_Seen]:
        """In the order of the entries, by all threads, not far ahead of who asks."""
        waiting = iter(entries)
        ahead: deque[Future[_Seen]] = deque()
        with ThreadPoolExecutor(self.threads) as pool:
            try:
                while True:
                    room = 0 if self.stop.is_set() else self.threads * _AHEAD - len(ahead)
                    ahead.extend(pool.submit(observer.look_at, entry) for entry in islice(waiting, room))
                    if not ahead:
                        return
                    yield ahead.popleft().result()
            finally:
                for future in ahead:
                    future.cancel()

    def _store(self, batch: Sequence[_Seen], observer: _Observer) -> list[Result]:
        new = [face for seen in batch if seen.candidates for face in seen.candidates.new]
        records, there = self.gallery.add_unless_there(self.group, new, self.quota) if new else ([], set())
        stored = {record.face_id for record in records}
        if len(stored) < sum(face.fingerprint not in there for face in new):
            observer.full.set()
        return [_result(seen, stored, there) for seen in batch]


@dataclass(frozen=True, slots=True)
class _Observer:
    """Looks at files, in any number of threads."""

    analyzer: FaceAnalyzer[Any]
    group: Group
    limit: int
    fingerprint: Callable[[bytes], bytes]
    known: set[bytes]
    """Fingerprints of what the group has."""
    full: Event = field(default_factory=Event)
    """Set, nothing more will fit."""
    _mutex: Lock = field(default_factory=Lock)
    _first: dict[bytes, Entry] = field(default_factory=dict)

    def look_at(self, entry: Entry) -> _Seen:
        try:
            data = read_picture(entry.path)
            fingerprint = self.fingerprint(data)
            if idle := self._idle(entry, fingerprint):
                return idle
            candidates = look(
                self.analyzer, self.group, data, self.limit, entry.external_image_id, RequestedAttributes()
            )
        except OSError as error:
            return _Seen(entry, Left.UNREADABLE, f"{error.strerror or error}.")
        except ServiceError as error:
            if error.code is ErrorCode.INTERNAL:
                raise
            return _Seen(entry, str(error.code), error.detail)
        if not candidates.faces:
            return _Seen(entry, Left.NO_FACE, "No face of at least 60 x 60 pixels was found in the image.")
        marked = [replace(face, fingerprint=fingerprint) for face in candidates.new]
        return _Seen(entry, fingerprint=fingerprint, candidates=replace(candidates, new=marked))

    def _idle(self, entry: Entry, fingerprint: bytes) -> _Seen | None:
        """Why it is of no use to look at the picture, if it is not."""
        if fingerprint in self.known:
            return _Seen(entry, Left.PRESENT)
        with self._mutex:
            first = self._first.setdefault(fingerprint, entry)
        if first is not entry:
            return _Seen(entry, Left.DUPLICATE, f"The same as {first.path}.")
        return _Seen(entry, Left.QUOTA, "The group is full.") if self.full.is_set() else None


def read_picture(path: Path) -> bytes:
    """The file of a picture. Raises OSError, IMAGE_TOO_LARGE."""
    with path.open("rb") as file:
        data = file.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        raise ServiceError(ErrorCode.IMAGE_TOO_LARGE, f"The image file has more than {MAX_FILE_BYTES:,} bytes.")
    return data


def _faces_in(batch: Sequence[_Seen]) -> int:
    return sum(len(seen.candidates.new) for seen in batch if seen.candidates)


def _result(seen: _Seen, stored: set[str], there: set[bytes]) -> Result:
    if seen.candidates is None:
        return Result(seen.entry, seen.left, seen.detail)
    if seen.fingerprint in there:
        return Result(seen.entry, Left.PRESENT)
    new = iter(seen.candidates.new)
    faces = [
        _face_result(face, refusal or next(new), stored)
        for face, refusal in zip(seen.candidates.faces, seen.candidates.refusals, strict=True)
    ]
    return Result(seen.entry, size=seen.candidates.size, faces=tuple(faces))


def _face_result(face: DetectedFace, outcome: Refusal | NewFace, stored: set[str]) -> FaceResult:
    if isinstance(outcome, Refusal):
        return FaceResult(face, None, outcome)
    if outcome.face_id not in stored:
        return FaceResult(face, None, Refusal.QUOTA)
    return FaceResult(face, outcome.face_id, None)
