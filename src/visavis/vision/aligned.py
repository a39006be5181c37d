"""Aligned faces of a picture, each cut out, measured and asked about a mask once, whoever needs it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from visavis.types import Landmarks
from visavis.vision.align import align
from visavis.vision.decode import DecodedPicture, Pixels
from visavis.vision.measures import measures


@dataclass
class AlignedFace:
    """A face as nearly all networks of today want it (`visavis.vision.models.ARCFACE`)."""

    pixels: Pixels
    """Shape (112, 112, 3), BGR."""
    masked: bool | None = None
    """Whether it wears a mask; None: nobody has looked yet."""

    @cached_property
    def measures(self) -> NDArray[np.float64]:
        """What `visavis.vision.measures.measures` says of the pixels."""
        return measures(self.pixels)


def aligned(picture: DecodedPicture, landmarks: Landmarks) -> AlignedFace:
    """The face of a picture with these landmarks; the same object every time."""
    return picture.once(landmarks, lambda: AlignedFace(align(picture, landmarks)))
