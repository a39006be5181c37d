"""The commands `visavis evaluate ...`: error rates on own pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

import visavis
from visavis import app as wiring
from visavis.cli.measuring import (
    Face,
    MaxPerPerson,
    MinComparability,
    MinQuality,
    ModelName,
    PersonOption,
    Report,
    Resamples,
    Seed,
    measure_files,
    recognition_card,
    show,
    warn_of,
    working,
)
from visavis.cli.terminal import AsJson, read_settings
from visavis.core.calibration import Calibration
from visavis.errors import SetupError
from visavis.evaluation import differentials, identification, masks, poses, sheets, spoofing, verification
from visavis.evaluation.corpus import Sample, Which, counts
from visavis.evaluation.folders import Person, PersonIs, people_in, read_pairs
from visavis.evaluation.grouping import find_people
from visavis.evaluation.pages import Plot, Sheet, write_page
from visavis.evaluation.sheets_of_groups import group_sheets
from visavis.types import COMPARABLE, GroupSettings, Traits
from visavis.vision.models import RecognitionCard

evaluate_commands = typer.Typer(no_args_is_help=True, help="Measure recognition accuracy on your own pictures.")

FOLDER_OF_PEOPLE = "A folder for each person: DIR/PERSON/*.jpg or .png"
ScaleFrom = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Use the scale that `visavis calibrate` stored there, not the model's own."),
]


@evaluate_commands.command("verify", epilog="Example: visavis evaluate verify people --report verify.html")
def verify(  # noqa: PLR0913, PLR0917 - an option each
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="DIR", help=FOLDER_OF_PEOPLE),
    ] = None,
    pairs: Annotated[
        Path | None, typer.Option(help="Compare only the pairs in this file: LFW's pairs.txt, or CSV.")
    ] = None,
    groups: Annotated[
        str | None,
        typer.Option(
            metavar="FILE.csv|folders",
            help="Also compare groups of people: a CSV list with the header person,group, or folders for "
            "DIR/GROUP/PERSON/*.jpg.",
        ),
    ] = None,
    each: PersonOption = PersonIs.FOLDER,
    max_per_person: MaxPerPerson = 10,
    min_quality: MinQuality = 0.0,
    min_comparability: MinComparability = COMPARABLE,
    model: ModelName = None,
    face: Face = Which.CENTRAL,
    data_dir: ScaleFrom = None,
    resamples: Resamples = 1000,
    seed: Seed = 0,
    report: Report = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Compare every picture with every other, and measure false matches and false non-matches."""
    if pairs is not None and (groups is not None or each is PersonIs.FILE):
        raise typer.BadParameter("A list of pairs does not say who is who: --groups and --person need a folder.")
    card = recognition_card(model)
    scale, scale_name = _scale(card, data_dir)
    asked = GroupSettings(min_quality=min_quality, min_comparability=min_comparability)
    people: list[Person] = []
    grouping = None
    if pairs is not None:
        listed = read_pairs(pairs, folder)
        samples = _measure_people(
            sorted({file for pair in listed for file in (pair.first, pair.second)}), card, face
        )
        measured = verification.of_pairs(listed, samples, asked)
    elif folder is not None:
        people, grouping = find_people(folder, each, max_per_person, groups)
        warn_of(grouping)
        samples = _measure_people([file for person in people for file in person.files], card, face)
        with working("Comparing"):
            measured = verification.of_people(people, samples, scale, asked)
    else:
        raise typer.BadParameter("Give a folder of people, a list of pairs, or both.")
    with working("Resampling people for the intervals"):
        summary = verification.summary(measured, scale, resamples, seed)
        if grouping is not None:
            summary["groups"] = differentials.summary(measured, people, grouping, samples, scale, resamples, seed)
    summary |= {"model": card.name, "scale": scale_name, "face": face.value}
    summary |= {"min_quality": min_quality, "min_comparability": min_comparability}
    notes = _notes(summary, resamples, seed)
    tables = sheets.verification_sheets(summary)
    if grouping is not None:
        tables += group_sheets(summary["groups"])
    show(summary, tables, notes, as_json=as_json)

    def draw() -> list[Plot]:
        from visavis.evaluation.plots import verification_plots  # noqa: PLC0415 - matplotlib takes its time
        from visavis.evaluation.plots_of_groups import group_plots  # noqa: PLC0415

        plots = verification_plots(measured.compared, scale, summary["error_versus_discard"])
        return plots + (group_plots(summary["groups"]) if grouping is not None else [])

    _report(report, "Verification", notes, tables, draw)


