"""Whom Visavis is measured beside: how each is started, and what it leaves out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers.process import ROOT
from visavis.settings import Settings
from visavis.vision.acceptance import accepted_packs
from visavis.vision.models import PACKS, SFACE_NETWORK, YUNET, ModelCard
from visavis.vision.store import ModelStore

ENVIRONMENTS = ROOT / ".venv-peers"
VISAVIS = "visavis"


@dataclass(frozen=True, slots=True)
class Peer:
    """One row. `name` is its module in benchmarks.engines; `environment` None is our own."""

    name: str
    title: str
    started: str
    """How it is started and searched, in a sentence or two."""
    leaves_out: str
    """What it leaves out that others of the rows do, in a sentence."""
    environment: str | None = None
    weights: Sequence[ModelCard] = ()
    unreachable: str | None = None
    """Why no package client can bring it."""

    @property
    def python(self) -> Path:
        """The Python that runs it."""
        return ENVIRONMENTS / self.environment / "bin" / "python" if self.environment else Path(sys.executable)

    def missing(self) -> str | None:
        """Why it cannot be run here and now; None if it can."""
        if self.unreachable is not None:
            return self.unreachable
        if not self.python.exists():
            return "its packages are not installed; `make peers` does that"
        models = Settings().models_dir
        for pack in PACKS:
            if {*pack.files} & {*self.weights} and pack not in accepted_packs(models):
                return f"its models have terms of their own: `visavis models pull {pack.name}` shows them"
        store = ModelStore(models)
        if absent := [card.file for card in self.weights if not store.path(card).exists()]:
            return f"{', '.join(absent)} is not there; `visavis models pull` brings it"
        return None

    def lay_weights(self, folder: Path) -> Path:
        """A new folder with its weights, and nothing else."""
        laid = folder / f"weights-{self.name}"
        laid.mkdir()
        store = ModelStore(Settings().models_dir)
        for card in self.weights:
            (laid / card.file).symlink_to(store.path(card).resolve())
        return laid


INSIGHTFACE_PACK = next(pack for pack in PACKS if pack.name == "insightface")

ROSTER = (
    Peer(
        VISAVIS,
        "Visavis",
        "`visavis serve` with its defaults; each picture is a POST with a file in a form, registered and searched "
        "as in the README. Milliseconds include the client; processor time and memory are those of the server and "
        "its workers. Its vectors are those of `visavis evaluate`.",
        "age, gender and emotion, GPUs",
    ),
    Peer(
        "insightface",
        "InsightFace, opt-in pack",
        "`FaceAnalysis(pack).prepare()`, which detects at 128 and at 640 pixels, and `get(picture)`. The pack has "
        "the detector and the recognition network of `buffalo_sc`, whose weights are for research only. There is "
        "no gallery: the normed embeddings are a NumPy matrix, and a search is one product.",
        "a gallery that outlives the process, encryption, deletion, an audit log, a server and its keys, refusal "
        "of poor pictures, bounds for hostile ones, a meaning of its scores",
        "insightface",
        INSIGHTFACE_PACK.files,
    ),
    Peer(
        "opencv",
        "OpenCV's runners",
        "`FaceDetectorYN` and `FaceRecognizerSF` with the thresholds of OpenCV's sample, pictures at their own "
        "size. OpenCV's own call compares two faces. There is no gallery: the features are a NumPy matrix, and a "
        "search is one product.",
        "what InsightFace's package leaves out",
        weights=(YUNET, SFACE_NETWORK),
    ),
    Peer(
        "deepface",
        "deepface, SFace and YuNet",
        "`DeepFace.find` in a folder of pictures. A call after each turn of enrolment embeds the new ones; "
        "searches are made with `refresh_database=False` and as `dict`, which its documentation has for large "
        "folders, and each reads the file of vectors anew. No package has the weights of its default model, "
        "VGG-Face; OpenCV's files lie where it looks for those of SFace and YuNet. It turns a face upright by "
        "its eyes and pads the detector's box with black to a square; SFace was trained on crops by five "
        "points, as OpenCV's row makes them, which is why the same weights do so much worse here.",
        "encryption, deletion that leaves no byte, an audit log, keys, refusal of poor pictures, bounds for "
        "hostile ones; it keeps the pictures themselves",
        "deepface",
        (YUNET, SFACE_NETWORK),
    ),
    Peer(
        "face_recognition",
        "face_recognition (dlib)",
        "`face_locations` (HOG), `face_encodings`, and `face_distance` to all who are known, as a NumPy matrix. "
        "dlib is the one that the package dlib-bin has compiled.",
        "what InsightFace's package leaves out",
        "face-recognition",
    ),
    Peer(
        "compreface",
        "CompreFace",
        "Its package on PyPI is a client of its server, which Docker starts.",
        "[the comparison](comparison.md) has what its documentation says",
        unreachable="that server is published as container images alone. Its API (Java), its networks (Python) "
        "and the schema of its PostgreSQL are in no package index, so there is nothing here for the client to "
        "call",
    ),
)
