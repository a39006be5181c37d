"""Packs of the user's own: a folder in the models directory with a card and the files that it names.

`MODELS/packs/NAME/card.toml` describes one recognition model, whose name is that of its folder; the format is told
in docs/models-of-your-own.md.
"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Annotated, Literal, Self

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
NAME_IN_WORDS = "1 to 63 characters out of a-z, 0-9, '.' and '-', the first a letter or digit"
_NAME = r"[a-z0-9][a-z0-9.-]{0,62}"


def _differs_from_zero(value: float) -> float:
    if value == 0:
        raise ValueError("must not be 0")
    return value


_Text = Annotated[str, Field(min_length=1, max_length=2000)]
_Number = Annotated[float, Field(ge=-1e6, le=1e6)]
_Divisor = Annotated[_Number, AfterValidator(_differs_from_zero)]
_Point = tuple[_Number, _Number]


class _Part(BaseModel):
    """Unknown fields and values of another type are refused: a misspelt field must not be left out in silence."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class AlignmentPart(_Part):
    side: int = Field(ge=16, le=1024)
    points: tuple[_Point, _Point, _Point, _Point, _Point]


class ViewPart(_Part):
    mirrored: bool = False
    scale: float = Field(1.0, ge=0.1, le=10)
    shift: _Point = (0.0, 0.0)


class NetworkPart(_Part):
    file: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*\.onnx$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    dimension: int = Field(ge=2, le=4096)
    alignment: AlignmentPart | None = None
    channels: Literal["RGB", "BGR"] = "RGB"
    offset: tuple[_Number, _Number, _Number] = (0.0, 0.0, 0.0)
    divisor: tuple[_Divisor, _Divisor, _Divisor] = (1.0, 1.0, 1.0)
    layout: Literal["NCHW", "NHWC"] = "NCHW"
    output: _Text | None = None
    weight: float = Field(1.0, gt=0, le=1000)
    view: tuple[ViewPart, ...] = Field((ViewPart(),), min_length=1, max_length=16)


class CalibrationPart(_Part):
    set: _Text
    knots: tuple[tuple[float, float], ...] = Field(min_length=2, max_length=1000)
    mean: tuple[_Number, ...] | None = None

    @model_validator(mode="after")
    def _scale_rises(self) -> Self:
        knots = np.array(self.knots)
        if (
            knots[0].tolist() != [-1, 0]
            or knots[-1].tolist() != [1, 100]
            or not (np.diff(knots, axis=0) > 0).all()
        ):
            raise ValueError("knots must rise strictly in both columns, from [-1, 0] to [1, 100]")
        return self


class Card(_Part):
    licence: _Text
    origin: _Text
    non_commercial: bool = False
    accuracy: tuple[_Text, ...] = ()
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


def is_model_name(name: str) -> bool:
    """Whether a model of one's own can be called this."""
    return re.fullmatch(_NAME, name) is not None


def names_of_packs(models: Path) -> list[str]:
    """The folders that hold a card, in ascending order."""
    return sorted(path.parent.name for path in (models / FOLDER).glob(f"*/{CARD}"))


def read_pack(models: Path, name: str) -> RecognitionCard:
    """The recognition model of a folder. Its files are not read.

    Raises SetupError that names the card, the field and what is wrong with it.
    """
    path = Path(FOLDER, name, CARD)
    try:
        content = (models / path).read_text(encoding="utf-8")
        card = Card.model_validate_json(json.dumps(tomllib.loads(content), default=str))
    except OSError as error:
        raise SetupError(f"{models / path} cannot be read ({error.strerror}).") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SetupError(f"{models / path} is not TOML: {error}.") from error
    except ValidationError as error:
        raise SetupError(f"{models / path}: {_first_problem(error)}.") from error
    if not is_model_name(name):
        raise SetupError(f"{models / path}: the folder is the model's name, and that has {NAME_IN_WORDS}.")
    return _recognition_card(models, path, card)


def _first_problem(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_context=False, include_input=False)[0]
    field = ".".join(str(part) for part in problem["loc"])
    said = problem["msg"].removeprefix("Value error, ")
    return f"{field}: {said}" if field else said


def _recognition_card(models: Path, path: Path, card: Card) -> RecognitionCard:
    name = path.parent.name
    networks = tuple(_network(models, path, card, index) for index in range(len(card.network)))
    told = card.calibration
    mean = (told and told.mean) or (0.0,) * sum(network.dimension for network in networks)
    fit = Fit(told.set, told.knots, mean) if told else Fit("nothing yet", (), mean)
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
