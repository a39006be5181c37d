"""Measures what is found in pictures of several faces, of masks, of things and of nobody (docs/robustness.md).

    python training/robustness/scenes.py PEOPLE MASKED [--every N]

PEOPLE is a folder of people, PEOPLE/NAME/*.jpg; of every Nth person with two pictures or more, the second is used.
MASKED is a folder of pictures with a masked face each. Synthetic people and things come
from packages and drawings.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np
import openpeople
from meter import Meter

from visavis.errors import ServiceError
from visavis.evaluation import folders
from visavis.types import COMPARABLE, DetectedFace
from visavis.vision.analyzer import Analyzer
from visavis.vision.decode import DecodedPicture, Pixels, decode
from visavis.vision.models import DEFAULT_RECOGNITION

sys.path.insert(0, str(Path(__file__).parents[2]))
from harness import things

MATCH, SURE = 90.0, 99.0


def main() -> None:
    arguments = parse_arguments()
    meter = Meter.load(DEFAULT_RECOGNITION.name, COMPARABLE)
    analyzer = meter.analyzer
    several = [person.files for person in folders.people_in(arguments.people, 2) if len(person.files) > 1]
    pictures = [decode(files[1].read_bytes()).pixels for files in several[:: arguments.every]]
    print("| pictures | found |\n|---|---|")
    for name, text in (
        ("masked faces", masked(arguments.masked, arguments.every, analyzer)),
        ("montages of 24 faces; 20 are reported", montages(pictures, analyzer)),
        ("openpeople, sheets of 16 emotions", sheets(analyzer, "emotions_sheet", 16)),
        ("openpeople, sheets of a front and two profiles", sheets(analyzer, "character_sheet", 3)),
    ):
        print(f"| {name} | {text} |", flush=True)
    print("\n" + without_faces(pictures, analyzer) + "\n")
    print("| things | found | refused | detection scores | pairs at 90 | at 99 |\n|---|---|---|---|---|---|")
    for name, shown in [
        ("scikit-image", things.samples()),
        *((kind, things.drawn(kind)) for kind in things.KINDS),
    ]:
        print(f"| {name} | {taken_for_faces(shown, meter)} |", flush=True)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("people", type=Path, help="folder of people, PEOPLE/NAME/*.jpg")
    parser.add_argument("masked", type=Path, help="folder of pictures with a masked face each")
    parser.add_argument("--every", type=int, default=1, help="take every Nth person or picture only")
    return parser.parse_args()


def taken_for_faces(pictures: Sequence[Pixels], meter: Meter) -> str:
    """How many are found as faces, how many of these are refused, and how many pairs of the others match."""
    scores, embeddings, refused = [], [], 0
    for pixels in pictures:
        picture = DecodedPicture(np.ascontiguousarray(pixels))
        for face in meter.analyzer.find(picture)[:1]:
            scores.append(face.detection_score)
            embedding = meter.embed(picture, meter.described(picture, face))
            refused += embedding is None
            embeddings += [] if embedding is None else [embedding]
    between = f"{min(scores):.2f} - {max(scores):.2f}" if scores else ""
    pairs = meter.similarities(embeddings, embeddings)[np.triu_indices(len(embeddings), 1)] if embeddings else []
    matching = [f"{int(np.sum(np.array(pairs) >= at))} of {len(pairs)}" for at in (MATCH, SURE)]
    return " | ".join([f"{len(scores)} of {len(pictures)}", str(refused), between, *matching])


def masked(folder: Path, every: int, analyzer: Analyzer) -> str:
    found = count = 0
    for file in sorted(folder.glob("*.jpg"))[::every]:
        try:
            picture = decode(file.read_bytes())
        except ServiceError:  # too small for a face that is reported
            continue
        found += bool(analyzer.find(picture))
        count += 1
    return counted(found, count)


def montages(pictures: Sequence[Pixels], analyzer: Analyzer) -> str:
    found = wanted = 0
    for start in range(0, len(pictures) - 23, 24):
        tiles = [cv2.resize(pixels, (250, 250)) for pixels in pictures[start : start + 24]]
        rows = [np.hstack(tiles[index : index + 6]) for index in range(0, 24, 6)]
        found += len(analyzer.find(DecodedPicture(np.vstack(rows).astype(np.uint8))))
        wanted += 20
    return counted(found, wanted)


def sheets(analyzer: Analyzer, kind: str, faces: int) -> str:
    curated = Path(openpeople.__file__).parent / "data" / "curated"
    files = sorted(curated.glob(f"P*/assets/{kind}.jpg"))
    return counted(sum(len(analyzer.find(decode(file.read_bytes()))) for file in files), faces * len(files))


def without_faces(pictures: Iterable[Pixels], analyzer: Analyzer) -> str:
    """False alarms in pictures whose faces, as far as they are found upright, have been painted over."""
    alarms, seconds, count = 0, 0.0, 0
    for pixels in pictures:
        picture = DecodedPicture(painted_over(pixels, analyzer.find(DecodedPicture(pixels))))
        start = time.perf_counter()
        alarms += len(analyzer.find(picture))
        seconds += time.perf_counter() - start
        count += 1
    return (
        f"Found in {count} pictures whose faces were painted over: {alarms}; {1000 * seconds / count:.1f} ms each."
    )


def painted_over(pixels: Pixels, faces: Iterable[DetectedFace]) -> Pixels:
    painted = pixels.copy()
    for face in faces:
        across, down = 0.3 * face.box.width, 0.3 * face.box.height
        rows = slice(max(0, round(face.box.y0 - down)), round(face.box.y1 + down))
        columns = slice(max(0, round(face.box.x0 - across)), round(face.box.x1 + across))
        painted[rows, columns] = painted[rows, columns].mean(axis=(0, 1))
    return painted


def counted(some: int, all_of_them: int) -> str:
    return f"{some} of {all_of_them} ({100 * some / max(all_of_them, 1):.1f} %)"


if __name__ == "__main__":
    main()
