"""Looks at pictures once for all that is fitted: what the networks answer, and what comparability measures.

    python training/similarity/look.py SET FOLDER OUT [--worse N]

FOLDER is a folder of people, FOLDER/NAME/*.jpg, at most ten pictures each, or of pictures, one a person. SET names
it: OUT/SET.npz gets a row a picture with a face, the one nearest the centre. With `--worse N` the second picture
of every Nth person of the part that is fitted on (`parts.py`) is made worse instead, in every way of
`visavis.evaluation.worsening.POOR`; each goes into OUT/SET~KIND.npz.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from parts import fitted_on
from rich.progress import track

from visavis.evaluation.corpus import central
from visavis.evaluation.folders import people_in
from visavis.evaluation.worsening import poor_versions
from visavis.settings import Settings
from visavis.types import DetectedFace
from visavis.vision.align import align
from visavis.vision.decode import DecodedPicture, decode
from visavis.vision.detect import Detector
from visavis.vision.embed import Embedder
from visavis.vision.mask import MaskClassifier
from visavis.vision.measures import measures
from visavis.vision.models import MASK, SFACE_2, SFACE_FR_2, YUNET
from visavis.vision.session import Network
from visavis.vision.store import ModelStore

PICTURES_A_PERSON = 10
CARDS = (SFACE_FR_2, SFACE_2)


class Looker:
    """Detects, embeds and measures, with every network loaded once."""

    def __init__(self) -> None:
        store = ModelStore(Settings().models_dir)
        self._detector = Detector(store.load(YUNET))
        # How poor a picture is depends on a fit that comes later, from the measures.
        bare = [replace(card, allowance=0.0) for card in CARDS]
        files = {file.sha256: Network(store.load(file), dynamic_axes=(0,)) for file in SFACE_FR_2.files}
        masks = MaskClassifier(store.load(MASK))
        self._embedders = {
            card.name: Embedder(card, [files[network.model.sha256] for network in card.networks], masks)
            for card in bare
        }

    def face(self, picture: DecodedPicture) -> DetectedFace | None:
        faces = self._detector.find(picture)
        return central(faces, picture.size) if faces else None

    def row(self, picture: DecodedPicture, face: DetectedFace) -> dict[str, NDArray[np.floating]]:
        answers = {
            name: embedder.answers(picture, [face.landmarks])[0] for name, embedder in self._embedders.items()
        }
        return {**answers, "measures": measures(align(picture, face.landmarks))}


Rows = dict[str, list[tuple[str, str, dict[str, NDArray[np.floating]]]]]
"""By kind: the person, the file's name, and what was seen."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set")
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--worse", type=int, metavar="N", help="make pictures of every Nth person worse")
    arguments = parser.parse_args()
    people = dict(people_of(arguments.folder))
    looker = Looker()
    if arguments.worse:
        fitted = [name for name in people if fitted_on(arguments.set, name)][:: arguments.worse]
        work = [(name, people[name][:2][-1]) for name in fitted]
    else:
        work = [(name, file) for name, files in people.items() for file in files]

    def look(job: tuple[str, Path]) -> Rows:
        return worse(looker, *job) if arguments.worse else clean(looker, *job)

    rows: Rows = {}
    with ThreadPoolExecutor(2) as pool:
        for found in track(pool.map(look, work), arguments.set, total=len(work)):
            for kind, one in found.items():
                rows.setdefault(kind, []).extend(one)
    arguments.out.mkdir(parents=True, exist_ok=True)
    for kind, of_kind in rows.items():
        write(arguments.out / f"{arguments.set}{'~' if kind else ''}{kind.replace(' ', '-')}.npz", of_kind)


def people_of(folder: Path) -> Iterator[tuple[str, list[Path]]]:
    pictures = sorted(folder.glob("*.jpg"))
    if pictures:
        yield from ((file.stem, [file]) for file in pictures)
    else:
        yield from ((person.name, list(person.files)) for person in people_in(folder, PICTURES_A_PERSON))


def clean(looker: Looker, name: str, file: Path) -> Rows:
    picture = decode(file.read_bytes())
    face = looker.face(picture)
    return {} if face is None else {"": [(name, file.name, looker.row(picture, face))]}


def worse(looker: Looker, name: str, file: Path) -> Rows:
    """Every kind in which the face is still found where it was."""
    return {
        kind: [(name, file.name, looker.row(spoilt, face))]
        for kind, spoilt, face in poor_versions(decode(file.read_bytes()), looker.face)
    }


def write(path: Path, rows: list[tuple[str, str, dict[str, NDArray[np.floating]]]]) -> None:
    columns = {key: np.array([seen[key] for _, _, seen in rows], np.float32) for key in rows[0][2]}
    np.savez(path, people=np.array([row[0] for row in rows]), files=np.array([row[1] for row in rows]), **columns)


if __name__ == "__main__":
    main()
