"""Detects the faces of pictures; nothing is stored."""

from __future__ import annotations

from dataclasses import dataclass

from visavis.core import images, policy
from visavis.core.ports import AnyAnalyzer, ImageFetcher
from visavis.errors import ErrorCode, ServiceError
from visavis.types import DetectedFace, ImageSize, ImageSource, RequestedAttributes, Sensitivity

ALIGNED_SIZE = ImageSize(224, 224)
"""Size of pictures that are sent as aligned faces (seed 003, spoofing)."""


@dataclass(frozen=True, slots=True)
class Detected:
    """The faces of one picture, largest first."""

    size: ImageSize
    faces: list[DetectedFace]
    small: int = 0
    """How many faces were left out because they are smaller than 60 x 60 px."""


@dataclass(frozen=True, slots=True)
class Detection:
    """Detects faces and describes them."""

    analyzer: AnyAnalyzer
    fetcher: ImageFetcher

    def load(self, source: ImageSource) -> bytes:
        """A picture's file, fetched where only its URL is given. Raises image errors."""
        return images.load(source, self.fetcher)

    def detect(self, source: ImageSource, requested: RequestedAttributes) -> Detected:
        """Every face of a picture; none is not an error. Raises image errors."""
        data = self.load(source)
        with self.analyzer.decode(data) as picture:
            faces = self.analyzer.describe(picture, self.analyzer.find(picture), requested.traits)
            return Detected(picture.size, policy.judged(faces, requested.spoof), picture.small_faces)

    def check_aligned(self, source: ImageSource, sensitivity: Sensitivity) -> bool:
        """Whether a picture that is nothing but an aligned face, 224 x 224, is a spoof.

        Raises IMAGE_NOT_ALIGNED, image errors.
        """
        data = self.load(source)
        with self.analyzer.decode(data) as picture:
            if picture.size != ALIGNED_SIZE:
                raise ServiceError(
                    ErrorCode.IMAGE_NOT_ALIGNED,
                    f"An aligned image has {ALIGNED_SIZE.width} x {ALIGNED_SIZE.height} pixels.",
                )
            return policy.is_spoof(self.analyzer.aligned_liveness(picture), sensitivity)
