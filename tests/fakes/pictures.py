"""Files of pictures that `FakeAnalyzer` can decode: they say what is to be seen instead of showing it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TypeAlias

from visavis.types import (
    Box,
    Comparability,
    DetectedFace,
    ImageSize,
    Landmarks,
    Pose,
    Quality,
    QualityDefect,
)

HEAD, TAIL = b"picture ", b" end"
GIF = b"GIF89a of something"

Turn: TypeAlias = tuple[float, float, float]


@dataclass(frozen=True)
class FakeFace:
    """A face as a test wants it to be seen."""

    person: int = 0
    """Who it is: 0-15."""
    likeness: float = 1.0
    """How much it resembles other pictures of the person, 0-1."""
    left: float = 10.0
    top: float = 20.0
    width: float = 100.0
    height: float = 100.0
    turn: Turn = (0.0, 0.0, 0.0)
    """Yaw, pitch and roll."""
    masked: bool = False
    liveness: float = 99.0
    quality: float | None = 90.0
    """None where it cannot be measured; so for comparability."""
    defect: str | None = None
    comparability: float | None = 99.0
    lacks: str = QualityDefect.BLURRED

    def found(self) -> DetectedFace:
        """As a detector finds it: without traits."""
        x, y, width, height = self.left, self.top, self.width, self.height
        eyes = ((x + 0.3 * width, y + 0.4 * height), (x + 0.7 * width, y + 0.4 * height))
        lips = ((x + 0.35 * width, y + 0.75 * height), (x + 0.65 * width, y + 0.75 * height))
        points = Landmarks(*eyes, (x + 0.5 * width, y + 0.6 * height), *lips)
        return DetectedFace(Box(x, y, x + width, y + height), points, detection_score=0.9)

    @property
    def measured_quality(self) -> Quality | None:
        if self.quality is None:
            return None
        defect = None if self.defect is None else QualityDefect(self.defect)
        return Quality(self.quality, 95, 94, 93, 92, 91, 90, defect)

    @property
    def measured_comparability(self) -> Comparability | None:
        if self.comparability is None:
            return None
        return Comparability(self.comparability, QualityDefect(self.lacks))

    @property
    def pose(self) -> Pose:
        return Pose(*self.turn)


@dataclass
class FakePicture:
    """A decoded picture; `size` and `small_faces` are all that core may know of it."""

    size: ImageSize
    faces: tuple[FakeFace, ...]
    liveness: float
    small_faces: int = 0


def picture(*faces: FakeFace, width: int = 1000, height: int = 500, liveness: float = 99.0) -> bytes:
    """The file of a picture; `liveness` is that of a picture which is nothing but a face."""
    content = {"size": [width, height], "faces": [asdict(face) for face in faces], "liveness": liveness}
    return HEAD + json.dumps(content).encode() + TAIL


def read(file: bytes) -> FakePicture:
    """The inverse of `picture`."""
    content = json.loads(file.removeprefix(HEAD).removesuffix(TAIL))
    faces = (FakeFace(**{**face, "turn": tuple(face["turn"])}) for face in content["faces"])
    return FakePicture(ImageSize(*content["size"]), tuple(faces), content["liveness"])
