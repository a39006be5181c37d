"""Renders templates to HTML. Values are escaped, and an unknown name is an error."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from visavis import __version__
from visavis.console.assets import Assets
from visavis.console.i18n import LANGUAGES
from visavis.console.limits import MAX_PICTURE_BYTES
from visavis.core.permissions import Act
from visavis.identities import AppRole, Role

_FOLDER = Path(__file__).parent / "templates"


class Renderer:
    """The templates of the package. Each is read once."""

    languages = LANGUAGES

    def __init__(self, assets: Assets) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(_FOLDER),
            autoescape=True,
            undefined=StrictUndefined,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals |= {
            "assets": assets,
            "languages": LANGUAGES,
            "Act": Act,
            "AppRole": AppRole,
            "Role": Role,
            "version": __version__,
            "data": _data,
            "max_picture_bytes": MAX_PICTURE_BYTES,
            "max_picture_mb": f"{MAX_PICTURE_BYTES / 1e6:g}",
            "moment": _moment,
        }
        self._environment.filters["thousands"] = _thousands

    def render(self, template: str, **context: object) -> str:
        return self._environment.get_template(template).render(context)


def _data(name: str, content: object) -> Markup:
    """A block of JSON for scripts, which find it by its id; browsers do not run it."""
    text = json.dumps(content, ensure_ascii=False).replace("<", "\\u003c")
    return Markup('<script type="application/json" id="{}">{}</script>').format(name, Markup(text))  # noqa: S704 - escaped


def _moment(value: datetime) -> Markup:
    """A time in UTC, which a script converts to the reader's time zone."""
    utc = value.astimezone(UTC)
    stamp, text = utc.strftime("%Y-%m-%dT%H:%M:%SZ"), utc.strftime("%Y-%m-%d %H:%M UTC")
    return Markup('<time datetime="{}">{}</time>').format(stamp, text)


def _thousands(value: int) -> str:
    return f"{value:,}"
