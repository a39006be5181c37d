"""Input formats of common recognition networks, as documented by their publishers.

A file in ONNX says how large a face it takes, and not in which order the colours come or how pixels are scaled.
A network that is fed with the wrong ones works, and recognises worse: so each shape names where it is documented.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from visavis.vision.models import ARCFACE, Alignment

_MIDDLE = (127.5, 127.5, 127.5)


@dataclass(frozen=True, slots=True)
class Shape:
    """How a face is cut out and written down for a family of networks."""

    name: str
    channels: Literal["RGB", "BGR"]
    offset: tuple[float, float, float]
    divisor: tuple[float, float, float]
    """A pixel's value x, 0-255, is fed as (x - offset) / divisor, both in the order of `channels`."""
    networks: str
    """Which published networks are of this shape."""
    source: str
    """The URL at which the authors of the networks describe this shape."""
    alignment: Alignment = ARCFACE

    @property
    def scales(self) -> bool:
        """Whether pixels are scaled before the network sees them."""
        return any(self.offset) or self.divisor != (1, 1, 1)


SHAPES: tuple[Shape, ...] = (
    Shape(
        "arcface",
        "RGB",
        _MIDDLE,
        _MIDDLE,
        "iResNet and MobileFaceNet as InsightFace exports them: w600k_r50.onnx, w600k_mbf.onnx, glintr100.onnx, "
        "and the glintr100.onnx of AuraFace-v1, which InsightFace's own code loads; EdgeFace",
        "github.com/deepinsight/insightface, python-package/insightface/model_zoo/arcface_onnx.py",
    ),
    Shape(
        "adaface",
        "BGR",
        _MIDDLE,
        _MIDDLE,
        "AdaFace as its authors published it, exported to ONNX; a second output, the length, is left out",
        "github.com/mk-minchul/AdaFace, README.md, General Inference Guideline",
    ),
    Shape(
        "sface",
        "RGB",
        (0, 0, 0),
        (1, 1, 1),
        "networks that scale pixels themselves: SFace of OpenCV Zoo, and ArcFace exported from MXNet, such as "
        "arcfaceresnet100-8.onnx of the ONNX Model Zoo",
        "github.com/opencv/opencv_zoo, models/face_recognition_sface; arcface_onnx.py as above, where a network "
        "begins with Sub and Mul",
    ),
)


def names_of_shapes() -> str:
    """All names, for a sentence."""
    return ", ".join(shape.name for shape in SHAPES)
