"""Sees in a picture what its file says."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from threading import BoundedSemaphore

import numpy as np

from tests.fakes.pictures import GIF, HEAD, TAIL, FakeFace, FakePicture, read
from visavis.errors import ErrorCode, ServiceError
from visavis.types import DetectedFace, Embedding, Traits

PEOPLE = 16
WIDTH = 2 * PEOPLE + 1
SELF = 0.8
"""The cosine of two pictures of one person that could not be more alike; that of two strangers is -0.1."""
FIRST_VIEW_WITHIN = 0.002

MIN_SIDE, MAX_PIXELS = 80, 50_000_000
MIN_FACE, MAX_FACES = 60.0, 20


class FakeAnalyzer:
    """Every model but the first of `models` tells faces apart in its own directions.

    The cosine of two faces is 0.9 times their likeness, less 0.1: a part of each embedding counts against, so that
    faces that are asked about are not the same as stored ones (`as_probe`).
    """

    def __init__(self, models: Collection[str] = ("old", "new"), cpu_places: int = 2) -> None:
        self.models = list(models)
        self.wanted: list[Traits] = []
        """What was asked for of faces, since what is not wanted need not be computed."""
        self.decoded = 0
        """How many pictures were decoded, which is what takes time."""
        self.views = {"first": 0, "all": 0}
        """How many faces were embedded by their first view alone, and how many by all."""
        self.within = FIRST_VIEW_WITHIN
        self._places = BoundedSemaphore(cpu_places)

    @contextmanager
    def decode(self, data: bytes) -> Iterator[FakePicture]:
        with self._places:
            self.decoded += 1
            yield _decoded(data)

    def find(self, picture: FakePicture) -> list[DetectedFace]:
        found = [face.found() for face in picture.faces if min(face.width, face.height) >= MIN_FACE]
        picture.small_faces = len(picture.faces) - len(found)
        return sorted(found, key=lambda face: -face.box.area)[:MAX_FACES]

    def describe(self, picture: FakePicture, faces: Sequence[DetectedFace], traits: Traits) -> list[DetectedFace]:
        self.wanted.append(traits)
        return [_described(face, _seen(picture, face), traits) for face in faces]

    def aligned_liveness(self, picture: FakePicture) -> float:
        return picture.liveness

    def embed(self, picture: FakePicture, faces: Sequence[DetectedFace], model: str) -> Embedding:
        self.views["all"] += len(faces)
        return self._embedded(picture, faces, model)

    def _embedded(self, picture: FakePicture, faces: Sequence[DetectedFace], model: str) -> Embedding:
        turn = self._turn(model)
        rows = [np.append(np.roll(_direction(_seen(picture, face)), turn), 1 / 3) for face in faces]
        if not rows:
            return np.empty((0, WIDTH), np.float32)
        stacked = np.stack(rows)
        return np.asarray(stacked / np.linalg.norm(stacked, axis=1, keepdims=True), np.float32)

    def embed_first_view(self, picture: FakePicture, faces: Sequence[DetectedFace], model: str) -> Embedding:
        """As `embed`, a little off, so that a cosine changes by less than FIRST_VIEW_WITHIN."""
        self.views["first"] += len(faces)
        rows = self._embedded(picture, faces, model)
        rows[:, :-1] += FIRST_VIEW_WITHIN / 2 * np.roll(rows[:, :-1], 1, axis=1)
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)

    def first_view_within(self, model: str) -> float:
        self._turn(model)
        return self.within

    def as_probe(self, embeddings: Embedding, model: str) -> Embedding:
        self._turn(model)
        probes = embeddings.copy()
        probes[..., -1] *= -1
        return probes

    def conversion(self, old: str, new: str, embeddings: Embedding) -> Embedding:
        """Embeddings of one model as the other would have made them."""
        turned = np.roll(embeddings[:, :-1], self._turn(new) - self._turn(old), axis=1)
        return np.hstack([turned, embeddings[:, -1:]])

    def _turn(self, model: str) -> int:
        if model not in self.models:
            detail = f"The recognition model {model} is missing on this server."
            raise ServiceError(ErrorCode.INTERNAL, detail)
        return self.models.index(model)


def _decoded(data: bytes) -> FakePicture:
    if data == GIF:
        raise ServiceError(ErrorCode.UNSUPPORTED_IMAGE_FORMAT, "The image is neither PNG nor JPEG.")
    if not data.startswith(HEAD):
        raise ServiceError(ErrorCode.NOT_AN_IMAGE, "The bytes are not an image.")
    if not data.endswith(TAIL):
        raise ServiceError(ErrorCode.BROKEN_IMAGE, "The image is truncated or corrupt: it has no end.")
    picture = read(data)
    if picture.size.width * picture.size.height > MAX_PIXELS:
        raise ServiceError(ErrorCode.IMAGE_TOO_LARGE, "The image has more than 50 megapixels.")
    if min(picture.size.width, picture.size.height) < MIN_SIDE:
        raise ServiceError(ErrorCode.IMAGE_TOO_SMALL, "The image is less than 80 pixels wide or high.")
    return picture


def _seen(picture: FakePicture, face: DetectedFace) -> FakeFace:
    return next(seen for seen in picture.faces if seen.found().box == face.box)


def _direction(face: FakeFace) -> Embedding:
    direction = np.zeros(WIDTH - 1, np.float32)
    direction[2 * face.person] = face.likeness
    direction[2 * face.person + 1] = math.sqrt(1 - face.likeness**2)
    return direction


def _described(face: DetectedFace, seen: FakeFace, traits: Traits) -> DetectedFace:
    return replace(
        face,
        pose=seen.pose if traits.pose else face.pose,
        mask=seen.masked if traits.mask else face.mask,
        liveness=seen.liveness if traits.liveness else face.liveness,
        quality=seen.measured_quality if traits.quality else face.quality,
        comparability=seen.measured_comparability if traits.comparability else face.comparability,
    )
