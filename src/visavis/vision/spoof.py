"""Is a face alive, or a print, a screen, a cut-out? Two small MiniFASNets and, where it is installed, fr_liveness.

A deterrent, not certified presentation attack detection: the model cards say how often it errs.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.types import Box
from visavis.vision.decode import DecodedPicture, Pixels
from visavis.vision.liveness_correction import SCALES, corrections
from visavis.vision.liveness_measures import SIDE, measures
from visavis.vision.models.liveness import MINIFAS_SIDE
from visavis.vision.networks import applied
from visavis.vision.prepared import Edits, PreparedNetwork
from visavis.vision.session import Network

Knots: TypeAlias = tuple[tuple[float, float], ...]
"""(raw score 0-1, liveness 0-100), both strictly ascending."""

_BILINEAR_SPAN = 3
"""The networks were trained on crops of some hundred pixels, shrunk by interpolation that skips pixels. Larger
crops are averaged down first, to this many times the network's side, so that they look as sharp as those."""
_CAUTION = 0.5
"""What the networks' log-odds are multiplied by. They are surer than they are right: where a face convinces one
and not the other, the mean of probabilities near 1 and 0 forgets how sure each was (docs/decisions/0018).
"""
_SUREST = 4.0
"""The log-odds that all networks together may have, either way, before they are corrected."""


@dataclass(frozen=True, slots=True)
class LivenessScale:
    """What a raw score means: a liveness of 30 is the weak threshold, 50 the balanced, 70 the strict one."""

    set: str
    """What the thresholds were measured on."""
    in_picture: Knots
    aligned: Knots


def read_scale(name: str) -> LivenessScale:
    """A file of the folder `calibration`, as training/liveness/fit.py writes it."""
    content = json.loads(resources.files(__package__).joinpath("calibration", f"{name}.json").read_bytes())
    in_picture, aligned = (
        tuple((float(score), float(liveness)) for score, liveness in content[key])
        for key in ("in_picture", "aligned")
    )
    return LivenessScale(content["set"], in_picture, aligned)


@dataclass(frozen=True, slots=True)
class _View:
    """A network, and the part of the picture that is its input."""

    network: Network
    side: int
    """The side of the network's input, in pixels."""
    scale: float
    """The size of the part, in face boxes."""
    living: int
    """The network's class of living faces."""

    def verdicts(self, parts: Sequence[Pixels]) -> NDArray[np.float32]:
        """How sure the network is that each part, and its mirror image, shows a living face; shape (n,), 0-1."""
        batch = np.stack([_shrunk(part, self.side) for part in parts]).transpose(0, 3, 1, 2)
        both = np.concatenate([batch, batch[..., ::-1]])
        (logits,) = self.network.run(np.ascontiguousarray(both, np.float32)).values()
        attacks = np.logaddexp.reduce(np.delete(logits, self.living, axis=1), axis=1)
        sureness = 1 / (1 + np.exp(_CAUTION * (attacks - logits[:, self.living])))
        return np.asarray(sureness.reshape(2, -1).mean(axis=0), np.float32)


class LivenessEstimator:
    """Distinguishes living faces from presentation attacks. Thread-safe."""

    def __init__(self, minifas_v2: bytes, minifas_v1se: bytes, fr_liveness: bytes | None) -> None:
        """The files as they are published, or networks made of them.

        Without `fr_liveness` the pair decides alone, on a scale of its own.

        Raises SetupError if the bytes are no such networks.
        """
        self._views = [
            _View(_minifas(minifas_v2), side=MINIFAS_SIDE, scale=2.7, living=1),
            _View(_minifas(minifas_v1se), side=MINIFAS_SIDE, scale=4.0, living=1),
        ]
        if fr_liveness is not None:
            network = Network(fr_liveness, dynamic_axes=(0,))
            self._views += [_View(network, side=128, scale=scale, living=0) for scale in (2.7, 1.5)]
        self._scale = read_scale("liveness-minifas" if fr_liveness is None else "liveness-fused")

    def estimate(self, picture: DecodedPicture, boxes: Sequence[Box]) -> list[float]:
        """Liveness, 0-100, of the face in each box."""
        return _on_scale(self.raw_scores(picture, boxes), self._scale.in_picture)

    def estimate_aligned(self, picture: DecodedPicture) -> float:
        """Liveness, 0-100, of a picture that is nothing but an aligned face."""
        (liveness,) = _on_scale(self.raw_aligned_score(picture), self._scale.aligned)
        return liveness

    def raw_scores(self, picture: DecodedPicture, boxes: Sequence[Box]) -> NDArray[np.float32]:
        """How sure networks and measures together are of a living face, shape (len(boxes),), 0-1."""
        if not boxes:
            return np.zeros(0, np.float32)
        log_odds = self.log_odds(picture, boxes) + corrections([measured(picture, box) for box in boxes])
        return np.asarray(1 / (1 + np.exp(-log_odds)), np.float32)

    def log_odds(self, picture: DecodedPicture, boxes: Sequence[Box]) -> NDArray[np.float64]:
        """The log-odds of living faces by the mean of all verdicts, uncorrected: shape (len(boxes),), -4 to 4."""
        seen = [view.verdicts([_part(picture, box, view.scale) for box in boxes]) for view in self._views]
        mean = np.mean(seen, axis=0, dtype=np.float64).clip(1e-6, 1 - 1e-6)
        return np.asarray(np.log(mean / (1 - mean)).clip(-_SUREST, _SUREST))

    def raw_aligned_score(self, picture: DecodedPicture) -> NDArray[np.float32]:
        """The mean of all verdicts without surroundings, shape (1,), 0-1: every network gets the whole picture.

        What is missing is not made up: with edges repeated, mirrored or black, prints and screens pass for living
        faces or living faces for prints.
        """
        seen = [view.verdicts([picture.pixels]) for view in self._views]
        return np.asarray(np.mean(seen, axis=0), np.float32)


def measured(picture: DecodedPicture, box: Box) -> NDArray[np.float64]:
    """Colour and detail of the face in the box and of its surroundings: shape (34,)."""
    return np.concatenate([measures(_shrunk(_part(picture, box, scale), SIDE)) for scale in SCALES])


def _minifas(file: bytes) -> Network:
    return Network(file if isinstance(file, PreparedNetwork) else applied(Edits(family="minifas"), file))


def _on_scale(scores: NDArray[np.float32], knots: Knots) -> list[float]:
    raw, liveness = zip(*knots, strict=True)
    return [float(value) for value in np.interp(scores, raw, liveness)]


def _part(picture: DecodedPicture, box: Box, scale: float) -> Pixels:
    """The box grown to `scale` times its size, less where the picture is smaller, and moved into the picture."""
    size = picture.size
    scale = min(scale, size.width / box.width, size.height / box.height)
    width, height = scale * box.width, scale * box.height
    x0 = min(max((box.x0 + box.x1 - width) / 2, 0), size.width - width)
    y0 = min(max((box.y0 + box.y1 - height) / 2, 0), size.height - height)
    return picture.pixels[round(y0) : round(y0 + height), round(x0) : round(x0 + width)]


def _shrunk(part: Pixels, side: int) -> Pixels:
    """The part, stretched to a square."""
    excess = min(part.shape[:2]) / (_BILINEAR_SPAN * side)
    if excess > 1:
        part = np.asarray(cv2.resize(part, None, fx=1 / excess, fy=1 / excess, interpolation=cv2.INTER_AREA))
    return np.asarray(cv2.resize(part, (side, side), interpolation=cv2.INTER_LINEAR), np.uint8)
