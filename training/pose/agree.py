"""How far the product's head angles are from those of a network of another family, and how they follow a turn.

    python training/pose/agree.py WHEEL PICTURES... [--most 500]

WHEEL is the wheel of mediapipe 0.10.14, whose FaceMesh (Apache-2.0) marks 468 points in three dimensions: turned
onto their own mean shape, they give a pose. PICTURES are folders, searched with all that is below them; of each
picture the largest face counts.

No truth is measured here. The two err in different ways, so that what they differ by is more than either errs, but
for what both get wrong alike. They differ in what they call straight ahead and in how far their angles go, so
the product's angles are first brought onto FaceMesh's by a line, one for each angle and folder. The second table
needs no other network: pictures are turned by 25 degrees both ways, and the estimates back again.
"""

from __future__ import annotations

import argparse
import zipfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table
from scipy.spatial.transform import Rotation

from visavis.settings import Settings
from visavis.types import DetectedFace, Traits
from visavis.vision.analyzer import Analyzer
from visavis.vision.store import ModelStore

MEMBER = "mediapipe/modules/face_landmark/face_landmark.tflite"
SIDE = 192
SPREAD = 1.5
EYES = (33, 263)
TOP, CHIN = 10, 152
TURN = 25
WORST_SEEN = 0.9
"""FaceMesh's own certainty that it looks at a face; less, and its points are not used."""

Points = NDArray[np.float64]


