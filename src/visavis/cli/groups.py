"""The commands `visavis group ...`: settings and recognition models of groups."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated

import typer
from typer.models import OptionInfo

from visavis import app as wiring
from visavis.cli.database import progress
from visavis.cli.terminal import AsJson, DataDir, counted, folding_table, out, print_json, read_settings, say
from visavis.core.apps import Apps
from visavis.core.group_settings import BOUNDS
from visavis.core.groups import Groups
from visavis.identities import App
from visavis.types import Group, GroupSettings

group_commands = typer.Typer(
    no_args_is_help=True, help="Groups: their requirements for faces, and their recognition model."
)


def _hours(text: str) -> int:
    """Hours from a text such as 36h or 30d; 0 needs no unit."""
    found = re.fullmatch(r"(\d{1,9})([hd])", text if text != "0" else "0h")
    hours = int(found[1]) * (24 if found[2] == "d" else 1) if found else -1
    if not BOUNDS["retention_hours"].hold(hours):
        raise typer.BadParameter(f"{text!r} is not a duration such as 36h or 30d, up to a hundred years.")
    return hours


def _span(hours: int) -> str:
    if not hours:
        return "always"
    return f"{hours}h" if hours % 24 else f"{hours // 24}d"


def _days(settings: GroupSettings) -> str:
    days = settings.recognition_event_days
    return f"for {days}d" if days else "are off"


def _option(setting: str, description: str) -> OptionInfo:
    """A number within the bounds of the setting."""
    bounds = BOUNDS[setting]
    option: OptionInfo = typer.Option(min=bounds.least, max=bounds.most, help=description)
    return option


AppName = Annotated[str, typer.Argument(help="The name of the app that owns the group.")]


@group_commands.command("create", epilog="Example: visavis group create front-door col_123456789")
def create_group(
    app: AppName,
    group_id: Annotated[str, typer.Argument(help="The group's id: A-Z, a-z, 0-9, '_', '.' and '-'.")],
    data_dir: DataDir = None,
) -> None:
    """Create a group, or collection. Some ids of Search Face can only be created here and in the console."""
    with wiring.open_groups(read_settings(data_dir=data_dir)) as (apps, groups):
        groups.create(apps.require(app), group_id)
    say(f"{group_id}: created")


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
    settings = ("liveness", "liveness threshold", "similarity", "quality", "comparability", "kept")
    table = folding_table("group", "faces", "model", *settings)
    for group in found:
        has = group.settings
        least = (f"{value:g}" if value else "any" for value in (has.min_quality, has.min_comparability))
        numbers = (f"{has.liveness_threshold:g}", f"{has.similarity:g}", *least, _span(has.retention_hours))
        cells = (group.name, str(group.face_count), group.model, "on" if has.liveness else "off")
        table.add_row(*cells, *numbers)
    out.print(table)


@group_commands.command("set", epilog="Example: visavis group set front-door staff --liveness --similarity 95")
def set_group(  # noqa: PLR0913 - an option each
    app: AppName,
    group_id: Annotated[str, typer.Argument(help="The group's id.")],
    *,
    liveness: Annotated[bool | None, typer.Option(help="Whether Search Face requires a living face.")] = None,
    liveness_threshold: Annotated[float | None, _option("liveness_threshold", "Minimum liveness.")] = None,
    similarity: Annotated[
        float | None, _option("similarity", "Minimum similarity of a match; use 99 among children.")
    ] = None,
    min_quality: Annotated[
        float | None, _option("min_quality", "Minimum quality of a face to be registered; 0 accepts any.")
    ] = None,
    min_comparability: Annotated[
        float | None,
        _option(
            "min_comparability",
            "Minimum comparability of a face to be registered or matched, 50 by default; 0 accepts any, and "
            "lets strangers match in poor pictures.",
        ),
    ] = None,
    retention: Annotated[
        int | None,
        typer.Option(
            parser=_hours,
            metavar="TIME",
            help="How long a face is kept after registration, such as 36h or 30d; 0: until somebody deletes it.",
        ),
    ] = None,
    recognition_events: Annotated[
        int | None,
        _option(
            "recognition_event_days",
            "Record who was recognised when, and keep that for this many days; 0 records nothing. Read "
            "docs/events.md first: this is monitoring of people.",
        ),
    ] = None,
    event_gap: Annotated[
        int | None,
        _option(
            "recognition_event_gap_seconds",
            "Seconds within which a person seen again at the same named door is no new event, 60 by default; 0 "
            "makes every look one.",
        ),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Change what a group requires of faces, and how long it keeps them.

    Liveness and similarity apply when the group is used as a Search Face collection, quality whenever faces are
    registered, comparability whenever they are registered or searched for. A shorter retention applies to
    existing faces too.
    """
    given: dict[str, object] = {
        "liveness": liveness,
        "liveness_threshold": liveness_threshold,
        "similarity": similarity,
        "min_quality": min_quality,
        "min_comparability": min_comparability,
        "retention_hours": retention,
        "recognition_event_days": recognition_events,
        "recognition_event_gap_seconds": event_gap,
    }
    with wiring.open_groups(read_settings(data_dir=data_dir)) as (apps, groups):
        changes = {name: value for name, value in given.items() if value is not None}
        settings = groups.change_settings(apps.require(app), group_id, changes).settings
    say(
        f"{group_id}: liveness {'on' if settings.liveness else 'off'}, threshold {settings.liveness_threshold:g}, "
        f"similarity {settings.similarity:g}, quality {settings.min_quality:g}, "
        f"comparability {settings.min_comparability:g}, "
        f"faces are kept {_span(settings.retention_hours)}, recognition events {_days(settings)}"
    )


@group_commands.command("upgrade", epilog="Example: visavis group upgrade front-door staff")
def upgrade(
    app: Annotated[str | None, typer.Argument(help="The name of the app that owns the group.")] = None,
    group_id: Annotated[str | None, typer.Argument(help="The group's id.")] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="All groups of the app, or of all apps.")] = False,
    model: Annotated[
        str | None,
        typer.Option("--to", metavar="MODEL", help="A model other than the newest, for a single group."),
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Move groups to a newer recognition model of the same networks, without pictures.

    Works while servers are running; they must have the new model. Faces keep their ids. Similarities are then on
    the new model's scale, so check the thresholds that you use. A group moves as a whole or not at all; after an
    interruption, run the same command again.
    """
    if everything == (group_id is not None) or (everything and model is not None) or not (everything or app):
        raise typer.BadParameter(
            "Give an app and a group, or --all with or without an app; --to needs a single group."
        )
    moved = []
    with wiring.open_groups(read_settings(data_dir=data_dir)) as (apps, groups):
        for owner, group in _chosen(apps, groups, app, group_id):
            with progress(group.name, group.face_count) as advance:
                upgraded = groups.upgrade(owner, group.name, model, advance)
            row = {"app": owner.name, "group": group.name, "from": group.model, "to": upgraded.model}
            moved.append(row | {"faces": upgraded.face_count})
            if not as_json:
                say(_moved(group, upgraded))
    if as_json:
        print_json(moved)


def _chosen(apps: Apps, groups: Groups, app: str | None, group_id: str | None) -> Iterator[tuple[App, Group]]:
    for owner in apps.all() if app is None else [apps.require(app)]:
        for group in groups.all(owner) if group_id is None else [groups.require(owner, group_id)]:
            yield owner, group


def _moved(before: Group, after: Group) -> str:
    if before.model == after.model:
        return f"{after.name}: {after.model} already"
    return f"{after.name}: from {before.model} to {after.model}, {counted(after.face_count, 'face')}"
