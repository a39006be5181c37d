"""The format of the server's log."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Literal

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

TEXT = "%(asctime)s %(levelname)s %(name)s %(message)s"


def start_logging(form: Literal["text", "json"], level: str) -> None:
    """Log to standard error, one line for each record: text, or JSON with the time in UTC."""
    handler = logging.StreamHandler()
    handler.setFormatter(_json() if form == "json" else _Text(TEXT))
    logging.basicConfig(level=level.upper(), handlers=[handler])
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # Warns of every malformed form, which is the client's business and not the operator's.
    logging.getLogger("python_multipart").setLevel(logging.ERROR)


class _Text(logging.Formatter):
    """Lines that begin with the local time and its offset from UTC."""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: ARG002, N802 - theirs
        return datetime.fromtimestamp(record.created, UTC).astimezone().isoformat(" ", "milliseconds")


def _json() -> logging.Formatter:
    return JsonFormatter(
        ["levelname", "name", "message"],
        rename_fields={"levelname": "level", "name": "logger"},
        timestamp="time",
        reserved_attrs=[*RESERVED_ATTRS, "color_message"],
    )
