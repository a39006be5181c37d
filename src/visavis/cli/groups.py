"""`visavis group ...`: what groups ask of faces."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Annotated, Any

import typer
from rich.table import Column, Table

from visavis import app as wiring
from visavis.cli.terminal import AsJson, DataDir, out, print_json, read_settings, say

group_commands = typer.Typer(no_args_is_help=True, help="Groups: what they ask of faces.")

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
    # A group id may be wider than the screen; it is continued there, not cut.
    group_id = Column("group", overflow="fold")
    table = Table(group_id, "faces", "model", "liveness", "liveness threshold", "similarity", "quality")
    for group in found:
        has = group.settings
        quality = f"{has.min_quality:g}" if has.min_quality else "any"
        numbers = (f"{has.liveness_threshold:g}", f"{has.similarity:g}", quality)
        facts = (group.name, str(group.face_count), group.model, "on" if has.liveness else "off")
        table.add_row(*facts, *numbers)
    out.print(table)


@group_commands.command("set", epilog="Example: visavis group set front-door staff --liveness --similarity 95")
def set_group(
    app: AppName,
    group_id: Annotated[str, typer.Argument(help="The group's id.")],
    *,
    liveness: Annotated[bool | None, typer.Option(help="Whether Search Face asks for a living face.")] = None,
    liveness_threshold: Annotated[float | None, typer.Option(min=0, max=100, help="Liveness asked for.")] = None,
    similarity: Annotated[float | None, typer.Option(min=0, max=100, help="Similarity asked for.")] = None,
    min_quality: Annotated[
        float | None, typer.Option(min=0, max=100, help="Least quality of a face to be registered; 0 is any.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Change what a group asks of faces.

    Liveness and similarity are asked for when it is used as a Search Face collection, quality wherever faces are
    registered.
    """
    given: dict[str, Any] = {
        "liveness": liveness,
        "liveness_threshold": liveness_threshold,
        "similarity": similarity,
        "min_quality": min_quality,
    }
    with wiring.open_groups(read_settings(data_dir=data_dir)) as (apps, groups):
        owner = apps.require(app)
        settings = groups.require(owner, group_id).settings
        changed = replace(settings, **{name: value for name, value in given.items() if value is not None})
        settings = groups.change_settings(owner, group_id, changed).settings
    say(
        f"{group_id}: liveness {'on' if settings.liveness else 'off'}, threshold {settings.liveness_threshold:g}, "
        f"similarity {settings.similarity:g}, quality {settings.min_quality:g}"
    )
