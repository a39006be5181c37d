"""Embeds faces by the recipe of a recognition card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from visavis.types import Embedding, Landmarks
from visavis.vision.align import align
from visavis.vision.aligned import aligned
from visavis.vision.decode import DecodedPicture, Pixels
from visavis.vision.fusion import as_probe, fused
from visavis.vision.mask import MaskClassifier
from visavis.vision.models import ARCFACE, Alignment, FaceNetwork, RecognitionCard, View
from visavis.vision.models.recipes import unit
from visavis.vision.poorness import poorness_of
from visavis.vision.session import Network


class Embedder:
    """One recipe with its networks. Thread-safe."""

    def __init__(self, card: RecognitionCard, networks: Sequence[Network], masks: MaskClassifier) -> None:
        """`networks`: those of the card, in its order, with a dynamic first axis."""
        self._card = card
        self._networks = tuple(networks)
        self._masks = masks

    @property
    def first_view_within(self) -> float:
        """By how much a cosine of `embed_first_view` may be off; 0 where it should not be used."""
        return self._card.first_view_within

    def embed(self, picture: DecodedPicture, faces: Sequence[Landmarks]) -> Embedding:
        """One unit vector for each face of the picture: shape (n, d), float32."""
        return fused(self._card, self.answers(picture, faces))

    def embed_first_view(self, picture: DecodedPicture, faces: Sequence[Landmarks]) -> Embedding:
        """One unit vector for each face, shape (n, d), by the first view of each network alone."""
        first = [replace(member, views=member.views[:1]) for member in self._card.networks]
        return fused(self._card, self._answers(picture, faces, first))

    def as_probe(self, embeddings: Embedding) -> Embedding:
        """Embeddings, shape (..., d), as faces that are asked about: what stored ones are multiplied with."""
        return as_probe(self._card, embeddings)

    def answers(self, picture: DecodedPicture, faces: Sequence[Landmarks]) -> Embedding:
        """The outputs of the networks, before any mean is subtracted: shape (n, d).

        Unit vectors, shortened, side by side; with an allowance, then how poor the pictures are, and where the
        card tells masks apart 1 for each masked face and 0 for others; with a lift the mean logarithm of the
        lengths that the vectors had.
        """
        return self._answers(picture, faces, self._card.networks)

    def _answers(
        self, picture: DecodedPicture, faces: Sequence[Landmarks], members: Sequence[FaceNetwork]
    ) -> Embedding:
        if not faces:
            return np.empty((0, self._card.dimension), np.float32)
        cut = _Cuts(picture, faces)
        parts = zip(members, self._networks, strict=True)
        member, lengths = zip(*(_answer(member, network, cut) for member, network in parts), strict=True)
        if self._card.allowance:
            seen = [aligned(picture, face) for face in faces]
            poor = poorness_of(np.stack([face.measures for face in seen]))
            masked = [] if self._card.masks is None else [self._masks.wear_masks(seen)]
            return np.column_stack([*member, poor, *masked]).astype(np.float32)
        if self._card.lift is None:
            return np.hstack(member)
        return np.hstack([*member, np.log(np.hstack(lengths)).mean(axis=1, keepdims=True)])


class _Cuts:
    """The crops of the faces of one picture; what several networks see, or one in a mirror too, is cut once."""

    def __init__(self, picture: DecodedPicture, faces: Sequence[Landmarks]) -> None:
        self._picture = picture
        self._faces = faces
        self._cut: dict[tuple[Alignment, View], Pixels] = {}

    def crops(self, alignment: Alignment, view: View) -> Pixels:
        """Crops of all faces, shape (n, side, side, 3), BGR."""
        straight = replace(view, mirrored=False)
        key = alignment, straight
        if key not in self._cut:
            self._cut[key] = np.stack([self._crop(face, alignment, straight) for face in self._faces])
        return self._cut[key][:, :, ::-1] if view.mirrored else self._cut[key]

    def _crop(self, face: Landmarks, alignment: Alignment, view: View) -> Pixels:
        if (alignment, view) == (ARCFACE, View()):
            return aligned(self._picture, face).pixels
        return align(self._picture, face, alignment, view)


def _answer(member: FaceNetwork, network: Network, cut: _Cuts) -> tuple[Embedding, NDArray[np.float32]]:
    """The sums of a network's vectors over its views: at unit length, shortened, and the lengths that they had.

    Shapes (faces, its dimension) and (faces, 1).
    """
    crops = np.concatenate([cut.crops(member.alignment, view) for view in member.views])
    outputs = network.run(_fed(member, crops))
    length = member.answers or member.dimension
    shape = len(member.views), len(crops) // len(member.views), length
    raw = outputs[member.output or network.outputs[0]].reshape(shape).sum(axis=0)
    answer = unit(raw)
    shortened = answer if member.answers is None else np.asarray(answer @ member.directions, np.float32)
    return shortened, np.linalg.norm(raw, axis=1, keepdims=True)


def _fed(member: FaceNetwork, crops: Pixels) -> NDArray[np.float32]:
    """Convert crops (n, side, side, 3), BGR, to the input of the network."""
    pixels = crops[..., ::-1] if member.channels == "RGB" else crops
    offset, divisor = np.array(member.offset, np.float32), np.array(member.divisor, np.float32)
    if member.layout == "NHWC":
        return np.ascontiguousarray((pixels - offset) / divisor)
    planes = np.ascontiguousarray(pixels.transpose(0, 3, 1, 2), np.float32)
    return (planes - offset[:, np.newaxis, np.newaxis]) / divisor[:, np.newaxis, np.newaxis]
