"""Shared parts of the commands that measure: which face, progress, unreadable files, tables, reports."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.progress import Progress
from rich.table import Table

from visavis.cli.terminal import complaint, out, print_json, read_settings, say
from visavis.evaluation.corpus import CorpusEmbedder, Sample, Which
from visavis.evaluation.folders import PersonIs
from visavis.evaluation.grouping import Grouping
from visavis.evaluation.pages import Sheet
from visavis.settings import Settings
from visavis.types import Traits
from visavis.vision.analyzer import Analyzer
from visavis.vision.catalogue import Catalogue
from visavis.vision.models import RecognitionCard
from visavis.vision.recognition import Recognizers
from visavis.vision.store import ModelStore

T = TypeVar("T")

MaxPerPerson = Annotated[
    int, typer.Option(min=1, help="Maximum number of pictures per person, the first by name.")
]
MinQuality = Annotated[
    float,
    typer.Option(
        "--min-quality",
        min=0,
        max=100,
        help="Refuse faces of lower quality, so that they match nobody; 0: refuse none.",
    ),
]
MinComparability = Annotated[
    float,
    typer.Option(
        "--min-comparability",
        min=0,
        max=100,
        help="Refuse faces of lower comparability, as servers do, so that they match nobody; 0: refuse none.",
    ),
]
ModelName = Annotated[
    str | None, typer.Option("--model", help="The recognition model; the default one if omitted.")
]
Groups = Annotated[
    str | None,
    typer.Option(
        "--groups",
        metavar="FILE.csv|folders",
        help="Groups of people: a CSV list with the header person,group, or folders for DIR/GROUP/PERSON/*.jpg.",
    ),
]
PersonOption = Annotated[
    PersonIs, typer.Option("--person", help="Whether a person is a folder or a single file in DIR.")
]
Face = Annotated[Which, typer.Option("--face", help="Which face to use if a picture shows several.")]


def _in_a_folder(file: Path | None) -> Path | None:
    """Check before the work that the folder of an output file exists."""
    if file is not None and not file.parent.is_dir():
        raise typer.BadParameter(f"There is no folder {file.parent}.")
    if file is not None and file.exists() and not file.is_file():
        raise typer.BadParameter(f"{file} is not a file.")
    return file


Report = Annotated[
    Path | None,
    typer.Option(
        "--report", metavar="FILE.html", callback=_in_a_folder, help="Write tables and plots into one HTML file."
    ),
]
Resamples = Annotated[
    int, typer.Option(min=0, help="Bootstrap resamples for each 95 % interval; 0: no intervals.")
]
Seed = Annotated[int, typer.Option(min=0, help="Seed of everything random: the same seed gives the same figures.")]


def recognition_card(name: str | None) -> RecognitionCard:
    """The card of a recognition model, or of the default one. Raises SetupError if there is none of this name."""
    settings = read_settings()
    return Catalogue.read(settings.models_dir).require(name or settings.recognition_model)


def measure_files(
    files: Sequence[Path],
    settings: Settings,
    traits: Traits,
    model: str | None = None,
    which: Which = Which.LARGEST,
) -> list[Sample]:
    """Measure each file, with a progress bar. Unreadable files are named on standard error."""
    threads = settings.work.cpu_places
    store = ModelStore(settings.models_dir)
    recognizers = Recognizers(store, Catalogue.read(store.directory))
    if model is not None:
        recognizers.load(model)
    embedder = CorpusEmbedder(Analyzer.load(store, threads, recognizers), threads, traits, model, which)
    samples = with_progress(files, embedder.measure)
    name_unreadable(samples)
    return samples


def with_progress(
    files: Sequence[Path],
    measure: Callable[[Sequence[Path], Callable[[], None]], list[T]],
    what: str = "Processing pictures",
) -> list[T]:
    """Call `measure` with the files and a progress bar, which is shown on a terminal only."""
    with Progress(console=complaint, disable=not complaint.is_terminal) as progress:
        task = progress.add_task(what, total=len(files))
        return measure(files, lambda: progress.advance(task))


def name_unreadable(samples: Sequence[Sample]) -> None:
    """Name unreadable files on standard error."""
    for sample in samples:
        if sample.unreadable is not None:
            complaint.print(f"{sample.file}: {sample.unreadable}", highlight=False, soft_wrap=True)


def warn_of(grouping: Grouping | None) -> None:
    """Name on standard error the people whom no figure of groups counts."""
    if grouping is None:
        return
    for names, what in (
        (grouping.without_group, "People without a group, in no group's figures"),
        (grouping.without_pictures, "People in the list of groups who have no pictures"),
    ):
        if names:
            some = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
            complaint.print(f"{what}: {len(names):,} ({some}).", highlight=False, soft_wrap=True)


@contextmanager
def working(what: str) -> Iterator[None]:
    """Show a spinner on a terminal while the block runs."""
    if not complaint.is_terminal:
        yield
        return
    with complaint.status(what):
        yield


def show(summary: dict[str, object], sheets: Sequence[Sheet], notes: Sequence[str], *, as_json: bool) -> None:
    """Print the result on standard output: one JSON object, or tables."""
    if as_json:
        print_json(summary)
        return
    for note in notes:
        say(note)
    for sheet in sheets:
        table = Table(*sheet.columns, title=sheet.title, title_justify="left", show_header=any(sheet.columns))
        for row in sheet.rows:
            table.add_row(*row)
        out.print(table)
