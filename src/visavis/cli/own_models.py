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
    file: Annotated[Path, typer.Argument(metavar="FILE.onnx", help="The network, its weights inside.")],
    name: Annotated[str, typer.Option("--name", help="What the recognition model shall be called.")],
    shape: Annotated[str, typer.Option("--shape", help=f"What the network is fed with: {names_of_shapes()}.")],
    licence: Annotated[
        str | None, typer.Option("--licence", help="Its licence, in words, for `visavis models list`.")
    ] = None,
    people: Annotated[
        Path | None,
        typer.Option("--calibrate", metavar="DIR", help="Fit a scale at once, to a folder for each person."),
    ] = None,
    data_dir: DataDir = None,
    *,
    non_commercial: Annotated[
        bool,
        typer.Option("--non-commercial", help="It may not be used commercially: each start of a server says so."),
    ] = False,
) -> None:
    """Copy a recognition network into the models directory, with a card, once it was tried out."""
    chosen = _shape(shape)
    if people is not None:
        people_in(people, 1)  # before the work, not after it
    terms = adding.Terms(
        licence or ("non-commercial use only" if non_commercial else "not stated"), non_commercial
    )
    card = adding.add_model(read_settings().models_dir, name, file, chosen, terms)
    megabytes = sum(each.size for each in card.files) / 1e6
    say(f"Added {name}: {card.dimension} numbers a face, {megabytes:.1f} MB; licence: {card.licence}.")
    if people is not None:
        calibrate(people, model=name, data_dir=data_dir)
    _say_what_is_next(name, calibrated=people is not None)


def check_model(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A recognition model of one network.")],
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder for each person: DIR/PERSON/*.jpg or .png")
    ],
    face: Face = Which.CENTRAL,
    resamples: Resamples = 1000,
    seed: Seed = 0,
    *,
    as_json: AsJson = False,
) -> None:
    """Feed a network in other ways than its card says, and warn if another tells people apart better."""
    cards = ways_to_feed(recognition_card(name))
    people = _with_several_pictures(folder)
    by_models = measure_by_models(people, list(cards.values()), read_settings(), face)
    compared = compare_by_model(people, by_models, list(cards.values()))
    with working("Drawing people for the intervals"):
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
    raise SetupError(f"There is no shape {name}, only: {known}. Any other network takes a card written by hand.")


def _say_what_is_next(name: str, *, calibrated: bool) -> None:
    say("Next, with DIR a folder of people, DIR/PERSON/*.jpg:")
    say(f"  is it fed with what it was trained on?  visavis models check {name} DIR")
    if not calibrated:
        say(f"  what a similarity means, needed first:  visavis calibrate DIR --model {name}")
    say(f"  is it better than the default?          visavis evaluate compare-models DIR --model {name}")
    say(f"  for new groups, when you are content:   VISAVIS_RECOGNITION_MODEL={name} visavis serve")


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
        return f"No other way is clearly better: nothing speaks against the card of {name}."
    return (
        f"WARNING: fed with {better.name} the network tells these people apart clearly better than with "
        f"{own.name}, as the card of {name} says. It was probably trained on that: read what its authors say, and "
        "add it again under another name."
    )