@evaluate_commands.command(
    "identify", epilog="Example: visavis evaluate identify people --gallery-size 200 --report identify.html"
)
def identify(  # noqa: PLR0913, PLR0917 - an option each
    folder: Annotated[Path, typer.Argument(metavar="DIR", help=FOLDER_OF_PEOPLE)],
    gallery_size: Annotated[int, typer.Option(min=1, help="People in the gallery, one picture each.")],
    splits: Annotated[int, typer.Option(min=1, help="How many galleries to draw at random.")] = 10,
    max_per_person: MaxPerPerson = 10,
    min_quality: MinQuality = 0.0,
    min_comparability: MinComparability = COMPARABLE,
    model: ModelName = None,
    face: Face = Which.CENTRAL,
    data_dir: ScaleFrom = None,
    resamples: Resamples = 1000,
    seed: Seed = 0,
    report: Report = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Search galleries for members and for strangers, and measure members missed and strangers matched."""
    card = recognition_card(model)
    scale, scale_name = _scale(card, data_dir)
    people = people_in(folder, max_per_person)
    samples = _measure_people([file for person in people for file in person.files], card, face)
    shown = [(number, samples[file]) for number, person in enumerate(people) for file in person.files]
    asked = GroupSettings(min_quality=min_quality, min_comparability=min_comparability)
    faces = verification.faces_in(shown, asked)
    with working("Searching"):
        drawn = identification.draw_splits(faces, gallery_size, splits, seed)
        count = int(faces.people.max()) + 1
        found = identification.summary(drawn, count, gallery_size, scale, resamples, seed)
    summary = counts(list(samples.values())) | {"refused": int(faces.refused.sum()), "people": count} | found
    summary |= {"model": card.name, "scale": scale_name, "face": face.value}
    summary |= {"min_quality": min_quality, "min_comparability": min_comparability}
    notes = [*_notes(summary, resamples, seed), *sheets.strangers_in_words(summary)]
    tables = sheets.identification_sheets(summary)
    show(summary, tables, notes, as_json=as_json)

    def draw() -> list[Plot]:
        from visavis.evaluation.plots import identification_plots  # noqa: PLC0415 - matplotlib takes its time

        return identification_plots(drawn)

    _report(report, "Identification", notes, tables, draw)


@evaluate_commands.command("spoof", epilog="Example: visavis evaluate spoof attacks --report spoof.html")
def spoof(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="DIR/live with living people, DIR/spoof or DIR/spoof/SPECIES/")
    ],
    report: Report = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Count attacks that pass and living people who are refused (ISO/IEC 30107-3)."""
    live_files, species_files = spoofing.live_and_species(folder)
    files = [*live_files, *(file for found in species_files.values() for file in found)]
    samples = _by_file(measure_files(files, read_settings(), Traits(liveness=True)))
    live = spoofing.Presentations.of([samples[file] for file in live_files])
    species = {
        name: spoofing.Presentations.of([samples[file] for file in found]) for name, found in species_files.items()
    }
    summary = spoofing.summary(live, species)
    notes = _notes(summary, 0, 0)
    tables = sheets.spoofing_sheets(summary)
    show(summary, tables, notes, as_json=as_json)

    def draw() -> list[Plot]:
        from visavis.evaluation.plots import spoofing_plots  # noqa: PLC0415 - matplotlib takes its time

        return spoofing_plots(live, species)

    _report(report, "Presentation attacks", notes, tables, draw)


@evaluate_commands.command("mask", epilog="Example: visavis evaluate mask pictures --report mask.html")
def mask(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="DIR/masked and DIR/unmasked")],
    report: Report = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Count missed masks, and bare faces taken for masked ones."""
    files = masks.masked_and_unmasked(folder)
    samples = _by_file(
        measure_files([file for found in files.values() for file in found], read_settings(), Traits(mask=True))
    )
    summary = masks.summary({name: [samples[file] for file in found] for name, found in files.items()})
    notes = _notes(summary, 0, 0)
    tables = sheets.mask_sheets(summary)
    show(summary, tables, notes, as_json=as_json)

    def draw() -> list[Plot]:
        from visavis.evaluation.plots import mask_plots  # noqa: PLC0415 - matplotlib takes its time

        return mask_plots(summary)

    _report(report, "Masks", notes, tables, draw)


@evaluate_commands.command("pose", epilog="Example: visavis evaluate pose poses.csv --json")
def pose(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE.csv", help="Lines of picture,yaw,pitch,roll: in degrees, with signs as in the API"
        ),
    ],
    resamples: Resamples = 1000,
    seed: Seed = 0,
    report: Report = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Compare estimated head angles with those in a list."""
    annotated = poses.read_poses(file)
    samples = measure_files([each.file for each in annotated], read_settings(), Traits(pose=True))
    errors = poses.pose_errors(annotated, samples)
    summary = poses.summary(errors, samples, resamples, seed)
    notes = _notes(summary, resamples, seed)
    tables = sheets.pose_sheets(summary)
    show(summary, tables, notes, as_json=as_json)

    def draw() -> list[Plot]:
        from visavis.evaluation.plots import pose_plots  # noqa: PLC0415 - matplotlib takes its time

        return pose_plots(errors)

    _report(report, "Head angles", notes, tables, draw)


