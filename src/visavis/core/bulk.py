"""Bulk registration: pictures are analysed in parallel, stored many in a transaction, each once in its group."""

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

from visavis.core.faces import Candidates, Faces, find_candidates
from visavis.core.ports import AnyAnalyzer, Gallery
from visavis.errors import ErrorCode, ServiceError
from visavis.types import DetectedFace, Group, ImageSize, NewFace, Refusal, RequestedAttributes

MAX_FILE_BYTES = 50_000_000
"""Size limit of a picture's file. The limit on its pixels is the same as for requests."""

_FACES_AT_ONCE = 128
"""Faces in one transaction."""

_SECONDS = 1.0
"""Longest time, in seconds, before analysed pictures are stored."""

_AHEAD = 16
"""How many pictures a thread may analyse before the first of them is stored."""


class Skip(StrEnum):
    """Why a file was skipped, other than an error of its picture."""

    PRESENT = "present"
    """The group had it before."""
    DUPLICATE = "duplicate"
    """Another file of this import has the same content."""
    NO_FACE = "no_face"
    UNREADABLE = "unreadable"
    """There is no such file, or it cannot be read."""
    QUOTA = "quota"
    """The group was full before the file was analysed."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file to import."""

    path: Path
    external_image_id: str | None
    line: int | None = None
    """Its line in the manifest."""
    name: str = ""
    """The person's name, where there is one; without an external image id, that is made of it."""
    reader: Callable[[], bytes] | None = None
    """Reads the picture where `path` is no file of its own, as in a ZIP. Calls raise as `read_picture` does."""

    def read(self) -> bytes:
        """The bytes of the picture. Raises OSError, IMAGE_TOO_LARGE."""
        return read_picture(self.path) if self.reader is None else self.reader()


@dataclass(frozen=True, slots=True)
class FaceResult:
    """A face of an imported picture: either stored under `face_id`, or refused with a reason."""

    face: DetectedFace
    face_id: str | None
    refusal: Refusal | None


@dataclass(frozen=True, slots=True)
class Result:
    """The result for one file; `faces` are the faces found in it, largest first."""

    entry: Entry
    skipped: str | None = None
    """Why the whole file was skipped: a `Skip`, or the code of an image error. None if its faces were examined."""
    detail: str = ""
    """A sentence that explains `skipped`."""
    size: ImageSize | None = None
    faces: tuple[FaceResult, ...] = ()

    @property
    def added(self) -> int:
        return sum(each.face_id is not None for each in self.faces)

    @property
    def reasons(self) -> Counter[str]:
        """Why something was not added, and how often. A refused face counts once, and so does a skipped file."""
        refused = [str(each.refusal) for each in self.faces if each.refusal is not None]
        return Counter([self.skipped] if self.skipped else refused)


@dataclass(frozen=True, slots=True)
class _Examined:
    """A file that was examined; `candidates` is None if it was skipped."""

    entry: Entry
    skipped: str | None = None
    detail: str = ""
    fingerprint: bytes = b""
    candidates: Candidates | None = None


@dataclass(frozen=True, slots=True)
class BulkRegistration:
    """Registers the faces of files in one group.

    A fingerprint is stored with the faces of a picture, in their transaction, and is deleted with them. So an
    import that was stopped does not repeat what it yielded, and a picture can be imported again once its faces
    were deleted.
    """

    analyzer: AnyAnalyzer
    gallery: Gallery
    group: Group
    limit: int
    """How many faces of a picture are registered, largest first."""
    quota: int
    """How many faces a group may have."""
    threads: int
    stop: Event = field(default_factory=Event)
    """When set, the import stores what it has begun and ends."""

    @classmethod
    def of(cls, faces: Faces, group: Group, limit: int, threads: int, stop: Event) -> BulkRegistration:
        """The bulk registration for a group, with the analyzer, storage and quota of `faces`."""
        return cls(faces.analyzer, faces.gallery, group, limit, faces.quota, threads, stop)

    def run(self, entries: Iterable[Entry]) -> Iterator[list[Result]]:
        """Yield the results in the order of the entries, each after its faces are on disk.

        Raises GROUP_NOT_FOUND, and INTERNAL if the database fails; nothing that was yielded is lost.
        """
        examiner = _Examiner(
            self.analyzer,
            self.group,
            self.limit,
            self.gallery.fingerprinter(self.group),
            self.gallery.fingerprints(self.group),
        )
        batch: list[_Examined] = []
        stored_at = time.monotonic()
        for each in self._examine_all(examiner, entries):
            batch.append(each)
            if _faces_in(batch) >= _FACES_AT_ONCE or time.monotonic() - stored_at >= _SECONDS:
                yield self._store(batch, examiner)
                batch, stored_at = [], time.monotonic()
        yield self._store(batch, examiner)

    def _examine_all(self, examiner: _Examiner, entries: Iterable[Entry]) -> Iterator[_Examined]:
        """Examine the files in all threads; yield the results in the order of the entries."""
        waiting = iter(entries)
        ahead: deque[Future[_Examined]] = deque()
        with ThreadPoolExecutor(self.threads) as pool:
            try:
                while True:
                    room = 0 if self.stop.is_set() else self.threads * _AHEAD - len(ahead)
                    ahead.extend(pool.submit(examiner.examine, entry) for entry in islice(waiting, room))
                    if not ahead:
                        return
                    yield ahead.popleft().result()
            finally:
                for future in ahead:
                    future.cancel()

    def _store(self, batch: Sequence[_Examined], examiner: _Examiner) -> list[Result]:
        new = [face for each in batch if each.candidates for face in each.candidates.new]
        records, present = self.gallery.add_unless_there(self.group, new, self.quota) if new else ([], set())
        stored = {record.face_id for record in records}
        if len(stored) < sum(face.fingerprint not in present for face in new):
            examiner.full.set()
        return [_result(each, stored, present) for each in batch]


