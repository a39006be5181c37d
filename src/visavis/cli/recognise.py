"""The commands `visavis detect`, `visavis compare` and `visavis search`, for people and for scripts.

Exit codes are those of grep: 0 if there was a face or a match, 1 if there was none, 2 if anything went wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from visavis import app as wiring
from visavis.audit_events import Effect, Event
from visavis.cli.drawing import draw_faces
from visavis.cli.terminal import (
    AsJson,
    DataDir,
    complain,
    counted,
    folding_table,
    out,
    print_json,
    read_settings,
    say,
)
from visavis.core.bulk import MAX_FILE_BYTES, read_picture
from visavis.core.calibration import pairs_per_false_match
from visavis.core.strangers import are_too_many, enough_similarity, strangers
from visavis.errors import ServiceError, SetupError
from visavis.recognition_events import Asked
from visavis.types import Box, DetectedFace, ImageBytes, ImageSize, Match, RequestedAttributes, Sensitivity

NONE, TROUBLE = 1, 2
_EVERYTHING = RequestedAttributes(pose=True, mask=True, spoof=Sensitivity.BALANCED, quality=True)

Picture = Annotated[Path, typer.Argument(help="A JPEG or PNG file.")]
Threshold = Annotated[
    float,
    typer.Option(min=0, max=100, help="Minimum similarity of a match; at 90, one in 10,000 strangers matches."),
]


@contextmanager
def _as_grep_does() -> Iterator[None]:
    """Print errors as a sentence and exit with 2, unlike 1 for `nothing was found`."""
    try:
        yield
    except (SetupError, ServiceError) as error:
        complain(error)
        raise typer.Exit(TROUBLE) from None


def detect(
    picture: Picture,
    *,
    draw: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the picture with the faces marked: .png or .jpg.")
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Detect the faces in a picture and describe them. Nothing is stored.

    Exit code 0 if there is a face, 1 if there is none, 2 if something went wrong.
    """
    with _as_grep_does():
        with wiring.open_detection(read_settings(data_dir=data_dir)) as detection:
            detected = detection.detect(ImageBytes(_read(picture), MAX_FILE_BYTES), _EVERYTHING)
        faces, size = detected.faces, detected.size
        if draw is not None:
            labels = [f"{number}  quality {_quality(face)}" for number, face in enumerate(faces, start=1)]
            draw_faces(picture, faces, labels, draw)
    if as_json:
        print_json({"width": size.width, "height": size.height, "faces": [_fields(face, size) for face in faces]})
    else:
        _show_faces(faces, size)
    if not faces:
        raise typer.Exit(NONE)


