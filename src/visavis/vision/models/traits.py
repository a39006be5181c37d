"""Networks that describe faces: head pose and mask."""

from __future__ import annotations

from visavis.vision.models.cards import ModelCard, Task, WheelMember

_CVGLUE = ("cvglue", "1.0.0", "53246be20123bf06ae3db75d02db34fd3dec578aae07963c2c770aad113fea0d")

_FSANET_ACCURACY = (
    "difference from FaceMesh, another kind of network, yaw / pitch / roll in degrees (training/pose/agree.py),",
    "on pictures of the two sets that the crop was chosen on:",
    "  LFW, 68 faces: 1.4 / 2.8 / 1.0 (two nets and upright boxes: 1.8 / 3.3 / 1.3)",
    "  67 unnamed people, many tightly cut: 2.1 / 3.4 / 1.4 (two nets and upright boxes: 4.5 / 4.3 / 2.4)",
    "off after a turn of the picture by 25 degrees, the same LFW faces: 0.7 / 0.6 / 1.5 (before: 3.6 / 3.9 / 2.1)",
    "mean absolute error on 16 pictures of AFLW2000, two nets and upright boxes: 3.9 / 7.5 / 3.4; not repeated",
)


def _fsanet(name: str, file: str, sha256: str, size: int) -> ModelCard:
    return ModelCard(
        name=name,
        task=Task.POSE,
        file=file,
        sha256=sha256,
        size=size,
        source=WheelMember(*_CVGLUE, f"cvglue/thirdparty/HeadPoseDetector/weights/{file}"),
        licence="Apache-2.0",
        origin="Tsun-Yi Yang et al., FSA-Net (CVPR 2019), trained on 300W-LP",
        input="head turned upright, 2.2 widths and 1.66 heights of the face box, BGR stretched to 0-255, float32, "
        "n x 64 x 64 x 3",
        output="yaw, pitch, roll in degrees, n x 3; the mean over mirror images is used, and over all three "
        "FSA-Nets for heads that are turned by more than 20 degrees",
        accuracy=_FSANET_ACCURACY,
    )


FSANET = _fsanet(
    "fsanet", "fsanet.onnx", "cdb61cee9529af9a74e360ea98dd80303212b2b7ad4721c521a216b03156dccd", 1_014_345
)
FSANET_VAR = _fsanet(
    "fsanet-var", "fsanet_var.onnx", "22ce3a8c00b9453afc42901a104a308d941be3f90193dc6a1369ee4ff09562b6", 1_015_672
)
FSANET_NOS = _fsanet(
    "fsanet-nos", "fsanet_noS.onnx", "bfe23072cbce23b02800c0c6b58003dedb17cef820e8eed3e0782fdf391fddc4", 2_830_875
)
FSANETS = (FSANET, FSANET_VAR, FSANET_NOS)
"""Three ways to score features, whose mean their authors use."""

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
    output="probability that a mask covers mouth and nose, n x 1; the mean of a face and its mirror image counts "
    "as a mask from 0.65 on",
    accuracy=(
        "trained anew on one of two sources of unnamed people, tested on the other, threshold chosen on it:",
        "  2.8 (2.2-3.7) % of 1,874 masks missed, 1.0 (0.6-1.5) % of 1,876 bare faces taken for masked",
        "LFW, a picture each of 615 people not trained on: none taken for masked; of as many with",
        "  painted obstacles 1 taken; of as many with painted masks 2 missed",
        "at 0.5 and without mirror images: 3-fold by person, 1.7 % (1.2-2.3) missed and 0.6 % (0.3-1.0) taken,",
        "  across sources 2.1 % (1.5-2.8) and 1.9 % (1.3-2.6)",
    ),
)
