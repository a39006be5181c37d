"""`visavis group ...`: what groups ask of faces."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Annotated, Any

import typer

from visavis import app as wiring
from visavis.cli.terminal import AsJson, DataDir, folding_table, out, print_json, read_settings, say
from visavis.types import CENTURY_HOURS

group_commands = typer.Typer(no_args_is_help=True, help="Groups: what they ask of faces.")


def _hours(text: str) -> int:
    """From 36h or 30d; 0 needs no unit."""
    found = re.fullmatch(r"(\d{1,9})([hd])", text if text != "0" else "0h")
    hours = int(found[1]) * (24 if found[2] == "d" else 1) if found else -1
    if not 0 <= hours <= CENTURY_HOURS:
        raise typer.BadParameter(f"{text!r} is no time such as 36h or 30d, up to a hundred years.")
    return hours


def _span(hours: int) -> str:
    if not hours:
        return "always"
    return f"{hours}h" if hours % 24 else f"{hours // 24}d"


AppName = Annotated[str, typer.Argument(help="The name of the app that owns the group.")]


@group_commands.command("list", epilog="Example: visavis group list front-door")
def list_groups(app: AppName, data_dir: DataDir = None, *, as_json: AsJson = False) -> None:
    """List the groups of an app with their settings."""
    with wiring.open_groups(read_settings(data_dir=data_dir)) as (apps, groups):
        found = list(groups.all(apps.require(app)))
    if as_json:
        rows = [
            {"group": each.name, "faces": each.face_count, "model": each.model} | asdict(each.settings)
            for each in found
        ]
        print_json(rows)
        return
    settings = ("liveness", "liveness threshold", "similarity", "quality", "kept")
    table = folding_table("group", "faces", "model", *settings)
    for group in found:
        has = group.settings
        quality = f"{has.min_quality:g}" if has.min_quality else "any"
        numbers = (f"{has.liveness_threshold:g}", f"{has.similarity:g}", quality, _span(has.retention_hours))
        facts = (group.name, str(group.face_count), group.model, "on" if has.liveness else "off")
        table.add_row(*facts, *numbers)
    out.print(table)


@group_commands.command("set", epilog="Example: visavis group set front-door staff --liveness --similarity 95")
def set_group(  # noqa: PLR0913 - an option each
    app: AppName,
    group_id: Annotated[str, typer.Argument(help="The group's id.")],
    *,
    liveness: Annotated[bool | None, typer.Option(help="Whether Search Face asks for a living face.")] = None,
    liveness_threshold: Annotated[float | None, typer.Option(min=0, max=100, help="Liveness asked for.")] = None,
    similarity: Annotated[
        float | None, typer.Option(min=0, max=100, help="Similarity asked for; take 99 among children.")
    ] = None,
    min_quality: Annotated[
        float | None, typer.Option(min=0, max=100, help="Least quality of a face to be registered; 0 is any.")
    ] = None,
    retention: Annotated[
        int | None,
        typer.Option(
            parser=_hours,
            metavar="TIME",
            help="How long a face is kept after its registration, 36h or 30d; 0 is until somebody deletes it.",
        ),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Change what a group asks of faces, and how long it keeps them.

    Liveness and similarity are asked for when it is used as a Search Face collection, quality wherever faces are
    registered. A shorter retention holds for the faces that are there too.
    """
    given: dict[str, Any] = {
        "liveness": liveness,
        "liveness_threshold": liveness_threshold,
        "similarity": similarity,
        "min_quality": min_quality,
        "retention_hours": retention,
    }
    with wiring.open_groups(read_settings(data_dir=data_dir)) as (apps, groups):
        changes = {name: value for name, value in given.items() if value is not None}
        settings = groups.change_settings(apps.require(app), group_id, changes).settings
    say(
        f"{group_id}: liveness {'on' if settings.liveness else 'off'}, threshold {settings.liveness_threshold:g}, "
        f"similarity {settings.similarity:g}, quality {settings.min_quality:g}, "
        f"faces are kept {_span(settings.retention_hours)}"
    )
