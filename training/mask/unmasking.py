"""Fits what masked faces are compared by: the map that brings their answers near to those of the bare face.

    python training/mask/unmasking.py SET=PEOPLE ... --people NAMES [--model NAME] [--write]

Draws a mask over the face of up to two pictures of each person, finds the face again, and asks the networks of
both. The map is affine: least squares on all pairs, drawn towards leaving everything as it is by PENALTY. It is
fitted on the people who are not in NAMES, the JSON list that training/similarity/parts.py prints; those who are
judge it. For them the false match rates of strangers, and the shares of pairs of one person, are printed at the
similarity of 90 for bare, masked and bare, and two masked faces, as the recipe has them. PEOPLE is a folder of
pictures, or of folders.
"""

from __future__ import annotations

import argparse
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np
from drawing import draw
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from visavis.errors import ServiceError
from visavis.evaluation.corpus import central
from visavis.settings import Settings
from visavis.types import DetectedFace, Embedding
from visavis.vision.analyzer import Analyzer
from visavis.vision.catalogue import Catalogue
from visavis.vision.decode import DecodedPicture, decode
from visavis.vision.fusion import as_probe, fused
from visavis.vision.models import RECOGNITION_CARDS, RecognitionCard
from visavis.vision.models.recipes import bundled_unmasking
from visavis.vision.recognition import Recognizer, Recognizers
from visavis.vision.store import ModelStore

CARDS = {card.name: card for card in RECOGNITION_CARDS if card.masks is not None}
PENALTY = 10.0
PICTURES_A_PERSON = 2
THREADS = 2
MATCH = 90.0

console = Console()


@dataclass(frozen=True)
class Looked:
    """One picture: whose it is, and the answers for it as it is and with a mask."""

    group: str
    person: str
    bare: dict[str, Embedding]
    masked: dict[str, Embedding]


def main() -> None:
    arguments = parse_arguments()
    names = arguments.model or list(CARDS)
    looked = look(dict(each.split("=", 1) for each in arguments.sets), names)
    held = set(json.loads(arguments.people.read_text()))
    for name in names:
        card = CARDS[name]
        fitting = [each for each in looked if each.person not in held and wears_mask(each, name)]
        console.print(f"{name}: fitted on {len(fitting):,} pictures")
        unmasking = fitted(card, fitting)
        if arguments.write:
            assert card.masks is not None
            folder = Path(__file__).parents[2] / "src/visavis/vision/calibration"
            np.save(folder / f"{card.masks.fitted}.masks.npy", unmasking.astype(np.float16))
            bundled_unmasking.cache_clear()
        report(card, [each for each in looked if each.person in held])


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+", metavar="SET=PEOPLE")
    parser.add_argument("--people", type=Path, required=True, help="JSON list of those who are not fitted on")
    parser.add_argument("--model", nargs="+", choices=list(CARDS))
    parser.add_argument("--write", action="store_true", help="write the map into the package")
    return parser.parse_args()


def look(sets: dict[str, str], names: list[str]) -> list[Looked]:
    store = ModelStore(Settings().models_dir)
    recognizers = Recognizers(store, Catalogue.read(store.directory))
    analyzer = Analyzer.load(store, THREADS, recognizers)
    loaded = {name: recognizers.load(name) for name in names}
    files = [
        (group, person.stem, file)
        for group, folder in sets.items()
        for person in sorted(Path(folder).iterdir())
        for file in (sorted(person.glob("*.jpg"))[:PICTURES_A_PERSON] if person.is_dir() else [person])
    ]
    with ThreadPoolExecutor(THREADS) as pool:
        found = pool.map(lambda each: looked_at(analyzer, loaded, *each), files)
        return [each for each in track(found, "Drawing masks", total=len(files)) if each is not None]


def looked_at(
    analyzer: Analyzer, recognizers: dict[str, Recognizer], group: str, person: str, file: Path
) -> Looked | None:
    try:
        picture = decode(file.read_bytes())
    except ServiceError:
        return None
    faces = analyzer.find(picture)
    if not faces:
        return None
    face = central(faces, picture.size)
    worn, again = masked(analyzer, picture, face, file.name)
    if again is None:
        return None
    bare = {name: each.answers(picture, [face])[0] for name, each in recognizers.items()}
    covered = {name: each.answers(worn, [again])[0] for name, each in recognizers.items()}
    return Looked(group, person, bare, covered)


def masked(
    analyzer: Analyzer, picture: DecodedPicture, face: DetectedFace, name: str
) -> tuple[DecodedPicture, DetectedFace | None]:
    """The picture with a mask over the face, and the face as it is found then; the same at each call."""
    chance = np.random.default_rng(int(sha256(name.encode()).hexdigest()[:8], 16))
    points = face.landmarks.as_array().astype(np.float64)
    donor = cv2.flip(picture.pixels, 0)
    drawn, _ = draw(chance, picture.pixels, points, np.asarray(donor, np.uint8), masked=True)
    worn = DecodedPicture(np.ascontiguousarray(drawn))
    x, y = points.mean(axis=0)
    there = [
        each for each in analyzer.find(worn) if each.box.x0 < x < each.box.x1 and each.box.y0 < y < each.box.y1
    ]
    return worn, there[0] if there else None


def wears_mask(each: Looked, name: str) -> bool:
    return bool(each.masked[name][-1] >= 0.5 > each.bare[name][-1])


def fitted(card: RecognitionCard, looked: list[Looked]) -> NDArray[np.float64]:
    """The map, shape (d + 1, d)."""
    count = len(card.mean)
    covered = np.stack([each.masked[card.name][:count] for each in looked]).astype(np.float64)
    bare = np.stack([each.bare[card.name][:count] for each in looked]).astype(np.float64)
    middle, wanted = covered.mean(axis=0), bare.mean(axis=0)
    apart = covered - middle
    change = np.linalg.solve(apart.T @ apart + PENALTY * np.eye(count), apart.T @ (bare - wanted - apart))
    linear = np.eye(count) + change
    return np.vstack([linear, wanted - middle @ linear])


def report(card: RecognitionCard, looked: list[Looked]) -> None:
    """Rates within each set at the similarity of 90."""
    [at] = [cosine for cosine, similarity in card.similarity_table if similarity == MATCH]
    for group in dict.fromkeys(each.group for each in looked):
        shown = [each for each in looked if each.group == group]
        people = np.array([each.person for each in shown])
        bare = fused(card, np.stack([each.bare[card.name] for each in shown]))
        covered = fused(card, np.stack([each.masked[card.name] for each in shown]))
        same = people[:, np.newaxis] == people
        others = np.triu(np.ones_like(same), 1)
        kinds = {
            "bare": (as_probe(card, bare) @ bare.T, others),
            "masked, bare": (as_probe(card, covered) @ bare.T, ~np.eye(len(same), dtype=bool)),
            "masked": (as_probe(card, covered) @ covered.T, others),
        }
        for kind, (cosines, counted) in kinds.items():
            strangers, own = cosines[counted & ~same], cosines[counted & same]
            false = f"{1e4 * np.mean(strangers >= at):.2f}e-4 of {len(strangers):,} strangers"
            true = f"{100 * np.mean(own >= at):.1f} % of {len(own):,} pairs" if len(own) else "no pairs"
            console.print(f"{card.name}, {group}, {kind}: {false}; {true}", highlight=False)


if __name__ == "__main__":
    main()
