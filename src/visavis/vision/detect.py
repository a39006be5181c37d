"""Finds boxes and landmarks with YuNet: a first pass over the whole picture, a second pass over each face.

YuNet: W. Wu, H. Peng, S. Yu, "YuNet: A Tiny Millisecond-level Face Detector", Machine Intelligence Research 2023.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.types import Box, DetectedFace, ImageSize, Landmarks
from visavis.vision.align import crop
from visavis.vision.decode import DecodedPicture, Pixels
from visavis.vision.geometry import SAME_FACE_IOU, FaceCrop, Faces, iou, tilt_of
from visavis.vision.networks import applied
from visavis.vision.prepared import Edits, PreparedNetwork
from visavis.vision.session import Network

YUNET_EDITS = Edits(dynamic_axes=(0, 2, 3), takes_pixels=True, family="yunet")
MIN_FACE = 60.0
"""Pixels; a smaller face, by width or height, is not reported."""
MAX_FACES = 20
_CANDIDATE_SCORE = 0.5
_SCORE = 0.6
"""Candidates may be doubtful, since each gets a second pass. What was found with scores of 0.5-0.8 in 1,400 LFW
pictures whose faces had been painted over were other faces, blurred or covered, but for some five hands and
collars; masked faces score 0.2 less than bare ones."""
_STRIDES = (8, 16, 32)

# Why two scales. YuNet finds faces of 24-320 px best: of 80 faces, 97 % scored 0.7 and more at 19 px, and all did
# at 24-420 px. The fine scale turns the 60 px face of a 3-megapixel picture into 24 px, and keeps to that ratio
# for larger pictures and for any aspect ratio, since it goes by area. There, the face that fills the picture has
# 600-900 px, and 3 of 25 were missed; a third of that scale, for a ninth of the time, finds all.
_SCAN_PIXELS = 480_000
_COARSE = 1 / 3
_LARGEST_SEEN = 320

# Why a look before the scan. Most pictures show one large face, and nothing else that might be one. A look at 0.4
# of it, where a face of 60 px has 24, tells so in a third of the time. What has a little of a face's score there
# gets a second pass: of 42 bare faces of 63-130 px beside a large one, all score 0.23 and more. Where there is no
# face, one below 100 px, one that is not sure or too much that might be one, the picture is scanned as finely as
# ever; what is not sure is found anew, since its second pass began from a worse box (docs/decisions/0088).
_FIRST_SCALE = 0.4
_DOUBTFUL = 0.15
_CLEARLY_SEEN = 100.0
_FEW = 3
_LARGEST_SEEN_FIRST = 448
"""Larger than `_LARGEST_SEEN`, since a picture in which no face is found is scanned all the same."""

# Why a second pass. Landmarks from an equal view of every face, and from its mirror image too, make better
# embeddings: on 1,300 LFW pictures, genuine pairs accepted at a false match rate of 1e-4 rise from 98.3 to 99.1 %,
# for 3 ms a face. Faces of 110 px in a 192 px crop keep more of the masked ones than 80 px in 160.
_CROP = FaceCrop(side=192, spread=1.7)

# Why from all sides. In pictures that lie on their side without telling, half of the faces are missed, and those
# that are found, like all that stand on their head, have the landmarks of an upright face, which they are not. So
# a face that scores less than nearly all upright ones do gets passes from the other sides. Of 255 LFW faces upside
# down, all scored below 0.9, and 99 % score higher when turned back; of as many upright ones, 1 % score below 0.9
# and none scores as much when turned. Whatever was found upright, the picture is scanned turned too, coarsely: who
# lies in the foreground must not be passed over for an upright bystander. Only where that shows a turned face, or
# nothing at all was found, is it scanned turned at the fine scale (docs/decisions/0075).
_TURNED_SCORE = 0.8
_LYING = 1
"""A scan that sees faces on one side upright sees those on the other upside down. YuNet finds most of them too,
with landmarks that further passes put right."""
_TURNED = frozenset({1, 2, 3})
"""By how many quarters of a circle faces may be turned clockwise."""
_TURN_BACK = {1: cv2.ROTATE_90_COUNTERCLOCKWISE, 2: cv2.ROTATE_180, 3: cv2.ROTATE_90_CLOCKWISE}
_SURE = 0.9
_SMALL_SCORE = 0.8
"""Faces that are too small get no second pass, so fewer of them are believed."""
_CLEARLY_BETTER = 0.01

# Why upright. YuNet draws landmarks too upright: of a tilt of 10 degrees they show 3, of 30 degrees 8 (35 LFW
# faces). A pass over the face turned back by three times what they show has them right.
_UNDERSTATED = 3.2
_UPRIGHT = math.radians(3)
"""The least tilt, in radians, that a face is turned back by."""


class Detector:
    """Finds faces. Thread-safe."""

    def __init__(self, yunet: bytes) -> None:
        """Raises SetupError if the bytes are no network."""
        self._network = Network(yunet if isinstance(yunet, PreparedNetwork) else applied(YUNET_EDITS, yunet))

    def find(self, picture: DecodedPicture) -> list[DetectedFace]:
        """Faces of at least 60 x 60 px inside the picture, largest box first, 20 at most."""
        candidates, upright = self._upright(picture)
        faces = _suppressed(np.concatenate([upright, self._turned(picture, upright)]))
        picture.small_faces = _small(candidates, faces, picture.size)
        return [_detected(face, picture.size) for face in _largest(faces, picture.size, MIN_FACE, MAX_FACES)]

    def _upright(self, picture: DecodedPicture) -> tuple[Faces, Faces]:
        """The candidates in the picture as it is, and the faces among them that further passes confirm."""
        coarse, fine = first_scale(picture.size), _fine_scale(picture.size)
        if coarse == fine:
            candidates = self._scan(picture, fine, _CANDIDATE_SCORE)
            return candidates, self._confirmed(picture, candidates, np.zeros(len(candidates)))
        seen = self._scan(picture, coarse, _DOUBTFUL)
        clear = _is_clear(seen)
        chosen = seen if clear else seen[seen[:, 0] >= _CANDIDATE_SCORE]
        faces = self._confirmed(picture, chosen, np.zeros(len(chosen)))
        sure = faces[faces[:, 0] >= _SURE]
        if clear and len(sure) == len(faces) > 0 and _shorter_sides(faces).min() >= _CLEARLY_SEEN:
            return seen, faces
        finer = self._scan(picture, fine, _CANDIDATE_SCORE)
        new = finer[[not (iou(face[1:5], sure[:, 1:5]) >= SAME_FACE_IOU).any() for face in finer]]
        found = self._confirmed(picture, new, np.zeros(len(new)))
        return _suppressed(np.concatenate([seen, finer])), _suppressed(np.concatenate([sure, found]))

    def _turned(self, picture: DecodedPicture, found: Faces) -> Faces:
        """The faces that lie on a side or stand on their head, besides those that have been found."""
        fine = _fine_scale(picture.size)
        turned = self._found_turned(picture, found, fine * _COARSE, {_LYING})
        known = np.concatenate([found, turned])
        sides = {_quarter_number(face) for face in known} - {0} if len(known) else _TURNED
        return np.concatenate([turned, self._found_turned(picture, known, fine, sides)]) if sides else turned

    def _found_turned(
        self, picture: DecodedPicture, known: Faces, scale: float, quarters: Collection[int]
    ) -> Faces:
        """The faces turned clockwise by so many quarters that show at this scale, but the known ones."""
        seen = self._scan_turned(picture, scale, quarters)
        new = seen[[not (iou(face[1:5], known[:, 1:5]) >= SAME_FACE_IOU).any() for face in seen]]
        return _certain(self._confirmed(picture, new, _quarters(new)))

    def _confirmed(self, picture: DecodedPicture, seen: Faces, tilts: NDArray[np.float64]) -> Faces:
        """The faces that further passes confirm, out of candidates with these tilts."""
        if not len(seen):
            return seen
        chosen = _largest_indices(seen, picture.size, 0.8 * MIN_FACE, 2 * MAX_FACES)
        faces = self._second_pass(picture, seen[chosen], tilts[chosen])
        better = self._sideways_pass(picture, faces[faces[:, 0] < _SURE])
        turned = _certain(self._second_pass(picture, better, _quarters(better)))
        faces = _suppressed(np.concatenate([faces[faces[:, 0] >= _SCORE], turned]))
        return _largest(self._straightened(picture, faces), picture.size, MIN_FACE, len(faces))

    def _scan(self, picture: DecodedPicture, scale: float, score: float) -> Faces:
        """First pass: candidates in the whole picture with such a score, in pixels of the picture.

        Besides this scale, a third of it is looked at where that is needed for the largest faces.
        """
        found = []
        for one in _with_coarse(picture.size, scale):
            small = _at_scale(picture, one)
            small_height, small_width = small.shape[:2]
            (faces,) = self._run(_padded(small)[np.newaxis], score)
            faces[:, 1::2] *= picture.size.width / small_width
            faces[:, 2::2] *= picture.size.height / small_height
            found.append(faces)
        return _suppressed(np.concatenate(found))

    def _scan_turned(self, picture: DecodedPicture, scale: float, quarters: Collection[int]) -> Faces:
        """Candidates in the picture turned back by each number of quarters, in pixels of the unturned picture."""
        small = _at_scale(picture, scale)
        canvas = _padded(small)
        enlargement = max(picture.size.width, picture.size.height) / max(small.shape[:2])
        found = [np.empty((0, 15), np.float32)]
        for quarter in sorted(quarters):
            [faces] = self._run(np.asarray(cv2.rotate(canvas, _TURN_BACK[quarter]), np.uint8)[np.newaxis])
            found.append(_moved(faces, enlargement * _turned_back(quarter, canvas.shape[1], canvas.shape[0])))
        return _suppressed(np.concatenate(found))

    def _second_pass(self, picture: DecodedPicture, candidates: Faces, tilts: NDArray[np.float64]) -> Faces:
        """Second pass: the candidates that are confirmed at YuNet's best size, and upright, measured again.

        Every face gets a crop of its own, and that crop's mirror image; the mean of both is kept.
        """
        if not len(candidates):
            return candidates
        transforms = [_CROP.transform(face[1:5], tilt) for face, tilt in zip(candidates, tilts, strict=True)]
        crops = [crop(picture, transform, _CROP.side) for transform in transforms]
        seen = self._run(np.stack([*crops, *(np.asarray(cv2.flip(each, 1), np.uint8) for each in crops)]))
        straight, mirrored = seen[: len(crops)], [_CROP.unmirrored(faces) for faces in seen[len(crops) :]]
        confirmed = []
        for transform, pair in zip(transforms, zip(straight, mirrored, strict=True), strict=True):
            central = [view for faces in pair for view in _CROP.central(faces)]
            if central:
                mean = np.mean(central, axis=0)[np.newaxis]
                confirmed.append(_moved(mean, cv2.invertAffineTransform(transform))[0])
        return np.array(confirmed, np.float32).reshape(-1, 15)

    def _straightened(self, picture: DecodedPicture, faces: Faces) -> Faces:
        """The faces in their boxes; tilted ones get the landmarks of an upright pass."""
        tilts = np.array([_true_tilt(face) for face in faces])
        tilted = np.flatnonzero(np.abs(tilts - _quarters(faces)) > _UPRIGHT)
        again = self._second_pass(picture, faces[tilted], tilts[tilted])
        straight = faces.copy()
        for index in tilted:
            overlaps = iou(faces[index, 1:5], again[:, 1:5])
            if (overlaps >= SAME_FACE_IOU).any():
                upright = again[overlaps.argmax()]
                straight[index, 0], straight[index, 5:] = upright[0], upright[5:]
        return straight

    def _sideways_pass(self, picture: DecodedPicture, faces: Faces) -> Faces:
        """The faces that score better lying on a side or upside down, in their best orientation."""
        if not len(faces):
            return faces
        transforms = [_CROP.transform(face[1:5], _quarter(face)) for face in faces]
        crops = [crop(picture, transform, _CROP.side) for transform in transforms]
        seen = self._run(np.stack([np.rot90(each, quarters) for each in crops for quarters in (1, 2, 3)]))
        better = []
        for index, (face, transform) in enumerate(zip(faces, transforms, strict=True)):
            turned = [
                _moved(_CROP.central(found), _turned_back(quarters, _CROP.side, _CROP.side))
                for quarters, found in enumerate(seen[3 * index : 3 * index + 3], start=1)
            ]
            best = max(np.concatenate(turned), key=lambda view: view[0], default=face)
            if best[0] > face[0] + _CLEARLY_BETTER:
                better.append(_moved(best[np.newaxis], cv2.invertAffineTransform(transform))[0])
        return np.array(better, np.float32).reshape(-1, 15)

    def _run(self, batch: Pixels, score: float = _CANDIDATE_SCORE) -> list[Faces]:
        """The faces in each picture of a batch (n, h, w, 3), sides multiples of 32; not yet suppressed."""
        _, height, width, _ = batch.shape
        return _decoded(self._network.run(batch), height, width, score)


def first_scale(size: ImageSize) -> float:
    """The scale of the first pass over a picture, 0-1; further passes may need a finer one."""
    coarse = max(_FIRST_SCALE, _LARGEST_SEEN / max(size.width, size.height))
    return min(coarse, _fine_scale(size))


def _fine_scale(size: ImageSize) -> float:
    """The finest scale, 0-1, at which a whole picture is looked at."""
    return min(1.0, math.sqrt(_SCAN_PIXELS / (size.width * size.height)))


def _with_coarse(size: ImageSize, scale: float) -> list[float]:
    largest = _LARGEST_SEEN if scale == _fine_scale(size) else _LARGEST_SEEN_FIRST
    return [scale] if scale * max(size.width, size.height) <= largest else [scale, scale * _COARSE]


def _is_clear(seen: Faces) -> bool:
    """Whether a coarse look shows neither small faces nor much that might be a face."""
    small = _shorter_sides(seen) < 0.8 * MIN_FACE
    doubtful = ~small & (seen[:, 0] < _CANDIDATE_SCORE)
    return bool(doubtful.sum() <= _FEW) and not (seen[small, 0] >= _SMALL_SCORE).any()


def _shorter_sides(faces: Faces) -> NDArray[np.float32]:
    return np.asarray((faces[:, 3:5] - faces[:, 1:3]).min(axis=1))


def _certain(faces: Faces) -> Faces:
    """The faces that score enough for ones that are not upright, where false detections are more likely."""
    return np.asarray(faces[faces[:, 0] >= _TURNED_SCORE])


def _at_scale(picture: DecodedPicture, scale: float) -> Pixels:
    width, height = picture.size.width, picture.size.height
    return _shrunk(picture.at(scale)[0], max(1, round(width * scale)), max(1, round(height * scale)))


def _shrunk(pixels: Pixels, width: int, height: int) -> Pixels:
    """The picture, at most twice as large, in this size."""
    if pixels.shape[:2] == (height, width):
        return pixels
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def _padded(pixels: Pixels) -> Pixels:
    """The picture with black at its right and below, so that its sides are multiples of 32."""
    height, width = pixels.shape[:2]
    return np.asarray(cv2.copyMakeBorder(pixels, 0, -height % 32, 0, -width % 32, cv2.BORDER_CONSTANT), np.uint8)


def _decoded(outputs: Mapping[str, NDArray[np.float32]], height: int, width: int, score: float) -> list[Faces]:
    """The faces in each picture of this size: those cells of the network's three grids with such a score.

    The score is the root of a chance; centres are in cells from the cell, sizes logarithms, landmarks in cells
    from it.
    """
    chances = outputs["chances"][:, 0]
    pictures, cells = np.nonzero(chances >= score**2)
    if not len(cells):
        return [np.empty((0, 15), np.float32)] * len(chances)
    grid, stride = _grid_positions(cells, height, width)
    shapes = outputs["shapes"][pictures, :, cells]
    centres = (grid + shapes[:, :2]) * stride
    halves = np.exp(shapes[:, 2:4]) * (stride / 2)
    landmarks = (shapes[:, 4:].reshape(-1, 5, 2) + grid[:, np.newaxis]) * stride[:, np.newaxis]
    scores = np.sqrt(chances[pictures, cells, np.newaxis])
    faces = np.hstack([scores, centres - halves, centres + halves, landmarks.reshape(-1, 10)])
    return np.split(faces, np.searchsorted(pictures, range(1, len(chances))))


def _grid_positions(
    cells: NDArray[np.intp], height: int, width: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Column and row of each cell in its grid, shape (n, 2), and its stride, shape (n, 1).

    The cells are numbered through all grids, one after the other.
    """
    ends = np.cumsum([(height // stride) * (width // stride) for stride in _STRIDES])
    grids = np.searchsorted(ends, cells, side="right")
    strides = np.array(_STRIDES)[grids]
    rows, columns = np.divmod(cells - np.array([0, *ends])[grids], width // strides)
    return np.stack([columns, rows], axis=1).astype(np.float32), strides[:, np.newaxis].astype(np.float32)


def _quarter(face: NDArray[np.float32]) -> float:
    """The tilt to the nearest quarter of a circle."""
    return _nearest_quarter(tilt_of(face[5:]))


def _nearest_quarter(tilt: float) -> float:
    return round(tilt / (math.pi / 2)) * (math.pi / 2)


def _quarter_number(face: NDArray[np.float32]) -> int:
    """By how many quarters of a circle the face is turned clockwise, 0-3."""
    return round(tilt_of(face[5:]) / (math.pi / 2)) % 4


def _quarters(faces: Faces) -> NDArray[np.float64]:
    return np.array([_quarter(face) for face in faces], np.float64)


def _true_tilt(face: NDArray[np.float32]) -> float:
    """The tilt that makes YuNet draw such landmarks, when it sees the face at the nearest quarter."""
    tilt = tilt_of(face[5:])
    quarter = _nearest_quarter(tilt)
    return quarter + max(-math.pi / 4, min(_UNDERSTATED * (tilt - quarter), math.pi / 4))


def _turned_back(quarters: int, width: int, height: int) -> NDArray[np.float64]:
    """The transform, shape (2, 3), from a picture turned anticlockwise to the original of this size."""
    cos, sin = [(1, 0), (0, 1), (-1, 0), (0, -1)][quarters]
    linear = np.array([[cos, -sin], [sin, cos]], np.float64)
    turned = (height, width) if quarters % 2 else (width, height)
    return np.column_stack([linear, np.array([width, height]) / 2 - linear @ turned / 2])


def _moved(faces: Faces, transform: NDArray[Any] | cv2.typing.MatLike) -> Faces:
    """Boxes and landmarks after a similarity, shape (2, 3).

    A box stays parallel to the axes and keeps its proportions; only one that comes to lie on its side changes
    width and height.
    """
    linear = np.asarray(transform)[:, :2]
    points = faces[:, 1:].reshape(-1, 7, 2) @ linear.T + np.asarray(transform)[:, 2]
    centres = (points[:, 0] + points[:, 1]) / 2
    sides = (faces[:, 3:5] - faces[:, 1:3]) * math.hypot(linear[0, 0], linear[1, 0])
    if abs(linear[0, 1]) > abs(linear[0, 0]):
        sides = sides[:, ::-1]
    corners = [centres - sides / 2, centres + sides / 2]
    return np.hstack([faces[:, :1], *corners, points[:, 2:].reshape(-1, 10)]).astype(np.float32)


def _suppressed(faces: Faces) -> Faces:
    """Greedy non-maximum suppression: of boxes that overlap, the one that scores best.

    A box without width or height is left out: it overlaps nothing, not even itself, and would never be done with.
    """
    kept = []
    faces = faces[(faces[:, 3:5] > faces[:, 1:3]).all(axis=1)]
    if len(faces) < 2:
        return faces
    rest = faces[np.argsort(-faces[:, 0])]
    while len(rest):
        kept.append(rest[0])
        rest = rest[iou(rest[0, 1:5], rest[:, 1:5]) < SAME_FACE_IOU]
    return np.array(kept, np.float32).reshape(-1, 15)


def _largest(faces: Faces, size: ImageSize, min_side: float, limit: int) -> Faces:
    """At most `limit` of the faces whose part inside the picture has sides of `min_side`, largest first."""
    return np.asarray(faces[_largest_indices(faces, size, min_side, limit)])


def _largest_indices(faces: Faces, size: ImageSize, min_side: float, limit: int) -> NDArray[np.intp]:
    corner = np.array([size.width, size.height], np.float32)
    sides = faces[:, 3:5].clip(0, corner) - faces[:, 1:3].clip(0, corner)
    order = np.argsort(-sides.prod(axis=1), kind="stable")
    return np.asarray(order[sides[order].min(axis=1) >= min_side][:limit])


def _small(candidates: Faces, found: Faces, size: ImageSize) -> int:
    """The number of candidates that are surely faces, and smaller than those that are reported."""
    sure = candidates[candidates[:, 0] >= _SMALL_SCORE]
    large = set(_largest_indices(sure, size, MIN_FACE, len(sure)).tolist())
    small = [face for index, face in enumerate(sure) if index not in large]
    return sum(not (iou(face[1:5], found[:, 1:5]) >= SAME_FACE_IOU).any() for face in small)


def _detected(face: NDArray[np.float32], size: ImageSize) -> DetectedFace:
    score, x0, y0, x1, y1, *points = (float(value) for value in face)
    left_eye, right_eye, nose, left_lip, right_lip = zip(points[::2], points[1::2], strict=True)
    return DetectedFace(
        Box(x0, y0, x1, y1).clipped(size), Landmarks(left_eye, right_eye, nose, left_lip, right_lip), score
    )
