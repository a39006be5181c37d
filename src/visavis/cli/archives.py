"""The command `visavis export`, and the restoring of archives for `visavis import --archive`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from visavis import app as wiring
from visavis.cli.database import progress
from visavis.cli.passphrase import PassphraseFd, known_passphrase, new_passphrase
from visavis.cli.terminal import AsJson, DataDir, complaint, counted, print_json, read_settings, say
from visavis.core import policy
from visavis.errors import ErrorCode, ServiceError, SetupError
from visavis.files import creating
from visavis.identities import App
from visavis.settings import Settings
from visavis.transfer.archive.archives import ArchivedGroup, Archives
from visavis.transfer.archive.restoring import Target
from visavis.types import Group
from visavis.vision.catalogue import Catalogue


def export(
    file: Annotated[
        Path, typer.Argument(help="Where the archive is written. An existing file is not overwritten.")
    ],
    app: Annotated[str, typer.Option("--app", help="The name of the app that owns the groups.")],
    group: Annotated[
        list[str] | None, typer.Option("--group", help="A group's id; repeatable. Without it, all groups.")
    ] = None,
    passphrase_fd: PassphraseFd = None,
    data_dir: DataDir = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Write groups with all their faces into one sealed file. Works while a server is running.

    The file opens with its passphrase alone: neither the data directory nor the master key is needed.
    """
    settings = read_settings(data_dir=data_dir)
    if file.exists():
        raise SetupError(f"The file {file} already exists.")
    with closing(wiring.open_records(settings)) as storage:
        with wiring.open_groups(settings) as (apps, groups):
            owner = apps.require(app)
            wanted: Sequence[Group] = (
                [groups.require(owner, name) for name in dict.fromkeys(group)]
                if group
                else list(groups.all(owner))
            )
        if not wanted:
            raise SetupError(f"The app {app!r} has no groups.")
        passphrase = new_passphrase(settings, passphrase_fd)
        with _new_file(file) as sealed, progress("faces", sum(each.face_count for each in wanted)) as advance:
            counts = Archives.of(storage).write(sealed, passphrase, wanted, advance)
    if as_json:
        print_json({"file": str(file), "bytes": file.stat().st_size, "groups": counts})
        return
    for name, count in counts.items():
        say(f"{count:>12,}  {name}")
    say(f"Written: {file}, {file.stat().st_size:,} bytes.")


def import_archive(
    archive: Path,
    app: str,
    group: str | None,
    settings: Settings,
    passphrase_fd: int | None,
    *,
    merge: bool,
    as_json: bool,
) -> None:
    """Store the groups of an archive: all of it, or nothing. Raises SetupError, ServiceError."""
    passphrase = known_passphrase(settings, passphrase_fd)
    with closing(wiring.open_records(settings)) as storage, wiring.open_apps(settings) as apps:
        owner = apps.require(app)
        with progress("faces checked", None) as advance:
            found = _inspected(Archives.of(storage), archive, passphrase, advance)
        target = _target(owner, found, group, settings, merge=merge)
        _check_models(found, settings)
        total = sum(each.head.faces for each in found)
        with _opened(archive) as file, progress("faces stored", total) as advance:
            try:
                restored = Archives.of(storage).restore(file, passphrase, target, advance)
            except ServiceError as error:
                if error.code is ErrorCode.DUPLICATE_GROUP:
                    raise SetupError(
                        f"{error.detail} Give another id with --group, or add to the group with --merge."
                    ) from error
                raise
    if as_json:
        print_json([asdict(each) for each in restored])
        return
    for each in restored:
        present = f", {each.present:,} were already there" if each.present else ""
        say(f"{each.group}: {counted(each.added, 'face')} added{present}.")


def _inspected(
    archives: Archives, archive: Path, passphrase: str, advance: Callable[[int], None]
) -> list[ArchivedGroup]:
    """Read and check the whole archive before anything is stored."""
    with _opened(archive) as file:
        return archives.inspect(file, passphrase, advance)


def _target(
    owner: App, found: Sequence[ArchivedGroup], group: str | None, settings: Settings, *, merge: bool
) -> Target:
    names = {}
    if group is not None:
        if len(found) != 1:
            raise SetupError(
                f"--group renames the group of an archive with a single group; this one has {len(found)}."
            )
        if not policy.is_group_id(group):
            raise SetupError("A group id has 1 to 255 characters from A-Z, a-z, 0-9, '_', '.' and '-'.")
        names = {found[0].head.name: group}
    return Target(owner, names, merge, settings.quota.groups_per_app, settings.quota.faces_per_group)


def _check_models(found: Sequence[ArchivedGroup], settings: Settings) -> None:
    """Refuse embeddings of a wrong dimension; report models that are missing here."""
    cards = Catalogue.read(settings.models_dir).cards
    for model in sorted({each.head.model for each in found} - set(cards)):
        complaint.print(
            f"The recognition model {model} is not installed: its groups are stored, but cannot be searched yet.",
            highlight=False,
            soft_wrap=True,
        )
    for each in found:
        card = cards.get(each.head.model)
        if card is not None and each.dimension not in {None, card.dimension}:
            raise SetupError(
                f"The embeddings of the group {each.head.name!r} have {each.dimension} numbers; those of "
                f"{card.name} have {card.dimension}."
            )


@contextmanager
def _opened(archive: Path) -> Iterator[BinaryIO]:
    try:
        file = archive.open("rb")
    except OSError as error:
        raise SetupError(f"The archive {archive} cannot be read: {error.strerror}.") from error
    with file:
        yield file


@contextmanager
def _new_file(path: Path) -> Iterator[BinaryIO]:
    """A new file, complete or absent, for its owner alone. Raises SetupError."""
    try:
        with creating(path) as file:
            yield file
    except OSError as error:
        raise SetupError(f"The archive {path} cannot be written: {error.strerror}.") from error
