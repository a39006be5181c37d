"""Adds an own network, or an own fit, to the models directory: a complete folder with its card, or nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from visavis.errors import SetupError
from visavis.files import AS_USUAL, sync, write_whole
from visavis.vision.catalogue import Catalogue, taken_names
from visavis.vision.fitted_packs import read_fitted, written
from visavis.vision.models import RecognitionCard
from visavis.vision.network_file import NetworkFile, examine
from visavis.vision.own_packs import CARD, FOLDER, NAME_IN_WORDS, fields_of, is_model_name, read_content
from visavis.vision.prepared import adopt_prepared
from visavis.vision.recognition import Recognizers
from visavis.vision.shapes import Shape
from visavis.vision.store import ModelStore

_FILE = "network.onnx"


@dataclass(frozen=True, slots=True)
class Terms:
    """The user's statement about the licence of a network."""

    licence: str
    non_commercial: bool


def add_model(models: Path, name: str, file: Path, shape: Shape, terms: Terms) -> RecognitionCard:
    """A new recognition model made of one network, which is copied with a card of its own; the card, as read back.

    It is tried out before it appears, by the code that servers load it with. Raises SetupError, with the reason,
    if the name is taken or none, the file is no network of this shape, or the copy cannot be written; then nothing
    is left.
    """
    check_name(models, name)
    network = examine(file, shape)
    card = _card(file.name, network, shape, terms)
    with set_up_aside(models, name) as aside:
        folder = aside / FOLDER / name
        folder.mkdir(parents=True)
        write_whole(folder / _FILE, network.data, AS_USUAL)
        write_whole(folder / CARD, card.encode(), AS_USUAL)
        catalogue = Catalogue.read(aside)
        Recognizers(ModelStore(aside, keeps_prepared=True), catalogue).load(name)
        adopt_prepared(aside, models)
        _put_in(models, folder)
    return Catalogue.read(models).require(name)


def add_fitted(models: Path, card: RecognitionCard, base: RecognitionCard) -> RecognitionCard:
    """A new recognition model: the networks of a base, with the fit of a card; the card, as read back.

    Raises SetupError, with the reason, if the name is taken or none, or it cannot be written; then nothing is
    left.
    """
    check_name(models, card.name)
    with set_up_aside(models, card.name) as aside:
        folder = aside / FOLDER / card.name
        folder.mkdir(parents=True)
        for file, content in written(card, base).items():
            write_whole(folder / file, content, AS_USUAL)
        read_fitted(aside, card.name, read_content(aside, card.name), {base.name: base}.__getitem__)
        _put_in(models, folder)
    return Catalogue.read(models).require(card.name)


def check_name(models: Path, name: str) -> None:
    """Raises SetupError, with the reason, if no new recognition model can be called this."""
    if not is_model_name(name):
        raise SetupError(f"{name!r} is not a name for a model, which has {NAME_IN_WORDS}.")
    if name in taken_names():
        raise SetupError(f"{name} is the name of another recognition model; a model of your own needs its own.")
    if (models / FOLDER / name).exists():
        raise SetupError(
            f"{models / FOLDER / name} already exists. A name stands for one recipe: choose another name."
        )


@contextmanager
def set_up_aside(models: Path, name: str) -> Iterator[Path]:
    """A models directory beside everything that is read, on the same disk; gone afterwards, whatever happened.

    What a killed process left of one is cleared away by the next with the same name.
    """
    aside = models / f".adding-{name}"
    try:
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        yield aside
    except OSError as error:
        raise SetupError(f"The model {name} cannot be written into {models} ({error.strerror}).") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _put_in(models: Path, folder: Path) -> None:
    """Move a whole folder to the packs of a models directory, under the name that it has, and onto the disk."""
    packs = models / FOLDER
    packs.mkdir(exist_ok=True)
    folder.rename(packs / folder.name)
    for directory in (packs, models):
        sync(directory)


def _card(file: str, network: NetworkFile, shape: Shape, terms: Terms) -> str:
    """The card of docs/models-of-your-own.md."""
    output = [("output", network.output)] if network.output is not None else []
    of_model = [
        ("licence", terms.licence),
        ("origin", f"{file}, brought by its user; fed as the shape {shape.name} ({shape.source})"),
        ("non_commercial", terms.non_commercial),
    ]
    of_network = [
        ("file", _FILE),
        ("sha256", network.sha256),
        ("dimension", network.dimension),
        *output,
        ("channels", shape.channels),
        ("offset", shape.offset),
        ("divisor", shape.divisor),
        ("layout", network.layout),
    ]
    of_alignment = [("side", shape.alignment.side), ("points", shape.alignment.points)]
    return "\n".join(
        [
            "# Written by `visavis models add`.",
            *fields_of(of_model),
            "\n[[network]]",
            *fields_of(of_network),
            "\n[network.alignment]",
            *fields_of(of_alignment),
            "",
        ]
    )
