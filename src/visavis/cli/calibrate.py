"""`visavis calibrate`: a similarity scale of one's own."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from visavis import app as wiring
from visavis.cli.measuring import Face, MaxPerPerson, ModelName, look_at, recognition_card, working
from visavis.cli.terminal import AsJson, DataDir, out, print_json, read_settings, say
from visavis.evaluation.comparisons import compare_all
from visavis.evaluation.folders import people_in, read_set_aside
from visavis.evaluation.looks import Which
from visavis.evaluation.scale import fit_scale
from visavis.evaluation.verification import faces_in
from visavis.settings import Settings
from visavis.types import OwnScale, Traits
from visavis.vision.models import RecognitionCard


def calibrate(  # noqa: PLR0913 - an option each
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="DIR", help="A folder for each person: DIR/PERSON/*.jpg or .png"),
    ] = None,
    *,
    set_aside: Annotated[
        Path | None,
        typer.Option(help='JSON list of pairs of names that are one person, [["A", "B"], ...]: not compared.'),
    ] = None,
    show: Annotated[bool, typer.Option("--show", help="Show the stored scales, change nothing.")] = False,
    reset: Annotated[bool, typer.Option("--reset", help="Go back to the scale that came with the model.")] = False,
    max_per_person: MaxPerPerson = 10,
    model: ModelName = None,
    face: Face = Which.CENTRAL,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Fit what a similarity means to faces of your own, and store it. Servers use it from their next start on."""
    if sum((folder is not None, show, reset)) != 1:
        raise typer.BadParameter("Give a folder of people, or --show, or --reset.")
    card = recognition_card(model)
    settings = read_settings(data_dir=data_dir)
    if show:
        _show(settings, as_json=as_json)
    elif reset:
        _reset(settings, card)
    elif folder is not None:
        own = _fit(folder, set_aside, max_per_person, card, face, settings)
        wiring.make_records(settings).close()
        with wiring.open_calibrations(settings) as calibrations:
            calibrations.store(own)
        _print([own], as_json=as_json)
        if not as_json:
            say("Stored. Servers of this data directory use it from their next start on.")


def _fit(
    folder: Path,
    set_aside: Path | None,
    max_per_person: int,
    card: RecognitionCard,
    face: Which,
    settings: Settings,
) -> OwnScale:
    people = people_in(folder, max_per_person)
    left_out = read_set_aside(set_aside) if set_aside else []
    files = [(number, file) for number, person in enumerate(people) for file in person.files]
    looks = look_at([file for _, file in files], settings, Traits(), card.name, face)
    faces = faces_in([(number, look) for (number, _), look in zip(files, looks, strict=True)])
    number = {people[given].name: number for number, given in enumerate(faces.given)}
    one_person = [(number[a], number[b]) for a, b in left_out if a in number and b in number]
    with working("Comparing"):
        compared = compare_all(faces.embeddings, faces.people, one_person)
    knots = fit_scale(compared)
    measured_on = (
        f"{len(faces.people):,} pictures of {len(faces.given):,} people; {compared.impostor_count:,} impostor "
        f"pairs, {len(one_person):,} pairs of names set aside"
    )
    return OwnScale(card.name, tuple(knots), measured_on, datetime.now(UTC))


def _show(settings: Settings, *, as_json: bool) -> None:
    with wiring.open_calibrations(settings) as calibrations:
        stored = list(calibrations.all().values())
    if not stored and not as_json:
        say("No scale is stored: every model has the one that came with it.")
        return
    _print(stored, as_json=as_json)


def _reset(settings: Settings, card: RecognitionCard) -> None:
    with wiring.open_calibrations(settings) as calibrations:
        there = calibrations.delete(card.name)
    say(
        f"{card.name} has the scale that came with it again, from the next start of a server on."
        if there
        else f"No scale of {card.name} is stored."
    )


def _print(scales: list[OwnScale], *, as_json: bool) -> None:
    if as_json:
        print_json(
            [
                {"model": each.model, "measured_on": each.measured_on, "created": each.created_at.isoformat()}
                | {"knots": each.knots}
                for each in scales
            ]
        )
        return
    for each in scales:
        say(f"{each.model}, {each.created_at:%Y-%m-%d %H:%M} UTC: {each.measured_on}")
        table = Table("cosine", "similarity")
        for cosine, similarity in each.knots:
            table.add_row(f"{cosine:.4f}", f"{similarity:g}")
        out.print(table)
