"""`visavis evaluate compare-models`: whether another recognition model is better on these people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

import visavis
from visavis import app as wiring
from visavis.cli.measuring import (
    Face,
    MaxPerPerson,
    Report,
    Resamples,
    Seed,
    name_unreadable,
    recognition_card,
    show,
    with_progress,
    working,
)
from visavis.cli.terminal import AsJson, read_settings
from visavis.core.calibration import Calibration
from visavis.evaluation.comparisons import Comparisons, compare_all
from visavis.evaluation.corpus import Which, counts
from visavis.evaluation.folders import Person, people_in
from visavis.evaluation.model_comparison import Measured, summary
from visavis.evaluation.model_sheets import comparison_sheets
from visavis.evaluation.pages import write_page
from visavis.evaluation.several_models import ModelsEmbedder, ModelsSample, faces_by_model, seconds_by_model
from visavis.settings import Settings
from visavis.vision.analyzer import Analyzer
from visavis.vision.catalogue import Catalogue
from visavis.vision.models import RecognitionCard
from visavis.vision.recognition import Recognizers
from visavis.vision.store import ModelStore


def compare_models(  # noqa: PLR0913, PLR0917 - an option each
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder for each person: DIR/PERSON/*.jpg or .png")
    ],
    models: Annotated[
        list[str],
        typer.Option(
            "--model", help="A recognition model; repeatable. A single one is compared with the default."
        ),
    ],
    max_per_person: MaxPerPerson = 10,
    face: Face = Which.CENTRAL,
    data_dir: Annotated[
        Path | None,
        typer.Option(
            "--data-dir",
            help="Use scales that `visavis calibrate` stored there, if any, instead of the models' own.",
        ),
    ] = None,
    resamples: Resamples = 1000,
    seed: Seed = 0,
    report: Report = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Detect each picture's face once, embed it with each model, and compare how well they separate people."""
    settings = read_settings()
    names = dict.fromkeys(models if len(models) > 1 else [settings.recognition_model, *models])
    if len(names) == 1:
        raise typer.BadParameter("Name two recognition models, or one that is not the default.")
    cards = [recognition_card(name) for name in names]
    scales = _scales(cards, data_dir)
    people = people_in(folder, max_per_person)
    by_models = measure_by_models(people, cards, settings, face)
    compared = compare_by_model(people, by_models, cards)
    measured = _measured(cards, compared, scales, by_models, ModelStore(settings.models_dir))
    with working("Resampling people for the intervals"):
        figures = counts([each.sample for each in by_models]) | summary(measured, resamples, seed)
    figures |= {"face": face.value}
    notes = _notes(figures, resamples, seed)
    tables = comparison_sheets(figures)
    show(figures, tables, notes, as_json=as_json)
    if report is not None:
        from visavis.evaluation.plots import model_plots  # noqa: PLC0415 - matplotlib takes its time

        write_page(report, "Recognition models side by side", notes, tables, model_plots(compared))


def measure_by_models(
    people: Sequence[Person], cards: Sequence[RecognitionCard], settings: Settings, which: Which
) -> list[ModelsSample]:
    """Measure each picture of these people by all models. Unreadable files are named on standard error.

    The cards need not be in any catalogue. Raises SetupError if a file of theirs is missing or is not what it
    should be.
    """
    store = ModelStore(settings.models_dir)
    offered = Catalogue({card.name: card for card in cards}, (), (), {})
    recognizers = Recognizers(store, offered)
    for card in cards:
        recognizers.load(card.name)
    threads = settings.work.cpu_places
    analyzer = Analyzer.load(store, threads, recognizers)
    embedder = ModelsEmbedder(analyzer, threads, tuple(offered.cards), which)
    by_models = with_progress([file for person in people for file in person.files], embedder.measure)
    name_unreadable([each.sample for each in by_models])
    return by_models


def compare_by_model(
    people: Sequence[Person], by_models: Sequence[ModelsSample], cards: Sequence[RecognitionCard]
) -> dict[str, Comparisons]:
    """Compare every face with every other, by each model; by the name of its card."""
    with working("Comparing"):
        return {
            card.name: compare_all(faces.embeddings, faces.people, probes=faces.asked)
            for card, faces in zip(cards, faces_by_model(people, by_models, len(cards)), strict=True)
        }


def _scales(cards: Sequence[RecognitionCard], data_dir: Path | None) -> dict[str, tuple[Calibration | None, str]]:
    """For each model by name: its scale, None if it has none, and a description of its source."""
    stored = {}
    if data_dir is not None:
        with wiring.open_calibrations(read_settings(data_dir=data_dir)) as calibrations:
            stored = calibrations.all()
    scales: dict[str, tuple[Calibration | None, str]] = {}
    for card in cards:
        own = stored.get(card.name)
        if own is not None:
            scales[card.name] = Calibration.from_table(own.knots), f"own: {own.measured_on}"
        elif card.fit.knots:
            scales[card.name] = Calibration.from_table(card.fit.knots), "of the model"
        else:
            scales[card.name] = None, f"none yet: visavis calibrate DIR --model {card.name}"
    return scales


def _measured(
    cards: Sequence[RecognitionCard],
    compared: Mapping[str, Comparisons],
    scales: Mapping[str, tuple[Calibration | None, str]],
    by_models: Sequence[ModelsSample],
    store: ModelStore,
) -> list[Measured]:
    return [
        Measured(
            card.name,
            compared[card.name],
            *scales[card.name],
            sum(store.path(file).stat().st_size for file in card.files),
            float(seconds),
        )
        for card, seconds in zip(cards, seconds_by_model(by_models), strict=True)
    ]


def _notes(figures: Mapping[str, object], resamples: int, seed: int) -> list[str]:
    """Notes on how the figures were computed."""
    day = datetime.now(UTC).date().isoformat()
    notes = [
        f"Visavis {visavis.__version__}, {day}. In brackets: 95 % intervals.",
        f"The {figures['face']} face of each picture is measured; milliseconds are the median of processor time.",
    ]
    if resamples:
        drawn = f"Intervals from {resamples:,} resamples of people, seed {seed}, the same for every model."
        notes += [
            drawn,
            "Better or worse: the interval of the difference excludes 0; otherwise this shows no difference.",
        ]
    return notes
