"""The commands `visavis models add` and `check`: make an own network file a recognition model."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from visavis.cli.calibrate import calibrate
from visavis.cli.compare_models import compare_by_model, measure_by_models
from visavis.cli.measuring import Face, Resamples, Seed, recognition_card, show, working
from visavis.cli.terminal import AsJson, DataDir, read_settings, say
from visavis.errors import SetupError
from visavis.evaluation.corpus import Which
from visavis.evaluation.folders import Person, people_in
from visavis.evaluation.model_sheets import way_sheets
from visavis.evaluation.preprocessing import Way, compare_ways, ways_to_feed
from visavis.vision import adding
from visavis.vision.shapes import SHAPES, Shape, names_of_shapes

_PEOPLE, _PICTURES = 100, 3
"""How many people, and pictures of each, a check uses at most: enough for a clear result in a minute or two."""


def add_model(
    file: Annotated[
        Path, typer.Argument(metavar="FILE.onnx", help="The network, with its weights inside the file.")
    ],
    name: Annotated[str, typer.Option("--name", help="The name of the recognition model.")],
    shape: Annotated[
        str, typer.Option("--shape", help=f"How the network expects its input: {names_of_shapes()}.")
    ],
    licence: Annotated[
        str | None, typer.Option("--licence", help="Its licence, in words, for `visavis models list`.")
    ] = None,
    people: Annotated[
        Path | None,
        typer.Option("--calibrate", metavar="DIR", help="Also fit a scale: to a folder for each person."),
    ] = None,
    data_dir: DataDir = None,
    *,
    non_commercial: Annotated[
        bool,
        typer.Option("--non-commercial", help="It may not be used commercially; servers say so at every start."),
    ] = False,
) -> None:
    """Test a recognition network, and copy it into the models directory with a card."""
    chosen = _shape(shape)
    if people is not None:
        people_in(people, 1)  # before the work, not after it
    terms = adding.Terms(
        licence or ("non-commercial use only" if non_commercial else "not stated"), non_commercial
    )
    card = adding.add_model(read_settings().models_dir, name, file, chosen, terms)
    megabytes = sum(each.size for each in card.files) / 1e6
    say(f"Added {name}: {card.dimension} numbers per face, {megabytes:.1f} MB; licence: {card.licence}.")
    if people is not None:
        calibrate(people, model=name, data_dir=data_dir)
    _say_what_is_next(name, calibrated=people is not None)


def check_model(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A recognition model with a single network.")],
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder for each person: DIR/PERSON/*.jpg or .png")
    ],
    face: Face = Which.CENTRAL,
    resamples: Resamples = 1000,
    seed: Seed = 0,
    *,
    as_json: AsJson = False,
) -> None:
    """Try other inputs than the one on a network's card, and warn if one of them separates people better."""
    cards = ways_to_feed(recognition_card(name))
    people = _with_several_pictures(folder)
    by_models = measure_by_models(people, list(cards.values()), read_settings(), face)
    compared = compare_by_model(people, by_models, list(cards.values()))
    with working("Resampling people for the intervals"):
        ways = compare_ways(compared, resamples, seed)
    better = max((way for way in ways if way.clearly_better), key=lambda way: way.separation, default=None)
    summary = {"model": name, "people": len(people), "ways": [asdict(way) for way in ways]}
    show(summary, way_sheets(ways), [_note(people)], as_json=as_json)
    if not as_json:
        say(_verdict(name, ways[0], better))


def _shape(name: str) -> Shape:
    for shape in SHAPES:
        if shape.name == name:
            return shape
    known = "; ".join(f"{shape.name} ({shape.networks})" for shape in SHAPES)
    raise SetupError(f"There is no shape {name}, only: {known}. Any other network needs a card written by hand.")


def _say_what_is_next(name: str, *, calibrated: bool) -> None:
    say("Next, with DIR a folder of people, DIR/PERSON/*.jpg:")
    say(f"  check the input that it expects:  visavis models check {name} DIR")
    if not calibrated:
        say(f"  fit its scale, needed first:      visavis calibrate DIR --model {name}")
    say(f"  compare it with the default:      visavis evaluate compare-models DIR --model {name}")
    say(f"  use it for new groups:            VISAVIS_RECOGNITION_MODEL={name} visavis serve")


def _with_several_pictures(folder: Path) -> list[Person]:
    several = [person for person in people_in(folder, _PICTURES) if len(person.files) > 1]
    return several[:_PEOPLE]


def _note(people: list[Person]) -> str:
    return (
        f"{len(people):,} people with two pictures or more. The separation is the distance between the cosines of "
        "genuine and of impostor pairs, in units of their spread. In brackets: 95 % intervals."
    )


def _verdict(name: str, own: Way, better: Way | None) -> str:
    if better is None:
        return f"No other input is clearly better: the card seems right for {name}."
    return (
        f"WARNING: fed with {better.name} the network tells these people apart clearly better than with "
        f"{own.name}, as the card of {name} says. It was probably trained on that: read what its authors say, and "
        "add it again under another name."
    )