def _measure_people(files: Sequence[Path], card: RecognitionCard, which: Which) -> dict[Path, Sample]:
    return _by_file(
        measure_files(files, read_settings(), Traits(quality=True, comparability=True), card.name, which)
    )


def _by_file(samples: Sequence[Sample]) -> dict[Path, Sample]:
    return {sample.file: sample for sample in samples}


def _scale(card: RecognitionCard, data_dir: Path | None) -> tuple[Calibration, str]:
    """The similarity scale, and a description of its source."""
    if data_dir is None:
        return Calibration.from_table(card.similarity_table), "of the model"
    with wiring.open_calibrations(read_settings(data_dir=data_dir)) as calibrations:
        own = calibrations.all().get(card.name)
    if own is None:
        raise SetupError(f"No scale for {card.name} is stored in {data_dir}: create one with `visavis calibrate`.")
    return Calibration.from_table(own.knots), f"own: {own.measured_on}"


def _notes(summary: dict[str, object], resamples: int, seed: int) -> list[str]:
    """Notes on how the figures were computed."""
    day = datetime.now(UTC).date().isoformat()
    notes = [f"Visavis {visavis.__version__}, {day}. In brackets: 95 % intervals."]
    if "model" in summary:
        notes.append(
            f"Recognition model {summary['model']}; similarity on the scale {summary['scale']}. "
            f"The {summary['face']} face of each picture is measured."
        )
    refused = [
        f"of a {word} below {summary[f'min_{word}']:g}"
        for word in ("quality", "comparability")
        if summary.get(f"min_{word}")
    ]
    if refused:
        notes.append(
            f"Faces {' or '.join(refused)} are refused and match nobody: they count as not recognised where "
            "they should match, and as not accepted where they should not."
        )
    if resamples:
        notes.append(f"Intervals from {resamples:,} resamples of people (of faces, for angles), seed {seed}.")
    return notes


def _report(
    file: Path | None, title: str, notes: Sequence[str], tables: Sequence[Sheet], draw: Callable[[], list[Plot]]
) -> None:
    if file is not None:
        with working("Drawing plots"):
            write_page(file, title, notes, tables, draw())
