"""Cards of recognition models: the recipe that turns a face into an embedding.

A recipe has one network or several. Each is fed with views of the aligned face and answers with vectors; their sum
over the views is brought to unit length, shortened if it is longer than what it tells, the mean of many people is
subtracted, and it is brought to unit length again. The embedding is these vectors side by side, each times its
weight. Some recipes take out what faces of one kind have in common (`Centring`) and add a number for how poor the
picture is; older ones add one for how weak the answers were (`Lift`). The embedding has unit length in all.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from visavis.errors import SetupError
from visavis.vision.models.cards import ModelCard

Points: TypeAlias = tuple[
    tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]
]
"""Left eye, right eye, nose, left and right corner of the mouth: x, y, left and right as in the picture."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """The square crop that a network was trained on: its side in pixels, and where the landmarks lie in it."""

    side: int
    points: Points


ARCFACE = Alignment(
    112, ((38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041))
)
"""Deng et al., "ArcFace", CVPR 2019; what nearly every network of today is trained on."""


@dataclass(frozen=True, slots=True)
class View:
    """A variant of the aligned crop that a network gets. The default: the crop itself."""

    mirrored: bool = False
    scale: float = 1.0
    """More than 1: closer, about the centre of the crop."""
    shift: tuple[float, float] = (0.0, 0.0)
    """Pixels of the crop by which the face moves right and down."""


@dataclass(frozen=True, slots=True)
class FaceNetwork:
    """One network of a recipe: what it is fed with, and how much its answer counts."""

    model: ModelCard
    dimension: int
    """Length of its part of the embedding: that of its answer, if `answers` says nothing else."""
    alignment: Alignment = ARCFACE
    channels: Literal["RGB", "BGR"] = "RGB"
    offset: tuple[float, float, float] = (0.0, 0.0, 0.0)
    divisor: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """A pixel's value x, 0-255, is fed as (x - offset) / divisor, both in the order of `channels`."""
    layout: Literal["NCHW", "NHWC"] = "NCHW"
    output: str | None = None
    """Name of the output that is the answer; None: there is but one."""
    views: tuple[View, ...] = (View(),)
    weight: float = 1.0
    answers: int | None = None
    """Length of its output, if that is longer and is shortened to `dimension`."""

    @property
    def directions(self) -> NDArray[np.float32]:
        """What shortens an answer: shape (answers, dimension), columns of unit length at right angles."""
        return _bundled_directions(self.model.name)


@dataclass(frozen=True, slots=True)
class Lift:
    """One more number in an embedding, which makes up for what a poor picture takes away.

    A network answers a blurred or turned face with a short vector (Meng et al., "MagFace", CVPR 2021), and such a
    face is less alike to everybody, itself in other pictures included. The strength of a face is the mean, over
    the networks, of the logarithm of that length, less its mean over many people. The number is proportional to
    `reach` less the strength, or 0: two weak faces gain much by it, two strong ones little.
    """

    slope: float
    """By how much the cosine of two faces of mean strength rises when one of them gets weaker by 1, about."""
    reach: float
    """The strength from which on a face gains nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Centring:
    """Local centring: takes out of an embedding what faces of its kind have in common.

    Women of one country, children, or blurred pictures lie close together, so that two strangers of one kind are
    more alike than two of different kinds. A centre is what many faces of one kind have in common; the centres
    near an embedding are subtracted from it, `x - pull * sum_k softmax(focus * x.u_k) c_k` with `u_k` the centre
    `c_k` at unit length, and the rest is brought back to unit length (docs/decisions/0040).
    """

    centres: NDArray[np.float32]
    """Shape (k, d): each the mean of the embeddings of several people, before centring; shorter than 1."""
    pull: float
    """The share of what is near that is taken out, 0-1."""
    focus: float
    """How much nearer centres count more than others; 0: all alike."""

    def applied(self, embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
        """The embeddings after centring: shape (n, d), unit vectors, as those that are given."""
        nearness = np.exp(np.float32(self.focus) * (embeddings @ _unit_centres(self).T))
        shares = nearness / nearness.sum(axis=1, keepdims=True)
        rest = embeddings - np.float32(self.pull) * (shares @ self.centres)
        return unit(rest)


@dataclass(frozen=True, slots=True)
class Fit:
    """What was fitted to a recipe on the faces of many people."""

    set: str
    """Description of the faces."""
    knots: tuple[tuple[float, float], ...]
    """(cosine, similarity 0-100), both strictly ascending; none if it was not calibrated yet."""
    mean: tuple[float, ...]
    """The mean embedding, which is subtracted: those of all networks side by side; then, with a lift, the mean of
    the logarithm of the answers' lengths."""
    centring: Centring | None = None
    """None: nothing but the mean is taken out."""


