"""The share of genuine pairs that each accepts at a false match rate of 1e-4, on people whom we fitted nothing on.

A face that was not found, or that a server would refuse, matches nobody: its pairs count, and are all refused. Of
several faces in a picture the one nearest the centre is meant, whoever looks for it.
"""

from __future__ import annotations

import hashlib
import json
import runpy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.console import progress
from benchmarks.peers.process import ROOT, EngineError, Running, running
from benchmarks.peers.roster import VISAVIS, Peer
from visavis.cli.measuring import measure_files, recognition_card
from visavis.evaluation import intervals
from visavis.evaluation.comparisons import compare_all
from visavis.evaluation.corpus import Which, is_refused
from visavis.evaluation.folders import people_in
from visavis.settings import Settings
from visavis.types import Embedding, GroupSettings, Traits

SETS = {"lfw-dev": "lfw", "ea-dev": "ea"}
"""Folder to the name of the set in training/similarity/parts.py."""
FMR = 1e-4
KEPT = ROOT / "looks" / "peers"
"""Vectors of earlier runs."""
_A_PERSON = 10
_RESAMPLES = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Vectors:
    """What an engine makes of pictures: one row each. `missed` rows match nobody, whatever is in them.

    Two faces are the more alike, the higher the product of one's row of `asked` with the other's of `stored`.
    """

    asked: Embedding
    stored: Embedding
    missed: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Accuracy:
    """TAR at FMR, a share, with the 95 % interval by people; None where nothing could be compared."""

    tar: float | None
    interval: tuple[float, float] | None
    pictures: int
    missed: int
    genuine: int
    impostor: int


def by_distance(vectors: NDArray[Any]) -> tuple[Embedding, Embedding]:
    """Rows, asked and stored, whose products are 1 - d² / 2, with d the Euclidean distance of two vectors.

    Of unit vectors that is the cosine.
    """
    halves = (np.square(vectors).sum(axis=1) / 2)[:, None]
    ones = np.ones_like(halves)
    asked, stored = np.hstack([vectors, 1 - halves, ones]), np.hstack([vectors, ones, -halves])
    return asked.astype(np.float32), stored.astype(np.float32)


def accuracy(vectors: Vectors, people: NDArray[np.int64], resamples: int = _RESAMPLES) -> Accuracy:
    """`people`: the number of the person in each picture, from 0 on."""
    compared = compare_all(vectors.stored, people, refused=vectors.missed, probes=vectors.asked)
    [interval] = intervals.of_comparisons(compared, [FMR], [], resamples, 0).tar_at_fmr
    return Accuracy(
        compared.tar(compared.threshold(FMR)),
        interval,
        len(people),
        int(vectors.missed.sum()),
        len(compared.genuine),
        compared.impostor_count,
    )


def measure(peers: Sequence[Peer], data: Path, versions: Mapping[str, Mapping[str, str]]) -> Figures:
    """Every peer on every set, by name of the peer and then of the set. `versions` has those who can be run."""
    figures: Figures = {}
    for name, set_name in SETS.items():
        files, people = _held(data / name, set_name)
        for peer in peers:
            if peer.name in versions:
                progress.print(f"  {peer.title}: {len(files):,} pictures of {name}")
                try:
                    vectors = _kept(peer, files, versions[peer.name])
                except EngineError as error:
                    progress.print(f"  {peer.name}: {error}", markup=False)
                    continue
                figures.setdefault(peer.name, {})[name] = accuracy(vectors, people)
    return figures


Figures = dict[str, dict[str, Accuracy]]


def _held(folder: Path, set_name: str) -> tuple[list[Path], NDArray[np.int64]]:
    """The pictures of people whom nothing was fitted on, and a number for each one's person."""
    fitted_on: Callable[[str, str], bool] = runpy.run_path(str(ROOT / "training/similarity/parts.py"))["fitted_on"]
    held = [person for person in people_in(folder, _A_PERSON) if not fitted_on(set_name, person.name)]
    numbers = [number for number, person in enumerate(held) for _ in person.files]
    return [file for person in held for file in person.files], np.array(numbers, np.int64)


def _kept(peer: Peer, files: Sequence[Path], versions: Mapping[str, str]) -> Vectors:
    """Look at the pictures, unless an earlier run has, with these versions."""
    content = [peer.name, dict(versions), [card.sha256 for card in peer.weights]]
    pictures = [[file.parent.name, file.name, file.stat().st_size] for file in files]
    key = hashlib.sha256(json.dumps([*content, recognition_card(None).name, pictures]).encode()).hexdigest()[:16]
    file = KEPT / f"{peer.name}-{key}.npz"
    if not file.exists():
        vectors = _of_visavis(files) if peer.name == VISAVIS else _of_engine(peer, files)
        KEPT.mkdir(parents=True, exist_ok=True)
        np.savez(file, asked=vectors.asked, stored=vectors.stored, missed=vectors.missed)
    with np.load(file) as kept:
        return Vectors(kept["asked"], kept["stored"], kept["missed"])


def _of_visavis(files: Sequence[Path]) -> Vectors:
    """As a server sees them, which shows no vectors: by the code of `visavis evaluate`."""
    traits = Traits(quality=True, comparability=True)
    samples = measure_files(files, Settings(), traits, recognition_card(None).name, Which.CENTRAL)
    seen = [sample.embedding for sample in samples if sample.embedding is not None]
    nothing = np.zeros_like(seen[0])
    asked = [nothing if sample.probe is None else sample.probe for sample in samples]
    stored = [nothing if sample.embedding is None else sample.embedding for sample in samples]
    missed = [sample.face is None or is_refused(sample.face, GroupSettings()) for sample in samples]
    return Vectors(np.stack(asked), np.stack(stored), np.array(missed))


def _of_engine(peer: Peer, files: Sequence[Path]) -> Vectors:
    with TemporaryDirectory() as folder, running(peer.name, peer.python, peer.lay_weights(Path(folder))) as engine:
        found = [_central(engine, file) for file in files]
    dimension = next((len(vector) for vector in found if vector is not None), 0)
    rows = np.array([np.zeros(dimension) if vector is None else vector for vector in found])
    return Vectors(*by_distance(rows), np.array([vector is None for vector in found]))


def _central(engine: Running, file: Path) -> list[float] | None:
    """The vector of the face nearest the centre; None if none was found."""
    with Image.open(file) as picture:
        width, height = picture.size
    faces = engine.ask("faces", file=str(file))[0]

    def off_centre(face: list[Any]) -> float:
        left, top, wide, high, _ = face
        return float((left + wide / 2 - width / 2) ** 2 + (top + high / 2 - height / 2) ** 2)

    nearest = min(faces, key=off_centre, default=None)
    return None if nearest is None else list(nearest[4])
