"""Draws what the server answered onto the pictures it was asked about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

TILE = 230
CAPTION = 40
GREEN, RED, BLUE, INK = "#1a9850", "#d73027", "#2166ac", "#222222"


@dataclass(frozen=True, slots=True)
class Tile:
    """A picture, a face in it as the API described it, and what to write below."""

    picture: Path
    face: dict[str, Any] | None
    caption: str
    colour: str


def draw(tiles: Sequence[Sequence[Tile]], path: Path) -> None:
    """Write rows of tiles as one PNG."""
    width, height = max(len(row) for row in tiles) * TILE, len(tiles) * (TILE + CAPTION)
    sheet = Image.new("RGB", (width, height), "white")
    for row, columns in enumerate(tiles):
        for column, tile in enumerate(columns):
            sheet.paste(_drawn(tile), (column * TILE, row * (TILE + CAPTION)))
    sheet.save(path)


def _drawn(tile: Tile) -> Image.Image:
    with Image.open(tile.picture) as picture:
        view = _view_of(picture.convert("RGB"), tile)
    canvas = Image.new("RGB", (TILE, TILE + CAPTION), "white")
    canvas.paste(view.resize((TILE - 4, TILE - 4), Image.Resampling.LANCZOS), (2, 2))
    ImageDraw.Draw(canvas).multiline_text(
        (4, TILE), tile.caption, fill=tile.colour, font=ImageFont.load_default(15), spacing=2
    )
    return canvas


def _view_of(picture: Image.Image, tile: Tile) -> Image.Image:
    """The square around the face, with box and landmarks; the whole picture where there is no face."""
    if tile.face is None:
        return picture
    width, height = picture.size
    box = tile.face["bbox"]
    x0, y0, x1, y1 = box["x0"] * width, box["y0"] * height, box["x1"] * width, box["y1"] * height
    side = 2.0 * max(x1 - x0, y1 - y0)
    left, top = (x0 + x1 - side) / 2, (y0 + y1 - side) / 2
    pen = ImageDraw.Draw(picture)
    stroke = max(2, round(side / 110))
    pen.rectangle((x0, y0, x1, y1), outline=tile.colour, width=stroke)
    for point in tile.face["landmarks"]:
        x, y = point["x"] * width, point["y"] * height
        pen.ellipse((x - stroke, y - stroke, x + stroke, y + stroke), fill="yellow", outline=INK)
    view = Image.new("RGB", (round(side), round(side)), "white")
    view.paste(picture, (round(-left), round(-top)))
    return view
