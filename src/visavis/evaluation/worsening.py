"""Makes poor pictures, with one kind of defect each, to fit centres for them and to measure their effect.

Pictures are BGR, uint8. The numbers are those of LFW, whose faces have some 43 pixels between the eyes:
`as_in_lfw` brings other pictures to that size first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.types import Box, DetectedFace
from visavis.vision.decode import DecodedPicture, Pixels

Moved: TypeAlias = NDArray[np.float64]
"""The affine map from pixels of the picture to those of the worse one, shape (2, 3)."""
Worsen: TypeAlias = Callable[[Pixels, DetectedFace], tuple[Pixels, Moved]]
"""Makes a picture worse, given the face that it is about; returns the worse one and where its pixels went."""

_STAYS: Moved = np.array([[1.0, 0, 0], [0, 1, 0]])
_BETWEEN_THE_EYES = 43.0


def turned(degrees: float) -> Worsen:
    """Clockwise, on a canvas that has room for it."""

    def worsen(pixels: Pixels, _: DetectedFace) -> tuple[Pixels, Moved]:
        height, width = pixels.shape[:2]
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1.0)
        cos, sin = abs(matrix[0, 0]), abs(matrix[0, 1])
        room = round(width * cos + height * sin), round(width * sin + height * cos)
        matrix[:, 2] += room[0] / 2 - width / 2, room[1] / 2 - height / 2
        return np.asarray(cv2.warpAffine(pixels, matrix, room), np.uint8), np.asarray(matrix, np.float64)

    return worsen


def face_of(side: float) -> Worsen:
    """The shorter side of the face box gets this many pixels."""
    return lambda pixels, face: _scaled(pixels, side / min(face.box.width, face.box.height))


def megapixels(count: float) -> Worsen:
    return lambda pixels, _: _scaled(pixels, (count * 1e6 / (pixels.shape[0] * pixels.shape[1])) ** 0.5)


def as_in_lfw(pixels: Pixels, face: DetectedFace) -> Pixels:
    """The picture at the size at which its face is as large as LFW's are; never enlarged."""
    eyes = np.subtract(face.landmarks.right_eye, face.landmarks.left_eye)
    return _scaled(pixels, min(1.0, _BETWEEN_THE_EYES / float(np.hypot(*eyes))))[0]


def _scaled(pixels: Pixels, factor: float) -> tuple[Pixels, Moved]:
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    scaled = np.asarray(cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=method), np.uint8)
    across, down = scaled.shape[1] / pixels.shape[1], scaled.shape[0] / pixels.shape[0]
    return scaled, np.array([[across, 0, 0], [0, down, 0]])


def in_place(change: Callable[[Pixels], NDArray[np.floating] | Pixels | cv2.typing.MatLike]) -> Worsen:
    return lambda pixels, _: (np.asarray(change(pixels)).clip(0, 255).astype(np.uint8), _STAYS)


def blurred(deviation: float) -> Worsen:
    """A Gaussian of this standard deviation in pixels."""
    return in_place(lambda pixels: cv2.GaussianBlur(pixels, (0, 0), deviation))


def smeared(length: int) -> Worsen:
    """Moved sideways by so many pixels while it was taken."""
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1 / length
    return in_place(lambda pixels: cv2.filter2D(pixels, -1, kernel))


def lit(factor: float) -> Worsen:
    """Each value times this: below 1 dark, above overexposed."""
    return in_place(lambda pixels: pixels * factor)


def noisy(deviation: float) -> Worsen:
    """Normal noise of this standard deviation, 0-255, the same at each call."""
    return in_place(lambda pixels: pixels + np.random.default_rng(0).normal(0, deviation, pixels.shape))


def compressed(quality: int) -> Worsen:
    """Once through JPEG."""

    def change(pixels: Pixels) -> Pixels:
        file = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        return np.asarray(cv2.imdecode(file, cv2.IMREAD_COLOR), np.uint8)

    return in_place(change)


def reduced(side: int) -> Worsen:
    """Make a picture of LFW, 250 x 250 px, this small and enlarge it again."""

    def change(pixels: Pixels) -> cv2.typing.MatLike:
        factor = side / 250
        small = cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        return cv2.resize(small, (pixels.shape[1], pixels.shape[0]), interpolation=cv2.INTER_CUBIC)

    return in_place(change)


def grey(pixels: Pixels) -> cv2.typing.MatLike:
    return cv2.cvtColor(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)