def compare(
    source: Annotated[Path, typer.Argument(help="A JPEG or PNG file; its largest face is compared.")],
    target: Annotated[Path, typer.Argument(help="A JPEG or PNG file; all its faces are compared.")],
    *,
    threshold: Threshold = 90,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Compare the faces in two pictures. Nothing is stored.

    Exit code 0 if a face of the second picture matches, 1 if none does, 2 if something went wrong.
    """
    with _as_grep_does(), wiring.open_comparer(read_settings(data_dir=data_dir)) as comparer:
        first, second = (ImageBytes(_read(each), MAX_FILE_BYTES) for each in (source, target))
        compared = comparer.compare(first, second, threshold, RequestedAttributes())
    scored = [*compared.matched, *compared.unmatched]
    too_poor = compared.detail if scored else ""
    if as_json:
        rows = [
            {"similarity": score, "match": score >= threshold, "box": _fractions(face.box, compared.size)}
            for face, score in scored
        ]
        print_json({"model": compared.model, "threshold": threshold, "faces": rows, "too_poor": too_poor or None})
    else:
        table = folding_table("face of the second picture", "similarity", "", "strangers this similar")
        for face, similarity in scored:
            cells = _judged(similarity, threshold) if similarity or not too_poor else ("-", "not compared", "-")
            table.add_row(_position(face.box, compared.size), *cells)
        out.print(table if scored else "There is no face in the second picture.")
        if too_poor:
            say(too_poor)
    if not compared.matched:
        raise typer.Exit(NONE)


def search(
    picture: Annotated[Path, typer.Argument(help="A JPEG or PNG file; its largest face is searched for.")],
    *,
    app: Annotated[str, typer.Option("--app", help="The name of the app that owns the group.")],
    group: Annotated[str, typer.Option("--group", help="The group's id.")],
    limit: Annotated[int, typer.Option(min=1, max=100, help="Maximum number of matches, the best.")] = 10,
    threshold: Threshold = 90,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Search a group for the face in a picture; the audit log records the search. Works while a server is running.

    The table shows the best face of each person; JSON has all matching faces.

    Exit code 0 if there is a match, 1 if there is none, 2 if something went wrong.
    """
    settings = read_settings(data_dir=data_dir)
    with _as_grep_does(), wiring.open_services(settings) as services:
        owner = services.apps.require(app)
        searched = services.groups.require(owner, group)
        faces = searched.face_count
        source = ImageBytes(_read(picture), MAX_FILE_BYTES)
        event = Event(
            actor=wiring.operator(),
            operation="search_by_image",
            effect=Effect.USE,
            app_id=owner.id,
            app=owner.name,
            group=group,
        )
        with services.audit.recording(event):
            by = Asked(event.actor)
            found = services.search.by_image(owner, group, source, limit, threshold, RequestedAttributes(), by)
        ids = {match.face.external_image_id or "" for match in found.matches} - {""}
        names = services.persons.names_of(searched, sorted(ids))
    if as_json:
        rows = [
            {
                "external_image_id": match.face.external_image_id,
                "name": names.get(match.face.external_image_id or "", ""),
                "face_id": match.face.face_id,
                "similarity": match.similarity,
            }
            for match in found.matches
        ]
        asked = {"model": found.model, "threshold": threshold, "faces_searched": faces}
        print_json(asked | {"matches": rows, "too_poor": found.detail or None})
    else:
        table = folding_table("external image id", "name", "best face", "similarity", "strangers this similar")
        for match in _best_of_each(found.matches):
            similarity, _, meaning = _judged(match.similarity, threshold)
            person = match.face.external_image_id or ""
            table.add_row(person, names.get(person, ""), match.face.face_id, similarity, meaning)
        nobody = f"Nobody among {counted(faces, 'face')} is that similar."
        out.print(table if found.matches else found.detail or nobody)
        _warn_of_chance(faces, threshold)
    if not found.matches:
        raise typer.Exit(NONE)


def _best_of_each(matches: Sequence[Match]) -> list[Match]:
    """The best match of each person, and every match without an external image id; best first as before."""
    best: dict[str, Match] = {}
    for match in matches:
        best.setdefault(match.face.external_image_id or f"/{match.face.face_id}", match)
    return list(best.values())


def _read(picture: Path) -> bytes:
    """Read a picture's file. Raises SetupError, IMAGE_TOO_LARGE."""
    try:
        return read_picture(picture)
    except OSError as error:
        raise SetupError(f"The picture {picture} cannot be read: {error.strerror}.") from error


def _judged(similarity: float, threshold: float) -> tuple[str, str, str]:
    """The similarity, the verdict, and the meaning of the similarity."""
    # Rounded down, so that a similarity below the threshold never reads as if it reached it.
    number = f"{int(similarity * 10) / 10:.1f}"
    return number, "match" if similarity >= threshold else "no match", _meaning(similarity)


def _meaning(similarity: float) -> str:
    """How many strangers are as similar as that, in words."""
    pairs = pairs_per_false_match(similarity)
    if pairs < 2:
        return "more than half"
    return "1 in 1,000,000, or fewer" if pairs >= 1e6 else f"1 in {float(f'{pairs:.1g}'):,.0f}"


def _warn_of_chance(faces: int, threshold: float) -> None:
    """Print how many strangers match by chance: each face of a group is one more chance."""
    if not are_too_many(threshold, faces):
        return
    found, enough = strangers(threshold, faces), enough_similarity(faces)
    them = "the one face" if faces == 1 else f"one of {faces:,} faces"
    say(f"At {threshold:g}, about {found.about:,} of {found.of:,} strangers match {them} by chance.")
    advice = "No threshold keeps" if enough is None else f"A threshold of {enough} keeps"
    say(f"{advice} it to 1 in 100. It is an estimate from the scale of similarity.")


def _quality(face: DetectedFace) -> str:
    return f"{face.quality.score:.0f}" if face.quality else "?"


def _show_faces(faces: Sequence[DetectedFace], size: ImageSize) -> None:
    if not faces:
        say(f"No face of at least 60 x 60 pixels in {size.width} x {size.height}.")
        return
    table = folding_table("", "box", "yaw, pitch, roll", "mask", "liveness", "quality", "main defect")
    for number, face in enumerate(faces, start=1):
        pose = face.pose
        angles = f"{pose.yaw:+.0f}, {pose.pitch:+.0f}, {pose.roll:+.0f}" if pose else ""
        defect = str(face.quality.defect or "") if face.quality else ""
        row = (_position(face.box, size), angles, "yes" if face.mask else "no", f"{face.liveness:.0f}")
        table.add_row(str(number), *row, _quality(face), defect)
    out.print(table)


def _position(box: Box, size: ImageSize) -> str:
    """Size and position of a box, in pixels."""
    inside = box.clipped(size)
    return f"{inside.width:.0f} x {inside.height:.0f} at {inside.x0:.0f}, {inside.y0:.0f}"


def _fractions(box: Box, size: ImageSize) -> dict[str, float]:
    inside = box.relative_to(size)
    return {"x0": inside.x0, "y0": inside.y0, "x1": inside.x1, "y1": inside.y1}


def _fields(face: DetectedFace, size: ImageSize) -> dict[str, object]:
    """A face for scripts: box and landmarks in fractions of the picture."""
    points = (face.landmarks.as_array() / (size.width, size.height)).tolist()
    names = ("left_eye", "right_eye", "nose", "left_lip", "right_lip")
    pose, quality = face.pose, face.quality
    return {
        "box": _fractions(face.box, size),
        "landmarks": {name: {"x": x, "y": y} for name, (x, y) in zip(names, points, strict=True)},
        "detection_score": face.detection_score,
        "pose": pose and {"yaw": pose.yaw, "pitch": pose.pitch, "roll": pose.roll},
        "mask": face.mask,
        "liveness": face.liveness,
        "quality": quality and {"score": quality.score, "flaw": quality.defect},
    }