class FaceMesh:
    """468 points of a face, shape (468, 3), in pixels of the picture; z grows away from the camera."""

    def __init__(self, network: bytes) -> None:
        self._net = Interpreter(model_content=network, num_threads=1)
        self._net.allocate_tensors()
        self._input = self._net.get_input_details()[0]["index"]
        self._points, self._certainty = (
            next(out["index"] for out in self._net.get_output_details() if out["shape"][-1] == length)
            for length in (1404, 1)
        )

    def points(self, pixels: NDArray[np.uint8], face: DetectedFace) -> Points | None:
        """Two passes: the second looks where the first found the face."""
        box, eyes = face.box, face.landmarks.as_array()[:2]
        centre = np.array([(box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2])
        side = SPREAD * max(box.width, box.height)
        for _ in range(2):
            across = eyes[1] - eyes[0]
            along = across / np.linalg.norm(across)
            turn = np.array([along, (-along[1], along[0])])
            points = self._pass(pixels, centre, side, turn)
            upright = points[:, :2] @ turn.T
            low, high = upright.min(axis=0), upright.max(axis=0)
            centre, side, eyes = turn.T @ ((low + high) / 2), SPREAD * (high - low).max(), points[list(EYES), :2]
        certainty = 1 / (1 + np.exp(-float(self._net.get_tensor(self._certainty).ravel()[0])))
        return points if certainty > WORST_SEEN else None

    def _pass(self, pixels: NDArray[np.uint8], centre: Points, side: float, turn: Points) -> Points:
        linear = turn * SIDE / side
        cut = cv2.warpAffine(pixels, np.column_stack([linear, SIDE / 2 - linear @ centre]), (SIDE, SIDE))
        self._net.set_tensor(self._input, (cut[np.newaxis, :, :, ::-1] / 255).astype(np.float32))
        self._net.invoke()
        points = self._net.get_tensor(self._points).reshape(-1, 3).astype(np.float64)
        flat = (points[:, :2] - SIDE / 2) @ np.linalg.inv(linear).T + centre
        return np.column_stack([flat, points[:, 2] * side / SIDE])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("pictures", type=Path, nargs="+")
    parser.add_argument("--most", type=int, default=500, help="pictures of each folder, from all over it")
    options = parser.parse_args()
    mesh = FaceMesh(zipfile.ZipFile(options.wheel).read(MEMBER))
    analyzer = Analyzer.load(ModelStore(Settings().models_dir), cpu_places=1)
    measured = {folder: list(measure(analyzer, mesh, folder, options.most)) for folder in options.pictures}
    shapes = np.stack([points for rows in measured.values() for _, points, _ in rows])
    reference = mesh_angles(shapes)
    table = Table("pictures", "faces", "yaw", "pitch", "roll", title="Mean difference from FaceMesh, degrees")
    follows = Table("pictures", "faces", "yaw", "pitch", "roll", title=f"Off after a turn by {TURN} degrees")
    start = 0
    for folder, rows in measured.items():
        other, own = reference[start : start + len(rows)], np.array([angles for angles, _, _ in rows])
        start += len(rows)
        far = np.abs(other[:, :2]).max(axis=1) > 20
        for name, chosen in ((folder.name, far | True), ("  yaw or pitch beyond 20", far)):
            table.add_row(name, str(chosen.sum()), *differences(other, own, chosen))
        off = np.array([row for _, _, turns in rows for row in turns])
        follows.add_row(folder.name, str(len(off)), *(mean(column) for column in np.abs(off).T))
    Console().print(table, follows)


def measure(
    analyzer: Analyzer, mesh: FaceMesh, folder: Path, most: int
) -> Iterator[tuple[list[float], Points, list[list[float]]]]:
    """Of each face: the product's angles, FaceMesh's points, and by how much the product misses two turns."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in {".jpg", ".png"})
    for file in track(files[:: -(-len(files) // most)], folder.name):
        picture = cv2.imread(str(file))
        angles, face = largest(analyzer, picture)
        points = mesh.points(picture, face) if face else None
        if angles is not None and points is not None:
            yield angles, points, list(missed_turns(analyzer, picture, angles))


def missed_turns(analyzer: Analyzer, picture: NDArray[np.uint8], angles: list[float]) -> Iterator[list[float]]:
    """The picture turned, with what lies around it black."""
    height, width = picture.shape[:2]
    for clockwise in (-TURN, TURN):
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -clockwise, 1)
        seen, _ = largest(analyzer, cv2.warpAffine(picture, matrix, (width, height)))
        if seen is not None:
            head = Rotation.from_euler("XYZ", [-seen[1], -seen[0], seen[2]], degrees=True)
            x, y, z = (Rotation.from_euler("z", -clockwise, degrees=True) * head).as_euler("XYZ", degrees=True)
            yield [-y - angles[0], -x - angles[1], (z - angles[2] + 180) % 360 - 180]


def largest(analyzer: Analyzer, pixels: NDArray[np.uint8]) -> tuple[list[float] | None, DetectedFace | None]:
    with analyzer.decode(cv2.imencode(".png", pixels)[1].tobytes()) as picture:
        for face in analyzer.describe(picture, analyzer.find(picture)[:1], Traits(pose=True)):
            assert face.pose is not None
            return [face.pose.yaw, face.pose.pitch, face.pose.roll], face
    return None, None


def mesh_angles(shapes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Yaw, pitch, roll in degrees, shape (n, 3), of shapes (n, 468, 3), against their symmetric mean shape."""
    shapes = shapes - shapes.mean(axis=1, keepdims=True)
    shapes /= np.linalg.norm(shapes, axis=(1, 2), keepdims=True)
    mean = shapes[0]
    for _ in range(5):
        mean = np.einsum("nji,nkj->ki", rotations(mean, shapes), shapes) / len(shapes)
    across = mean[EYES[1]] - mean[EYES[0]]
    across /= np.linalg.norm(across)
    down = mean[CHIN] - mean[TOP]
    down -= across * (across @ down)
    down /= np.linalg.norm(down)
    mean = mean @ np.stack([across, down, np.cross(across, down)]).T
    turned = rotations(mean, shapes)
    yaw, pitch = -np.arcsin(turned[:, 0, 2]), np.arctan2(turned[:, 1, 2], turned[:, 2, 2])
    return np.degrees(np.stack([yaw, pitch, np.arctan2(-turned[:, 0, 1], turned[:, 0, 0])], axis=1))


def rotations(mean: Points, shapes: NDArray[np.float64]) -> NDArray[np.float64]:
    """What turns the mean shape onto each shape, shape (n, 3, 3) (W. Kabsch 1976)."""
    u, _, vt = np.linalg.svd(np.einsum("ki,nkj->nij", mean, shapes))
    sign = np.tile(np.eye(3), (len(shapes), 1, 1))
    sign[:, 2, 2] = np.sign(np.linalg.det(u @ vt))
    return np.asarray(np.einsum("nij,njk,nkl->nil", vt.transpose(0, 2, 1), sign, u.transpose(0, 2, 1)))


def differences(other: NDArray[np.float64], own: NDArray[np.float64], chosen: NDArray[np.bool_]) -> list[str]:
    """Of each angle, in FaceMesh's degrees, after a line through all faces of the folder."""
    texts = []
    for reference, value in zip(other.T, own.T, strict=True):
        slope, offset = np.polyfit(reference, value, 1)
        texts.append(mean(np.abs((value - offset) / slope - reference)[chosen]))
    return texts


def mean(values: NDArray[np.float64]) -> str:
    """With the half width of its 95 % interval."""
    return f"{values.mean():.1f} ± {1.96 * values.std() / np.sqrt(len(values)):.1f}"


if __name__ == "__main__":
    main()