def sunglasses(width: float = 0.38) -> Worsen:
    """Two black discs and a bridge: drawn, since no set of ours has real ones.

    `width`: half of a disc's, in parts of the distance between the eyes.
    """

    def worsen(pixels: Pixels, face: DetectedFace) -> tuple[Pixels, Moved]:
        drawn = pixels.copy()
        left, right = np.array(face.landmarks.left_eye), np.array(face.landmarks.right_eye)
        between = float(np.hypot(*(right - left)))
        for eye in (left, right):
            axes = round(width * between), round(0.74 * width * between)
            centre = (round(eye[0]), round(eye[1] + 0.05 * between))
            cv2.ellipse(drawn, centre, axes, 0, 0, 360, (12, 12, 12), -1, cv2.LINE_AA)
        ends = [(round(x), round(y)) for x, y in (left, right)]
        cv2.line(drawn, ends[0], ends[1], (12, 12, 12), max(1, round(0.08 * between)), cv2.LINE_AA)
        return drawn, _STAYS

    return worsen


ROWS: Mapping[str, Worsen] = {
    "as they are": in_place(lambda pixels: pixels),
    "turned by 90 degrees": turned(90),
    "turned by 180 degrees": turned(180),
    "turned by 270 degrees": turned(270),
    "tilted by 30 degrees": turned(30),
    "tilted by 60 degrees": turned(60),
    "tilted by 120 degrees": turned(120),
    "tilted by 150 degrees": turned(150),
    "face of 62 pixels": face_of(62),
    "enlarged to 12 megapixels": megapixels(12),
    "black and white": in_place(grey),
    "overexposed (x 2)": lit(2.0),
    "dark (x 0.15)": lit(0.15),
    "JPEG quality 10": compressed(10),
    "noise, standard deviation 30": noisy(30),
    "blurred, standard deviation 3 px": blurred(3),
    "sunglasses (drawn)": sunglasses(),
    "blurred, standard deviation 5 px": blurred(5),
    "dark (x 0.08)": lit(0.08),
    "JPEG quality 3": compressed(3),
    "40 x 40 px, enlarged": reduced(40),
    "28 x 28 px, enlarged": reduced(28),
}
"""The rows of docs/robustness.md."""

POOR: Mapping[str, Worsen] = {
    "blurred 2": blurred(2),
    "blurred 3": blurred(3),
    "blurred 4": blurred(4),
    "blurred 5": blurred(5),
    "blurred 6": blurred(6),
    "smeared 9": smeared(9),
    "smeared 15": smeared(15),
    "reduced 40": reduced(40),
    "reduced 28": reduced(28),
    "dark 0.15": lit(0.15),
    "dark 0.1": lit(0.1),
    "dark 0.08": lit(0.08),
    "dark 0.06": lit(0.06),
    "overexposed 2": lit(2.0),
    "overexposed 2.5": lit(2.5),
    "overexposed 3": lit(3.0),
    "noisy 30": noisy(30),
    "compressed 10": compressed(10),
    "compressed 5": compressed(5),
    "compressed 3": compressed(3),
    "sunglasses": sunglasses(),
    "large sunglasses": sunglasses(0.5),
    "tilted 60": turned(60),
    "turned 90": turned(90),
    "tilted 120": turned(120),
    "tilted 150": turned(150),
}
"""The kinds of poor pictures that centres are made of (`visavis.evaluation.centring`)."""


def poor_versions(
    picture: DecodedPicture, find: Callable[[DecodedPicture], DetectedFace | None]
) -> Iterator[tuple[str, DecodedPicture, DetectedFace]]:
    """A picture in every kind of POOR in which its face is still found where it was: the kind, and that face.

    `find` gives the face that is meant; the picture is brought to the size of LFW's first.
    """
    found = find(picture)
    if found is None:
        return
    small = DecodedPicture(np.ascontiguousarray(as_in_lfw(picture.pixels, found)))
    face = find(small)
    if face is None:
        return
    x, y = _middle(face.box)
    for kind, worsen in POOR.items():
        pixels, moved = worsen(small.pixels, face)
        spoilt = DecodedPicture(np.ascontiguousarray(pixels))
        found = find(spoilt)
        if found is not None and _covers(found.box, moved @ np.array([x, y, 1.0])):
            yield kind, spoilt, found


def _middle(box: Box) -> tuple[float, float]:
    return (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2


def _covers(box: Box, point: NDArray[np.float64]) -> bool:
    return bool(box.x0 <= point[0] <= box.x1 and box.y0 <= point[1] <= box.y1)
