"""The commands `visavis person ...`: who of a group is who."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from visavis import app as wiring
from visavis.cli.terminal import AsJson, DataDir, counted, folding_table, out, print_json, read_settings, say
from visavis.core.persons import Persons
from visavis.errors import ErrorCode, ServiceError, SetupError
from visavis.identities import App
from visavis.types import Group, Person

person_commands = typer.Typer(
    no_args_is_help=True, help="Persons: the faces of a group that share an external image id, and their names."
)

AppName = Annotated[str, typer.Option("--app", help="The name of the app that owns the group.")]
GroupId = Annotated[str, typer.Option("--group", help="The group's id.")]
PersonId = Annotated[str, typer.Argument(help="The person's id, which is the external image id of the faces.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@dataclass(frozen=True, slots=True)
class _Here:
    """The group that a command works on."""

    persons: Persons
    app: App
    group: Group


@contextmanager
def _opened(app: str, group_id: str, data_dir: Path | None) -> Iterator[_Here]:
    with wiring.open_persons(read_settings(data_dir=data_dir)) as (apps, persons):
        owner = apps.require(app)
        yield _Here(persons, owner, persons.groups.require(owner, group_id))


@person_commands.command("list", epilog="Example: visavis person list --app front-door --group staff --find kim")
def list_persons(
    app: AppName,
    group_id: GroupId,
    *,
    find: Annotated[str, typer.Option("--find", help="Part of an id or of a name.")] = "",
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """List the persons of a group, with the number of their faces."""
    with _opened(app, group_id, data_dir) as here:
        found = list(here.persons.all(here.group, find))
    if as_json:
        print_json([_fields(person) for person in found])
        return
    table = folding_table("id", "name", "faces", "newest")
    for person in found:
        table.add_row(person.id, person.name, str(person.face_count), f"{person.newest:%Y-%m-%d %H:%M}")
    out.print(table if found else "There are no persons.")


@person_commands.command("show", epilog="Example: visavis person show p-7hk2m9qx --app front-door --group staff")
def show(
    person_id: PersonId, app: AppName, group_id: GroupId, *, data_dir: DataDir = None, as_json: AsJson = False
) -> None:
    """Show a person."""
    with _opened(app, group_id, data_dir) as here:
        person = here.persons.require(here.group, person_id)
    if as_json:
        print_json(_fields(person))
    else:
        say(_sentence(person))


@person_commands.command(
    "rename", epilog="Example: visavis person rename p-7hk2m9qx --name 김민수 --app front-door --group staff"
)
def rename(
    person_id: PersonId,
    app: AppName,
    group_id: GroupId,
    *,
    name: Annotated[
        str | None, typer.Option("--name", help="The new name, in any script; an empty one removes it.")
    ] = None,
    new_id: Annotated[str | None, typer.Option("--id", help="The new id, which no other person may have.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Give a person another name, another id, or both."""
    if name is None and new_id is None:
        raise typer.BadParameter("Give --name, --id, or both.")
    with _opened(app, group_id, data_dir) as here:
        person = _changed(here, person_id, new_id, name)
    if as_json:
        print_json(_fields(person))
    else:
        say(_sentence(person))


@person_commands.command(
    "merge", epilog="Example: visavis person merge p-7hk2m9qx kim --app front-door --group staff"
)
def merge(
    person_id: Annotated[str, typer.Argument(help="The person to merge, whose id disappears.")],
    into: Annotated[str, typer.Argument(help="The person to keep, with id and name.")],
    app: AppName,
    group_id: GroupId,
    *,
    yes: Yes = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Merge two persons: the faces of the first become faces of the second. This cannot be undone."""
    with _opened(app, group_id, data_dir) as here:
        first, second = (here.persons.require(here.group, each) for each in (person_id, into))
        if not yes:
            say(f"{_sentence(first)} {_sentence(second)}")
            typer.confirm("Are they the same person?", abort=True, err=True)
        person = here.persons.change(here.app, group_id, person_id, new_id=into, merge=True)
    if as_json:
        print_json(_fields(person))
    else:
        say(_sentence(person))


@person_commands.command(
    "delete", epilog="Example: visavis person delete p-7hk2m9qx --app front-door --group staff"
)
def delete(
    person_id: PersonId,
    app: AppName,
    group_id: GroupId,
    *,
    yes: Yes = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Delete a person with all faces and the name, immediately and permanently."""
    with _opened(app, group_id, data_dir) as here:
        person = here.persons.require(here.group, person_id)
        if not yes:
            typer.confirm(f"{_sentence(person)} Delete this person?", abort=True, err=True)
        count = here.persons.delete(here.app, group_id, person_id)
    if as_json:
        print_json({"id": person_id, "faces_deleted": count})
    else:
        say(f"{person_id} is deleted, with {counted(count, 'face')}.")


def _changed(here: _Here, person_id: str, new_id: str | None, name: str | None) -> Person:
    try:
        return here.persons.change(here.app, here.group.name, person_id, new_id=new_id, name=name)
    except ServiceError as error:
        if error.code is ErrorCode.PERSON_EXISTS and new_id is not None:
            other = here.persons.require(here.group, new_id)
            raise SetupError(
                f"{_sentence(other)} If both are the same person: visavis person merge {person_id} {new_id}"
            ) from None
        raise


def _fields(person: Person) -> dict[str, object]:
    return {
        "id": person.id,
        "name": person.name,
        "faces": person.face_count,
        "newest": person.newest.isoformat(),
    }


def _sentence(person: Person) -> str:
    named = f"{person.id} is {person.name!r} and" if person.name else f"{person.id} has no name, and"
    return f"{named} has {counted(person.face_count, 'face')}."
