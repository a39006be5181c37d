"""Core's face analyzer, which sends pictures to worker processes."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from visavis.errors import ErrorCode, ServiceError, SetupError
from visavis.identities import working_for
from visavis.spans import Instrumentation, Span, uninstrumented
from visavis.types import DetectedFace, Embedding, ImageSize, Traits
from visavis.vision import fusion
from visavis.vision.models import RecognitionCard
from visavis.vision.pool.messages import (
    MAX_FACES,
    AnswerError,
    Do,
    Trouble,
    faces_bytes,
    read_embeddings,
    read_found,
    read_liveness,
    read_size,
    read_small_faces,
    read_traits,
    wanted_traits,
)
from visavis.vision.pool.workers import Lease, WorkerPool

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class RemotePicture:
    """Implements core's `Picture`: a worker holds it, decoded and upright."""

    size: ImageSize
    lease: Lease
    small_faces: int = 0


class PooledAnalyzer:
    """Implements core's `FaceAnalyzer` by workers. Thread-safe."""

    def __init__(
        self, pool: WorkerPool, cards: Mapping[str, RecognitionCard], instrument: Instrumentation = uninstrumented
    ) -> None:
        """`cards`: the recognition models that may be used, by name."""
        self.pool = pool
        self._cards = cards
        self._instrument = instrument

    @contextmanager
    def decode(self, data: bytes) -> Iterator[RemotePicture]:
        with self._instrument(Span.SLOT):
            lease = self.pool.lease(working_for.get())
        try:
            with self._instrument(Span.DECODE), _checking(lease):
                size = read_size(lease.decode(data))
            yield RemotePicture(size, lease)
        finally:
            lease.end()

    def find(self, picture: RemotePicture) -> list[DetectedFace]:
        with self._instrument(Span.DETECT), _checking(picture.lease):
            content, data = picture.lease.ask({"do": Do.FIND})
            picture.small_faces = read_small_faces(content)
            return read_found(data, picture.size)

    def describe(
        self, picture: RemotePicture, faces: Sequence[DetectedFace], traits: Traits
    ) -> list[DetectedFace]:
        if not faces or not any(wanted_traits(traits).values()):
            return list(faces)
        with self._instrument(Span.DESCRIBE), _checking(picture.lease):
            content, _ = picture.lease.ask({"do": Do.DESCRIBE, "traits": wanted_traits(traits)}, _few(faces))
            return read_traits(content, faces, traits)

    def aligned_liveness(self, picture: RemotePicture) -> float:
        with self._instrument(Span.DESCRIBE), _checking(picture.lease):
            content, _ = picture.lease.ask({"do": Do.ALIGNED_LIVENESS})
            return read_liveness(content)

    def embed(self, picture: RemotePicture, faces: Sequence[DetectedFace], model: str) -> Embedding:
        return self._embedded(Do.EMBED, picture, faces, model)

    def embed_first_view(self, picture: RemotePicture, faces: Sequence[DetectedFace], model: str) -> Embedding:
        return self._embedded(Do.EMBED_FIRST_VIEW, picture, faces, model)

    def first_view_within(self, model: str) -> float:
        return self._card(model).first_view_within

    def _embedded(self, do: Do, picture: RemotePicture, faces: Sequence[DetectedFace], model: str) -> Embedding:
        card = self._card(model)
        with self._instrument(Span.EMBED), _checking(picture.lease):
            content, data = picture.lease.ask({"do": do, "model": model}, _few(faces))
            if content.get("trouble") == Trouble.NOT_LOADED:
                self._load(picture.lease, model)
                content, data = picture.lease.ask({"do": do, "model": model}, _few(faces))
            return read_embeddings(data, len(faces), card.dimension)

    def as_probe(self, embeddings: Embedding, model: str) -> Embedding:
        return fusion.as_probe(self._card(model), embeddings)

    def close(self) -> None:
        """End all workers."""
        self.pool.close()

    def _card(self, model: str) -> RecognitionCard:
        card = self._cards.get(model)
        if card is None:
            logger.error("The recognition model %s cannot be used: it is not there.", model)
            raise _missing(model)
        return card

    def _load(self, lease: Lease, model: str) -> None:
        try:
            lease.load(model)
        except SetupError as error:
            logger.error("The recognition model %s cannot be used: %s", model, error)  # noqa: TRY400 - no bug
            raise _missing(model) from error


def _missing(model: str) -> ServiceError:
    detail = f"The recognition model {model} is missing or damaged on this server."
    return ServiceError(ErrorCode.INTERNAL, detail)


def _few(faces: Sequence[DetectedFace]) -> bytes:
    if len(faces) > MAX_FACES:
        raise ValueError(f"{len(faces)} faces of one picture")
    return faces_bytes(faces)


@contextmanager
def _checking(lease: Lease) -> Iterator[None]:
    """Turn an invalid answer of a worker into an error of the picture."""
    try:
        yield
    except AnswerError as error:
        raise lease.wrong(error) from None
