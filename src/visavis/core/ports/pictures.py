"""Pictures, the faces in them, and what recognises faces."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeAlias, TypeVar

from visavis.types import (
    DetectedFace,
    Embedding,
    ImageSize,
    Traits,
)


class Picture(Protocol):
    """A decoded, EXIF-upright picture; only vision looks inside."""

    @property
    def size(self) -> ImageSize: ...

    @property
    def small_faces(self) -> int:
        """How many faces `find` has left out because they are smaller than 60 x 60 px; 0 before."""
        ...


P = TypeVar("P", bound=Picture)


class FaceAnalyzer(Protocol[P]):
    """Pixels to faces."""

    def decode(self, data: bytes) -> AbstractContextManager[P]:
        """Decode a PNG or JPEG, and hold one of the slots for CPU work until the block ends.

        The slots bound memory too: no more pictures are decoded at once than there are slots. Raises
        IMAGE_TOO_LARGE (pixels), IMAGE_TOO_SMALL, UNSUPPORTED_IMAGE_FORMAT, NOT_AN_IMAGE, BROKEN_IMAGE; the last
        also, here and in all other calls, where the picture takes too long or too much.
        """
        ...

    def find(self, picture: P) -> list[DetectedFace]:
        """Faces of at least 60 x 60 px, largest box first, 20 at most, without traits."""
        ...

    def describe(self, picture: P, faces: Sequence[DetectedFace], traits: Traits) -> list[DetectedFace]:
        """The faces in the order given, with the requested traits filled in."""
        ...

    def aligned_liveness(self, picture: P) -> float:
        """Liveness, 0-100, of a picture that is nothing but a face, aligned by its sender."""
        ...

    def embed(self, picture: P, faces: Sequence[DetectedFace], model: str) -> Embedding:
        """One unit vector for each face, float32, shape (len(faces), d), by the named recognition model.

        Raises INTERNAL if that model is missing or damaged.
        """
        ...

    def embed_first_view(self, picture: P, faces: Sequence[DetectedFace], model: str) -> Embedding:
        """One unit vector for each face, shape (len(faces), d), in about half of the time that `embed` takes.

        For faces that are only asked about: a cosine with a stored embedding differs by less than
        `first_view_within` from that of `embed`, unless that is 0. This was measured, and cannot be proven:
        about one of 2,000 pairs of one person differs by more. Raises INTERNAL as `embed` does.
        """
        ...

    def first_view_within(self, model: str) -> float:
        """By how much a cosine of `embed_first_view` may be off, by model; 0 where it should not be used.

        Raises INTERNAL as `embed` does.
        """
        ...

    def as_probe(self, embeddings: Embedding, model: str) -> Embedding:
        """Prepare embeddings of the named model, shape (..., d), as probes.

        The dot product of a probe and a stored embedding is their cosine. Raises INTERNAL as `embed` does.
        """
        ...


AnyAnalyzer: TypeAlias = FaceAnalyzer[Any]
"""An analyzer; what its pictures are is its own affair."""


class ImageFetcher(Protocol):
    """Image URL to bytes."""

    def fetch(self, url: str, max_bytes: int) -> bytes:
        """Download a picture's file. Raises INVALID_IMAGE_URL, IMAGE_TIMEOUT, IMAGE_TOO_LARGE (contract.md 13)."""
        ...


class Recipes(Protocol):
    """Recognition models that are made of the same networks."""

    def newer_of(self, model: str) -> str | None:
        """The newest model that embeddings of `model` can be converted to; None if there is no newer one."""
        ...