@dataclass(frozen=True, slots=True)
class _Examiner:
    """Finds and embeds the faces of files, in any number of threads."""

    analyzer: AnyAnalyzer
    group: Group
    limit: int
    fingerprint: Callable[[bytes], bytes]
    known: set[bytes]
    """Fingerprints of the pictures that the group has."""
    full: Event = field(default_factory=Event)
    """Set when the group is full."""
    _mutex: Lock = field(default_factory=Lock)
    _first: dict[bytes, Entry] = field(default_factory=dict)

    def examine(self, entry: Entry) -> _Examined:
        try:
            data = entry.read()
            fingerprint = self.fingerprint(data)
            if skipped := self._skip(entry, fingerprint):
                return skipped
            candidates = find_candidates(
                self.analyzer, self.group, data, self.limit, entry.external_image_id, RequestedAttributes()
            )
        except OSError as error:
            return _Examined(entry, Skip.UNREADABLE, f"{error.strerror or error}.")
        except ServiceError as error:
            if error.code is ErrorCode.INTERNAL:
                raise
            return _Examined(entry, str(error.code), error.detail)
        if not candidates.faces:
            return _Examined(entry, Skip.NO_FACE, "No face of at least 60 x 60 pixels was found in the image.")
        marked = [replace(face, fingerprint=fingerprint) for face in candidates.new]
        return _Examined(entry, fingerprint=fingerprint, candidates=replace(candidates, new=marked))

    def _skip(self, entry: Entry, fingerprint: bytes) -> _Examined | None:
        """The reason to skip the picture before its faces are looked for; None if there is none."""
        if fingerprint in self.known:
            return _Examined(entry, Skip.PRESENT)
        with self._mutex:
            first = self._first.setdefault(fingerprint, entry)
        if first is not entry:
            return _Examined(entry, Skip.DUPLICATE, f"The same as {first.path}.")
        return _Examined(entry, Skip.QUOTA, "The group is full.") if self.full.is_set() else None


def read_picture(path: Path) -> bytes:
    """The bytes of a picture's file. Raises OSError, IMAGE_TOO_LARGE."""
    with path.open("rb") as file:
        return at_most(file.read(MAX_FILE_BYTES + 1))


def at_most(data: bytes) -> bytes:
    """The bytes of a picture's file. Raises IMAGE_TOO_LARGE if there are more than `MAX_FILE_BYTES`."""
    if len(data) > MAX_FILE_BYTES:
        raise ServiceError(ErrorCode.IMAGE_TOO_LARGE, f"The image file has more than {MAX_FILE_BYTES:,} bytes.")
    return data


def _faces_in(batch: Sequence[_Examined]) -> int:
    return sum(len(each.candidates.new) for each in batch if each.candidates)


def _result(each: _Examined, stored: set[str], present: set[bytes]) -> Result:
    if each.candidates is None:
        return Result(each.entry, each.skipped, each.detail)
    if each.fingerprint in present:
        return Result(each.entry, Skip.PRESENT)
    new = iter(each.candidates.new)
    faces = [
        _face_result(face, refusal or next(new), stored)
        for face, refusal in zip(each.candidates.faces, each.candidates.refusals, strict=True)
    ]
    return Result(each.entry, size=each.candidates.size, faces=tuple(faces))


def _face_result(face: DetectedFace, outcome: Refusal | NewFace, stored: set[str]) -> FaceResult:
    if isinstance(outcome, Refusal):
        return FaceResult(face, None, outcome)
    if outcome.face_id not in stored:
        return FaceResult(face, None, Refusal.QUOTA)
    return FaceResult(face, outcome.face_id, None)
