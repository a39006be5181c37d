"""Draws faces onto a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps

from visavis.errors import SetupError, reason
from visavis.types import Box, DetectedFace

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Colours that colour-blind people can distinguish (M. Okabe, K. Ito, "Color Universal Design", 2008)."""

_POINT = "#ffe14d"
_DARK = "#1a1a1a"


def draw_faces(picture: Path, faces: Sequence[DetectedFace], labels: Sequence[str], file: Path) -> None:
    """Write the picture, upright, with box, landmarks and label of each face. Raises SetupError."""
    with Image.open(picture) as original:
        canvas = ImageOps.exif_transpose(original).convert("RGB")
    pen = ImageDraw.Draw(canvas)
    unit = max(canvas.size) / 1000
    for number, face in enumerate(faces):
        mark(pen, face, COLOURS[number % len(COLOURS)], unit)
    for number, (face, text) in enumerate(zip(faces, labels, strict=True)):
        _label(pen, face.box, text, COLOURS[number % len(COLOURS)], unit, canvas.size)
    try:
        canvas.save(file)
    except (OSError, ValueError) as error:  # an ending that names no format is a ValueError
        raise SetupError(f"The picture {file} cannot be written: {reason(error)}.") from error


def mark(pen: ImageDraw.ImageDraw, face: DetectedFace, colour: str, unit: float) -> None:
    """Draw box and landmarks; `unit` is a thousandth of the picture's longer side, in pixels."""
    box, stroke = face.box, max(2, round(2.5 * unit))
    corner = 0.08 * min(box.width, box.height)
    pen.rounded_rectangle((box.x0, box.y0, box.x1, box.y1), radius=corner, outline=colour, width=stroke)
    radius = max(1.5, min(3 * unit, box.width / 40))
    for x, y in face.landmarks.as_array().tolist():
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=_POINT, outline=_DARK)


def _label(pen: ImageDraw.ImageDraw, box: Box, text: str, colour: str, unit: float, size: tuple[int, int]) -> None:
    """Draw a white label on the colour of the box: above it, or inside if there is no room above."""
    font = ImageFont.load_default(max(12.0, 13 * unit, min(22 * unit, box.width / 6)))
    left, top, right, bottom = pen.textbbox((0, 0), text, font=font)
    pad = max(3.0, 0.35 * (bottom - top))
    width, height = right - left + 2 * pad, bottom - top + 2 * pad
    x = max(0.0, min(box.x0, size[0] - width))
    y = box.y0 - height if box.y0 >= height else min(box.y0, size[1] - height)
    pen.rounded_rectangle((x, y, x + width, y + height), radius=pad, fill=colour)
    pen.text((x + pad - left, y + pad - top), text, font=font, fill="white")
