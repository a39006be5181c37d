"""The model cards: each network, the source of its file, its input and output, its accuracy."""

from visavis.vision.models.cards import ModelCard, NpmMember, OwnFile, PackageMember, Task, WheelMember
from visavis.vision.models.detection import YUNET
from visavis.vision.models.liveness import FR_LIVENESS, MINIFAS_V1SE, MINIFAS_V2, WITHOUT_FR_LIVENESS
from visavis.vision.models.packs import EDGEFACE, INSIGHTFACE, PACKS, SCRFD, Pack
from visavis.vision.models.recipes import (
    ARCFACE,
    Alignment,
    Centring,
    FaceNetwork,
    Fit,
    Masks,
    RecognitionCard,
    View,
    not_calibrated,
)
from visavis.vision.models.recognition import (
    DEFAULT_RECOGNITION,
    FR_FEATURE,
    RECOGNITION_CARDS,
    SFACE,
    SFACE_2,
    SFACE_3,
    SFACE_FR,
    SFACE_FR_2,
    SFACE_FR_3,
    SFACE_NETWORK,
    WITHOUT_FR_FEATURE,
)
from visavis.vision.models.traits import FSANET, FSANET_VAR, FSANETS, MASK

CARDS: tuple[ModelCard, ...] = (
    YUNET,
    *dict.fromkeys(file for card in RECOGNITION_CARDS for file in card.files),
    *FSANETS,
    MASK,
    MINIFAS_V2,
    MINIFAS_V1SE,
    FR_LIVENESS,
)
"""The default set: every file that a server uses."""

__all__ = [
    "ARCFACE",
    "CARDS",
    "DEFAULT_RECOGNITION",
    "EDGEFACE",
    "FR_FEATURE",
    "FR_LIVENESS",
    "FSANET",
    "FSANETS",
    "FSANET_VAR",
    "INSIGHTFACE",
    "MASK",
    "MINIFAS_V1SE",
    "MINIFAS_V2",
    "PACKS",
    "RECOGNITION_CARDS",
    "SCRFD",
    "SFACE",
    "SFACE_2",
    "SFACE_3",
    "SFACE_FR",
    "SFACE_FR_2",
    "SFACE_FR_3",
    "SFACE_NETWORK",
    "WITHOUT_FR_FEATURE",
    "WITHOUT_FR_LIVENESS",
    "YUNET",
    "Alignment",
    "Centring",
    "FaceNetwork",
    "Fit",
    "Masks",
    "ModelCard",
    "NpmMember",
    "OwnFile",
    "Pack",
    "PackageMember",
    "RecognitionCard",
    "Task",
    "View",
    "WheelMember",
    "not_calibrated",
]