@dataclass(frozen=True, slots=True)
class GroupTable:
    """Error rates within groups of people whom no fit has seen, as training/fairness/measure.py prints them."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Masks:
    """How masked faces are compared: brought near to what they would be without the mask, on scales of their own.

    An affine map takes a masked face's answers to those that its bare face would have got; it was fitted on faces
    with masks drawn over them. Two numbers of an embedding say whether the face is masked. A face that is asked
    about has others there, so that the cosine of each kind of pair is moved to where the scale of bare pairs means
    the same (docs/decisions/0069).
    """

    fitted: str
    """The recipe that the map was fitted for: its file in the folder `calibration` is FITTED.masks.npy."""
    masked_bare: float
    """What the cosine of a masked and a bare face gains."""
    masked_masked: float
    """What the cosine of two masked faces gains; it is negative."""

    @property
    def unmasking(self) -> NDArray[np.float32]:
        """The map, shape (d + 1, d): its last row is added to the answers times the others."""
        return bundled_unmasking(self.fitted)


MARK = 0.1
"""The size of each of the two numbers that say whether a face is masked: the first positive, the second as well if
it is, and negative if not."""


@dataclass(frozen=True, slots=True)
class RecognitionCard:
    """A recipe. Its name is the model version that groups are created with: another recipe is another name."""

    name: str
    networks: tuple[FaceNetwork, ...]
    accuracy: tuple[str, ...]
    landmarks: ModelCard | None = None
    """The network that finds the landmarks for the alignment anew; None: the detector's are used."""
    own_fit: Fit | None = None
    """None: the one in the folder `calibration` under the card's name."""
    lift: Lift | None = None
    allowance: float = 0.0
    """By how much the cosine of a poor and a good picture is raised over that of two good or two poor ones.

    It takes one number more: `sqrt(2 allowance) (p - 1/2)` with p the poorness of the picture
    (`visavis.vision.poorness`). A face that is asked about has it with the other sign, so that two poor pictures
    are never helped. Not together with a lift.
    """
    masks: Masks | None = None
    """None: masked faces are compared as bare ones are. Only together with an allowance."""
    first_view_within: float = 0.0
    """By how much the cosine of a face that is asked about may be off if only its first views are looked at.

    A search looks at the other views only where they might change its outcome (docs/decisions/0088). 0 means that
    the bound is unknown or that there are no other views; then a search looks at all views at once.
    """
    base: str | None = None
    """The recipe to whose networks its user fitted this one; None: it came with its networks."""

    @property
    def dimension(self) -> int:
        """Length of the embedding."""
        extra = (self.lift is not None) + (self.allowance > 0) + 2 * (self.masks is not None)
        return sum(network.dimension for network in self.networks) + extra

    @property
    def most_alike(self) -> float:
        """The cosine of a bare face asked about and the same picture stored: 1, less what an allowance takes."""
        return (1 - self.allowance / 2) / self._squared_length

    @property
    def _squared_length(self) -> float:
        """The squared length of an embedding, good or poor, before it is brought to unit length."""
        return 1 + self.allowance / 2 + (2 * MARK**2 if self.masks else 0)

    @property
    def files(self) -> tuple[ModelCard, ...]:
        """The cards of all files that the recipe needs."""
        landmarks = () if self.landmarks is None else (self.landmarks,)
        return (*landmarks, *dict.fromkeys(network.model for network in self.networks))

    @property
    def licence(self) -> str:
        """The licences of all its files."""
        return "; ".join(dict.fromkeys(file.licence for file in self.files))

    @property
    def fit(self) -> Fit:
        """Mean embedding and similarity table."""
        if self.own_fit or self.masks is None:
            return self.own_fit or _bundled_fit(self.name)
        # Bare faces are compared as without the marks, which take a share of the length.
        fit = _bundled_fit(self.masks.fitted)
        share = (1 + self.allowance / 2) / self._squared_length
        (start, *between, _) = fit.knots
        scaled = [(cosine * share, similarity) for cosine, similarity in between]
        return replace(fit, knots=(start, *scaled, (self.most_alike, 100.0)))

    @property
    def groups(self) -> GroupTable | None:
        """How often strangers match in groups of people; None where that was not measured."""
        return _bundled_groups(self.name if self.masks is None or self.base else self.masks.fitted)

    @property
    def similarity_table(self) -> tuple[tuple[float, float], ...]:
        """(cosine, similarity 0-100) knots, both strictly ascending. Raises SetupError if there are none yet."""
        if not self.fit.knots:
            raise not_calibrated(self.name)
        return self.fit.knots

    @property
    def mean(self) -> tuple[float, ...]:
        """The mean embedding, length `dimension`."""
        return self.fit.mean

    @property
    def shares(self) -> tuple[float, ...]:
        """The length that each network's part has in an embedding of unit length."""
        total = math.hypot(*(network.weight for network in self.networks))
        return tuple(network.weight / total for network in self.networks)


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Vectors (n, d), none of them 0, at length 1."""
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def not_calibrated(name: str) -> SetupError:
    """The error for a model without a similarity scale."""
    return SetupError(
        f"The recognition model {name} has no similarity scale yet; fit one to faces of yours with: "
        f"visavis calibrate DIR --model {name}"
    )


@cache
def _unit_centres(centring: Centring) -> NDArray[np.float32]:
    return unit(centring.centres)


@cache
def _bundled_directions(network: str) -> NDArray[np.float32]:
    """The file of the folder `calibration` that training/similarity/reduce.py writes."""
    with resources.files("visavis.vision").joinpath("calibration", f"{network}.npy").open("rb") as file:
        directions: NDArray[np.float16] = np.load(file, allow_pickle=False)
    return directions.astype(np.float32)


@cache
def bundled_unmasking(recipe: str) -> NDArray[np.float32]:
    """The file of the folder `calibration` that training/mask/unmasking.py writes."""
    with resources.files("visavis.vision").joinpath("calibration", f"{recipe}.masks.npy").open("rb") as file:
        unmasking: NDArray[np.float16] = np.load(file, allow_pickle=False)
    return unmasking.astype(np.float32)


@cache
def _bundled_groups(name: str) -> GroupTable | None:
    file = resources.files("visavis.vision").joinpath("calibration", f"{name}.groups.json")
    if not file.is_file():
        return None
    content = json.loads(file.read_bytes())
    return GroupTable(tuple(content["columns"]), tuple(tuple(row) for row in content["rows"]))


@cache
def _bundled_fit(name: str) -> Fit:
    folder = resources.files("visavis.vision").joinpath("calibration")
    content = json.loads(folder.joinpath(f"{name}.json").read_bytes())
    knots = tuple((float(cosine), float(similarity)) for cosine, similarity in content["knots"])
    centring = None
    if "centring" in content:
        with folder.joinpath(f"{name}.centres.npy").open("rb") as file:
            centres: NDArray[np.float16] = np.load(file, allow_pickle=False)
        centring = Centring(centres.astype(np.float32), **content["centring"])
    return Fit(content["set"], knots, tuple(content["mean"]), centring)
