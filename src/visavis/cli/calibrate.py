"""The command `visavis calibrate`: fits a similarity scale, or a whole recipe, on own faces."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from visavis import app as wiring
from visavis.cli.fitting import fit_own_recipe, what_is_next
from visavis.cli.measuring import (
    Face,
    Groups,
    MaxPerPerson,
    ModelName,
    PersonOption,
    measure_files,
    recognition_card,
    warn_of,
    working,
)
from visavis.cli.terminal import AsJson, DataDir, folding_table, out, print_json, read_settings, say
from visavis.evaluation.corpus import Which
from visavis.evaluation.folders import Person, PersonIs, read_set_aside
from visavis.evaluation.grouping import Grouping, find_people
from visavis.evaluation.populations import Population, of_groups, populations
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
    groups: Groups = None,
    each: PersonOption = PersonIs.FOLDER,
    recipe: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Fit mean, centres and scale, and save them as a new recognition model of this name.",
        ),
    ] = None,
    poor: Annotated[
        int,
        typer.Option(
            min=0,
            help="With --recipe: for how many people a picture is degraded, to fit centres of poor pictures.",
        ),
    ] = 300,
    set_aside: Annotated[
        Path | None,
        typer.Option(
            help='JSON list of pairs of names that are one person, [["A", "B"], ...]; they are not compared.'
        ),
    ] = None,
    show: Annotated[bool, typer.Option("--show", help="Show the stored scales and change nothing.")] = False,
    reset: Annotated[bool, typer.Option("--reset", help="Go back to the scale that came with the model.")] = False,
    max_per_person: MaxPerPerson = 10,
    model: ModelName = None,
    face: Face = Which.CENTRAL,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Fit the similarity scale to your own faces, and store it. Servers use it from their next start.

    With --groups, the scale takes the highest cosine that any group needs at each false match rate. With
    --recipe, nothing existing changes: the new model is for new groups, and for groups that you move to it.
    """
    if sum((folder is not None, show, reset)) != 1:
        raise typer.BadParameter("Give a folder of people, or --show, or --reset.")
    if folder is None and (recipe is not None or groups is not None):
        raise typer.BadParameter("--recipe and --groups need a folder of people.")
    settings = read_settings(data_dir=data_dir)
    if show:
        _show(settings, as_json=as_json)
    elif reset:
        _reset(settings, recognition_card(model))
    elif folder is not None:
        card = recognition_card(model)
        people, grouping = find_people(folder, each, max_per_person, groups)
        one_person = read_set_aside(set_aside) if set_aside else []
        warn_of(grouping)
        if recipe is None:
            scale, found = _fit_scale(settings, card, people, grouping, one_person, face)
            _store(settings, scale)
            _print([scale], found, as_json=as_json)
            if not as_json:
                say("Stored. Servers of this data directory use it from their next start.")
        else:
            fitted = fit_own_recipe(settings, card.name, recipe, people, grouping, one_person, poor, face)
            scale = OwnScale(recipe, fitted.card.similarity_table, fitted.card.fit.set, datetime.now(UTC))
            _print([scale], fitted.groups, as_json=as_json)
            if not as_json:
                for line in what_is_next(settings, fitted.card):
                    say(line)


def _fit_scale(
    settings: Settings,
    card: RecognitionCard,
    people: Sequence[Person],
    grouping: Grouping | None,
    left_out: Sequence[tuple[str, str]],
    face: Which,
) -> tuple[OwnScale, list[Population]]:
    files = [(number, file) for number, person in enumerate(people) for file in person.files]
    samples = measure_files([file for _, file in files], settings, Traits(), card.name, face)
    faces = faces_in([(number, sample) for (number, _), sample in zip(files, samples, strict=True)])
    number = {people[given].name: number for number, given in enumerate(faces.given)}
    one_person = [(number[a], number[b]) for a, b in left_out if a in number and b in number]
    with working("Comparing"):
        everybody, *groups = populations(faces, grouping, one_person)
    knots = fit_scale(everybody, groups, card.most_alike)
    measured_on = (
        f"{len(faces.people):,} pictures of {everybody.count:,} people; "
        f"{everybody.compared.impostor_count:,} impostor pairs, {len(one_person):,} pairs of names set aside"
    )
    fitted = [group.name for group in groups if group.enough_for_a_group]
    if fitted:
        measured_on += f"; at each rate the highest of everybody and {', '.join(fitted)}"
    return OwnScale(card.name, tuple(knots), measured_on, datetime.now(UTC)), groups


def _store(settings: Settings, scale: OwnScale) -> None:
    wiring.make_records(settings).close()
    with wiring.open_calibrations(settings) as calibrations:
        calibrations.store(scale)


def _show(settings: Settings, *, as_json: bool) -> None:
    with wiring.open_calibrations(settings) as calibrations:
        stored = list(calibrations.all().values())
    if not stored and not as_json:
        say("No scale is stored: every model uses the one that came with it.")
        return
    _print(stored, as_json=as_json)


def _reset(settings: Settings, card: RecognitionCard) -> None:
    with wiring.open_calibrations(settings) as calibrations:
        deleted = calibrations.delete(card.name)
    say(
        f"{card.name} is back on the scale that came with it, from the server's next start."
        if deleted
        else f"No scale for {card.name} is stored."
    )


def _print(scales: Sequence[OwnScale], groups: Sequence[Population] = (), *, as_json: bool) -> None:
    """Print scales, and the error rates of groups on a single scale."""
    if as_json:
        rows: list[dict[str, object]] = [
            {"model": each.model, "measured_on": each.measured_on, "created": each.created_at.isoformat()}
            | {"knots": each.knots}
            for each in scales
        ]
        if groups:
            rows[0]["groups"] = of_groups(groups, scales[0].knots)
        print_json(rows)
        return
    for each in scales:
        say(f"{each.model}, {each.created_at:%Y-%m-%d %H:%M} UTC: {each.measured_on}")
        table = Table("cosine", "similarity")
        for cosine, similarity in each.knots:
            table.add_row(f"{cosine:.4f}", f"{similarity:g}")
        out.print(table)
    if groups:
        _print_groups(of_groups(groups, scales[0].knots))


def _print_groups(rows: Sequence[dict[str, Any]]) -> None:
    table = folding_table("group", "people", "pairs", "FMR at 90", "FMR at 99", "")
    for row in rows:
        rates = ("" if rate is None else f"{rate:.2g}" for rate in row["fmr_at_similarity"].values())
        remark = "" if row["fitted"] else "too few: not fitted on"
        table.add_row(row["group"], f"{row['people']:,}", f"{row['impostor']:,}", *rates, remark)
    out.print(table)
