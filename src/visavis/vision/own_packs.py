"""Packs of the user's own: a folder in the models directory with a card and the files that it names.

`MODELS/packs/NAME/card.toml` describes one recognition model, whose name is that of its folder; the format is
described in docs/models-of-your-own.md.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from visavis.errors import SetupError
from visavis.vision.models import (
    ARCFACE,
    Alignment,
    FaceNetwork,
    Fit,
    ModelCard,
    OwnFile,
    RecognitionCard,
    Task,
    View,
)

FOLDER = "packs"
CARD = "card.toml"
NAME_IN_WORDS = "1 to 63 characters from a-z, 0-9, '.' and '-', the first a letter or digit"
_NAME = r"[a-z0-9][a-z0-9.-]{0,62}"


def _differs_from_zero(value: float) -> float:
    if value == 0:
        raise ValueError("must not be 0")
    return value


_Model = TypeVar("_Model", bound=BaseModel)
Text = Annotated[str, Field(min_length=1, max_length=2000)]
Number = Annotated[float, Field(ge=-1e6, le=1e6)]
_Divisor = Annotated[Number, AfterValidator(_differs_from_zero)]
_Point = tuple[Number, Number]


class Part(BaseModel):
    """Unknown fields and values of another type are refused: a misspelt field must not be left out in silence."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class AlignmentPart(Part):
    side: int = Field(ge=16, le=1024)
    points: tuple[_Point, _Point, _Point, _Point, _Point]


class ViewPart(Part):
    mirrored: bool = False
    scale: float = Field(1.0, ge=0.1, le=10)
    shift: _Point = (0.0, 0.0)


class NetworkPart(Part):
    file: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*\.onnx$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    dimension: int = Field(ge=2, le=4096)
    alignment: AlignmentPart | None = None
    channels: Literal["RGB", "BGR"] = "RGB"
    offset: tuple[Number, Number, Number] = (0.0, 0.0, 0.0)
    divisor: tuple[_Divisor, _Divisor, _Divisor] = (1.0, 1.0, 1.0)
    layout: Literal["NCHW", "NHWC"] = "NCHW"
    output: Text | None = None
    weight: float = Field(1.0, gt=0, le=1000)
    view: tuple[ViewPart, ...] = Field((ViewPart(),), min_length=1, max_length=16)


def rise_strictly(knots: tuple[tuple[float, float], ...]) -> bool:
    """Whether knots rise strictly in both columns, from [-1, 0] on."""
    return knots[0] == (-1.0, 0.0) and bool((np.diff(knots, axis=0) > 0).all())


class CalibrationPart(Part):
    set: Text
    knots: tuple[tuple[float, float], ...] = Field(min_length=2, max_length=1000)
    mean: tuple[Number, ...] | None = None

    @model_validator(mode="after")
    def _scale_rises(self) -> Self:
        if not rise_strictly(self.knots) or self.knots[-1] != (1.0, 100.0):
            raise ValueError("knots must rise strictly in both columns, from [-1, 0] to [1, 100]")
        return self


class Card(Part):
    licence: Text
    origin: Text
    non_commercial: bool = False
    accuracy: tuple[Text, ...] = ()
    network: tuple[NetworkPart, ...] = Field(min_length=1, max_length=8)
    calibration: CalibrationPart | None = None

    @model_validator(mode="after")
    def _mean_fits(self) -> Self:
        dimension = sum(network.dimension for network in self.network)
        mean = None if self.calibration is None else self.calibration.mean
        if mean is not None and len(mean) != dimension:
            raise ValueError(
                f"calibration.mean has {len(mean)} numbers; the networks' dimensions add up to {dimension}"
            )
        return self


def fields_of(fields: list[tuple[str, object]]) -> Iterator[str]:
    """Lines of TOML: its strings, numbers and lists are written as those of JSON."""
    return (f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in fields)


def is_model_name(name: str) -> bool:
    """Whether a model of one's own can be called this."""
    return re.fullmatch(_NAME, name) is not None


def names_of_packs(models: Path) -> list[str]:
    """The folders that hold a card, in ascending order."""
    return sorted(path.parent.name for path in (models / FOLDER).glob(f"*/{CARD}"))


def read_content(models: Path, name: str) -> dict[str, object]:
    """The card of a folder as it is written. Raises SetupError that names the card and what is wrong with it."""
    path = models / FOLDER / name / CARD
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SetupError(f"{path} cannot be read ({error.strerror}).") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SetupError(f"{path} is not TOML: {error}.") from error
    if not is_model_name(name):
        raise SetupError(f"{path}: the folder is the model's name, and that has {NAME_IN_WORDS}.")
    return content


def read_pack(models: Path, name: str, content: Mapping[str, object]) -> RecognitionCard:
    """The recognition model of a folder whose card has this content. Its files are not read.

    Raises SetupError that names the card, the field and what is wrong with it.
    """
    path = Path(FOLDER, name, CARD)
    return _recognition_card(models, path, validated(Card, models / path, json.dumps(content, default=str)))


def validated(kind: type[_Model], path: Path, content: str | bytes) -> _Model:
    """What a file holds, given as JSON. Raises SetupError that names the file, the field and what is wrong."""
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        raise SetupError(f"{path}: {_first_problem(error)}.") from error


def _first_problem(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_context=False, include_input=False)[0]
    field = ".".join(str(part) for part in problem["loc"])
    said = problem["msg"].removeprefix("Value error, ")
    return f"{field}: {said}" if field else said


def _recognition_card(models: Path, path: Path, card: Card) -> RecognitionCard:
    name = path.parent.name
    networks = tuple(_network(models, path, card, index) for index in range(len(card.network)))
    given = card.calibration
    mean = (given and given.mean) or (0.0,) * sum(network.dimension for network in networks)
    fit = Fit(given.set, given.knots, mean) if given else Fit("nothing yet", (), mean)
    return RecognitionCard(name, networks, card.accuracy, own_fit=fit)


def _network(models: Path, path: Path, card: Card, index: int) -> FaceNetwork:
    part = card.network[index]
    alignment = Alignment(part.alignment.side, part.alignment.points) if part.alignment else ARCFACE
    return FaceNetwork(
        _model_card(models, path, card, index),
        part.dimension,
        alignment,
        part.channels,
        part.offset,
        part.divisor,
        part.layout,
        part.output,
        views=tuple(View(view.mirrored, view.scale, view.shift) for view in part.view),
        weight=part.weight,
    )


def _model_card(models: Path, path: Path, card: Card, index: int) -> ModelCard:
    part = card.network[index]
    file = path.with_name(part.file)
    try:
        size = (models / file).stat().st_size
    except OSError as error:
        raise SetupError(f"{models / path}: network.{index}.file: {part.file} is not there.") from error
    return ModelCard(
        name=f"{path.parent.name}/{part.file}",
        task=Task.RECOGNITION,
        file=str(file),
        sha256=part.sha256,
        size=size,
        source=OwnFile(str(path)),
        licence=card.licence,
        origin=card.origin,
        input=f"aligned face, {part.channels}, {part.layout}",
        output=f"embedding, n x {part.dimension}",
        accuracy=(),
        non_commercial=card.non_commercial,
    )
