"""The recognition models of a server, each loaded at its first use."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from threading import Lock

import numpy as np

from visavis.errors import ErrorCode, ServiceError, SetupError
from visavis.types import DetectedFace, Embedding, Landmarks
from visavis.vision.catalogue import Catalogue
from visavis.vision.decode import DecodedPicture
from visavis.vision.embed import Embedder
from visavis.vision.mask import MaskClassifier
from visavis.vision.models import MASK, FaceNetwork, ModelCard, RecognitionCard
from visavis.vision.networks import network
from visavis.vision.prepared import Edits
from visavis.vision.scrfd import SCRFD_EDITS, LandmarkFinder
from visavis.vision.session import Network
from visavis.vision.store import ModelStore

logger = logging.getLogger(__name__)


class Recognizer:
    """One recognition model, loaded. Thread-safe."""

    def __init__(self, embedder: Embedder, landmarks: LandmarkFinder | None) -> None:
        """`landmarks`: finds them anew; None: those of the detector are used."""
        self._embedder = embedder
        self._landmarks = landmarks

    @property
    def first_view_within(self) -> float:
        """What `embed_first_view` keeps to; 0 where it should not be used."""
        return self._embedder.first_view_within

    def embed(self, picture: DecodedPicture, faces: Sequence[DetectedFace]) -> Embedding:
        """One unit vector for each face of the picture: shape (n, d), float32."""
        return self._embedder.embed(picture, self._found(picture, faces))

    def embed_first_view(self, picture: DecodedPicture, faces: Sequence[DetectedFace]) -> Embedding:
        """One unit vector for each face, shape (n, d), by the first view of each network alone."""
        return self._embedder.embed_first_view(picture, self._found(picture, faces))

    def answers(self, picture: DecodedPicture, faces: Sequence[DetectedFace]) -> Embedding:
        """The outputs of its networks for each face, before any fit is applied (`Embedder.answers`)."""
        return self._embedder.answers(picture, self._found(picture, faces))

    def as_probe(self, embeddings: Embedding) -> Embedding:
        """Embeddings, shape (..., d), as faces that are asked about."""
        return self._embedder.as_probe(embeddings)

    def _found(self, picture: DecodedPicture, faces: Sequence[DetectedFace]) -> list[Landmarks]:
        if self._landmarks is None:
            return [face.landmarks for face in faces]
        return self._landmarks.find(picture, faces)


class Recognizers:
    """All recognition models that may be used. Thread-safe.

    A model costs memory from its first use on; networks that two of them share are loaded once.
    """

    def __init__(self, store: ModelStore, catalogue: Catalogue) -> None:
        self._store = store
        self._catalogue = catalogue
        self._loading = Lock()
        self._loaded: dict[str, Recognizer] = {}
        self._networks: dict[str, Network] = {}
        self._finders: dict[str, LandmarkFinder] = {}
        self._mask_classifier: MaskClassifier | None = None

    def load(self, name: str) -> Recognizer:
        """The model of this name. Raises SetupError if it is not there, or not what its card says."""
        loaded = self._loaded.get(name)
        if loaded is not None:
            return loaded
        with self._loading:
            if name not in self._loaded:
                self._loaded[name] = self._recognizer(self._catalogue.require(name))
            return self._loaded[name]

    def require(self, name: str) -> Recognizer:
        """The model of this name, for a request. Raises INTERNAL, and says in the log why."""
        try:
            return self.load(name)
        except SetupError as error:
            logger.error("The recognition model %s cannot be used: %s", name, error)  # noqa: TRY400 - no bug
            detail = f"The recognition model {name} is missing or damaged on this server."
            raise ServiceError(ErrorCode.INTERNAL, detail) from error

    def _recognizer(self, card: RecognitionCard) -> Recognizer:
        networks = [self._network(member.model) for member in card.networks]
        for member, loaded in zip(card.networks, networks, strict=True):
            _check_output(member, loaded)
        embedder = Embedder(card, networks, self._masks())
        _try_out(card, embedder)
        return Recognizer(embedder, None if card.landmarks is None else self._finder(card.landmarks))

    def _masks(self) -> MaskClassifier:
        if self._mask_classifier is None:
            self._mask_classifier = MaskClassifier(network(self._store, MASK, Edits()))
        return self._mask_classifier

    def _network(self, card: ModelCard) -> Network:
        if card.sha256 not in self._networks:
            self._networks[card.sha256] = Network(network(self._store, card, Edits(dynamic_axes=(0,))))
        return self._networks[card.sha256]

    def _finder(self, card: ModelCard) -> LandmarkFinder:
        if card.sha256 not in self._finders:
            self._finders[card.sha256] = LandmarkFinder(network(self._store, card, SCRFD_EDITS))
        return self._finders[card.sha256]


def _check_output(member: FaceNetwork, network: Network) -> None:
    there = ", ".join(network.outputs)
    if member.output is None and len(network.outputs) > 1:
        raise SetupError(f"{member.model.file} has several outputs, so its card must name one of them: {there}.")
    if member.output is not None and member.output not in network.outputs:
        raise SetupError(f"{member.model.file} has no output {member.output}, only: {there}.")


def _try_out(card: RecognitionCard, embedder: Embedder) -> None:
    """Embed two faces that are none: what a card says of its networks must be true before pictures come."""
    nobody = Landmarks(*card.networks[0].alignment.points)
    noise = DecodedPicture(np.random.default_rng(0).integers(0, 256, (112, 112, 3), np.uint8))
    try:
        embedder.embed(noise, [nobody, nobody])
    except Exception as error:  # whatever the runtime says of a network that is none of ours
        raise SetupError(f"The networks of {card.name} do not do what its card says: {error}") from error
