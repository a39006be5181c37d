"""The face analyzer of a worker process: decodes pictures, and finds, describes and embeds faces."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from threading import BoundedSemaphore

from visavis.spans import Instrumentation, Span, uninstrumented
from visavis.types import DetectedFace, Embedding, Traits
from visavis.vision import models
from visavis.vision.aligned import AlignedFace, aligned
from visavis.vision.catalogue import Catalogue
from visavis.vision.comparability import comparability_of
from visavis.vision.decode import DecodedPicture, decode
from visavis.vision.detect import YUNET_EDITS, Detector, first_scale
from visavis.vision.mask import MaskClassifier
from visavis.vision.networks import network
from visavis.vision.pose import PoseEstimator
from visavis.vision.prepared import Edits
from visavis.vision.quality import assess
from visavis.vision.recognition import Recognizers
from visavis.vision.spoof import LivenessEstimator
from visavis.vision.store import ModelStore

logger = logging.getLogger(__name__)

_BARE_SCORE = 0.85
"""Masked faces score 0.6 and more. Of 11,490 bare faces of four sets 0.12 % score less than this, and of 82 dogs
and cats that were taken for faces 67 do (docs/decisions/0075)."""


class Analyzer:
    """Implements core's `FaceAnalyzer`. All networks are loaded once and shared by all threads."""

    def __init__(
        self,
        detector: Detector,
        recognizers: Recognizers,
        pose: PoseEstimator,
        mask: MaskClassifier,
        liveness: LivenessEstimator,
        cpu_places: int,
        instrument: Instrumentation = uninstrumented,
    ) -> None:
        """`cpu_places`: how many pictures may be processed at the same time."""
        self._detector = detector
        self._recognizers = recognizers
        self._pose = pose
        self._mask = mask
        self._liveness = liveness
        self._cpu_places = BoundedSemaphore(cpu_places)
        self._instrument = instrument

    @classmethod
    def load(
        cls,
        store: ModelStore,
        cpu_places: int,
        recognizers: Recognizers | None = None,
        instrument: Instrumentation = uninstrumented,
    ) -> Analyzer:
        """Load the default set of models; those that are optional if they are there, with a warning if not.

        Recognition models are those that the models directory offers, if no others are given; they are loaded
        when they are used. Raises SetupError if a file is missing or not what it should be.
        """
        return cls(
            Detector(network(store, models.YUNET, YUNET_EDITS)),
            recognizers or Recognizers(store, Catalogue.read(store.directory)),
            PoseEstimator([network(store, card, Edits()) for card in models.FSANETS]),
            MaskClassifier(network(store, models.MASK, Edits())),
            _load_liveness(store),
            cpu_places,
            instrument,
        )

    @contextmanager
    def decode(self, data: bytes) -> Iterator[DecodedPicture]:
        with self._instrument(Span.SLOT):
            self._cpu_places.acquire()
        try:
            with self._instrument(Span.DECODE):
                picture = decode(data, first_scale)
            yield picture
        finally:
            self._cpu_places.release()

    def find(self, picture: DecodedPicture) -> list[DetectedFace]:
        with self._instrument(Span.DETECT):
            return self._credible(picture, self._detector.find(picture))

    def _credible(self, picture: DecodedPicture, faces: list[DetectedFace]) -> list[DetectedFace]:
        """The faces, but those that score less than bare faces do and wear no mask either: things and animals."""
        doubtful = [face for face in faces if face.detection_score < _BARE_SCORE]
        masks = self._mask.wear_masks(_aligned(picture, doubtful))
        things = {id(face) for face, masked in zip(doubtful, masks, strict=True) if not masked}
        return [face for face in faces if id(face) not in things]

    def describe(
        self, picture: DecodedPicture, faces: Sequence[DetectedFace], traits: Traits
    ) -> list[DetectedFace]:
        with self._instrument(Span.DESCRIBE):
            return self._described(picture, faces, traits)

    def _described(
        self, picture: DecodedPicture, faces: Sequence[DetectedFace], traits: Traits
    ) -> list[DetectedFace]:
        described = list(faces)
        poses = self._pose.estimate(picture, faces) if traits.pose or traits.quality else []
        cut = _aligned(picture, faces) if traits.mask or traits.quality or traits.comparability else []
        masks = self._mask.wear_masks(cut) if traits.mask or traits.quality else []
        if traits.quality:
            seen = zip(described, cut, poses, masks, strict=True)
            described = [
                replace(face, quality=assess(each.pixels, face, pose, masked=mask))
                for face, each, pose, mask in seen
            ]
        if traits.comparability:
            described = [
                replace(face, comparability=comparability_of(each.measures))
                for face, each in zip(described, cut, strict=True)
            ]
        if traits.pose:
            described = [replace(face, pose=pose) for face, pose in zip(described, poses, strict=True)]
        if traits.mask:
            described = [replace(face, mask=mask) for face, mask in zip(described, masks, strict=True)]
        if traits.liveness:
            scores = self._liveness.estimate(picture, [face.box for face in faces])
            described = [replace(face, liveness=score) for face, score in zip(described, scores, strict=True)]
        return described

    def aligned_liveness(self, picture: DecodedPicture) -> float:
        # Weaker than the liveness of a face with its surroundings, where edges of paper and screens show: in the
        # balanced sensitivity 8 % of attacks pass and 6 % of living faces are refused, where 1 and 4 % are of the
        # same faces in their pictures.
        with self._instrument(Span.DESCRIBE):
            return self._liveness.estimate_aligned(picture)

    def embed(self, picture: DecodedPicture, faces: Sequence[DetectedFace], model: str) -> Embedding:
        with self._instrument(Span.EMBED):
            return self._recognizers.require(model).embed(picture, faces)

    def embed_first_view(self, picture: DecodedPicture, faces: Sequence[DetectedFace], model: str) -> Embedding:
        with self._instrument(Span.EMBED):
            return self._recognizers.require(model).embed_first_view(picture, faces)

    def first_view_within(self, model: str) -> float:
        return self._recognizers.require(model).first_view_within

    def as_probe(self, embeddings: Embedding, model: str) -> Embedding:
        return self._recognizers.require(model).as_probe(embeddings)


def _load_liveness(store: ModelStore) -> LivenessEstimator:
    fr_liveness = None
    if store.path(models.FR_LIVENESS).exists():
        fr_liveness = network(store, models.FR_LIVENESS, Edits(dynamic_axes=(0,)))
    else:
        logger.warning(models.WITHOUT_FR_LIVENESS)
    edits = Edits(family="minifas")
    return LivenessEstimator(
        network(store, models.MINIFAS_V2, edits), network(store, models.MINIFAS_V1SE, edits), fr_liveness
    )


def _aligned(picture: DecodedPicture, faces: Sequence[DetectedFace]) -> list[AlignedFace]:
    return [aligned(picture, face.landmarks) for face in faces]
