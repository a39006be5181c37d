"""The command `visavis calibrate DIR --recipe NAME`: fits a recipe on own pictures."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from visavis.cli.measuring import name_unreadable, with_progress, working
from visavis.cli.terminal import complaint
from visavis.errors import SetupError
from visavis.evaluation.answers import AnswersEmbedder
from visavis.evaluation.corpus import Which
from visavis.evaluation.folders import Person
from visavis.evaluation.grouping import Grouping
from visavis.evaluation.own_recipe import (
    OwnRecipe,
    Seen,
    fit_recipe,
    pictures_of,
    require_people,
    seen_of,
    to_be_spoilt,
)
from visavis.evaluation.worsening import POOR
from visavis.settings import Settings
from visavis.types import Embedding
from visavis.vision.adding import add_fitted, check_name
from visavis.vision.analyzer import Analyzer
from visavis.vision.catalogue import Catalogue
from visavis.vision.conversion import obstacle
from visavis.vision.fitted_packs import why_no_base
from visavis.vision.models import RecognitionCard
from visavis.vision.recognition import Recognizers
from visavis.vision.store import ModelStore


def fit_own_recipe(  # noqa: PLR0913, PLR0917 - the options of the command
    settings: Settings,
    model: str,
    name: str,
    people: Sequence[Person],
    grouping: Grouping | None,
    one_person: Sequence[tuple[str, str]],
    poor: int,
    which: Which,
) -> OwnRecipe:
    """Fit a recipe for the networks of a model, and store it. Raises SetupError; nothing is stored then."""
    base = _base(settings, model)
    check_name(settings.models_dir, name)
    require_people(len(people))
    seen = _see(settings, base, people, grouping, one_person, poor, which)
    with working("Fitting"):
        fitted = fit_recipe(base, name, seen)
    add_fitted(settings.models_dir, fitted.card, base)
    return fitted


def what_is_next(settings: Settings, card: RecognitionCard) -> tuple[str, str]:
    """How the recipe is used, in two lines."""
    cards = Catalogue.read(settings.models_dir).cards.values()
    movable = [each.name for each in cards if each.name != card.name and obstacle(each, card) is None]
    groups = (
        f"for groups of {' or '.join(movable)}: visavis group upgrade APP GROUP --to {card.name}"
        if movable
        else "groups of other models need their pictures again"
    )
    return (
        f"Measure it on other people: visavis evaluate verify OTHERS --model {card.name}",
        f"For new groups: VISAVIS_RECOGNITION_MODEL={card.name} visavis serve; {groups}",
    )


def _base(settings: Settings, model: str) -> RecognitionCard:
    catalogue = Catalogue.read(settings.models_dir)
    card = catalogue.require(model)
    base = card if card.base is None else catalogue.require(card.base)
    reason = why_no_base(base)
    if reason is not None:
        raise SetupError(reason)
    return base


def _see(
    settings: Settings,
    base: RecognitionCard,
    people: Sequence[Person],
    grouping: Grouping | None,
    one_person: Sequence[tuple[str, str]],
    poor: int,
    which: Which,
) -> Seen:
    embedder = _embedder(settings, base, which)
    files = [file for _, file in pictures_of(people)]
    spoilt = to_be_spoilt(people, poor)
    _say_how_long(embedder, files, len(spoilt))
    answers = with_progress(files, embedder.measure)
    name_unreadable([answer.sample for answer in answers])
    versions = with_progress(list(spoilt.values()), embedder.measure_poor_versions, "Processing poor versions")
    of_person: Mapping[int, Mapping[str, Embedding]] = dict(zip(spoilt, versions, strict=True))
    return seen_of(people, [answer.answers for answer in answers], of_person, grouping, one_person)


def _embedder(settings: Settings, base: RecognitionCard, which: Which) -> AnswersEmbedder:
    threads = settings.work.cpu_places
    store = ModelStore(settings.models_dir)
    recognizers = Recognizers(store, Catalogue.read(store.directory))
    recognizer = recognizers.load(base.name)
    return AnswersEmbedder(Analyzer.load(store, threads, recognizers), recognizer, threads, which)


def _say_how_long(embedder: AnswersEmbedder, files: Sequence[Path], spoilt: int) -> None:
    """Print an estimate of the time on standard error, from the time of the first pictures."""
    sample = files[: 2 * embedder.threads]
    embedder.measure(sample[:1], lambda: None)  # the very first picture takes longer
    begun = time.perf_counter()
    embedder.measure(sample, lambda: None)
    each = (time.perf_counter() - begun) / len(sample)
    versions = spoilt * len(POOR)
    minutes = math.ceil(each * (len(files) + versions) / 60) + 1
    complaint.print(
        f"{len(files):,} pictures, and up to {versions:,} poor versions of {spoilt:,} of them: about {minutes:,} "
        "minutes, including the fit.",
        highlight=False,
        soft_wrap=True,
    )
