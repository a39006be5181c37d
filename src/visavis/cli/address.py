"""The address of the server that uses a data directory, for commands that print links to it."""

from __future__ import annotations

import os
import re
import shlex
from contextlib import suppress

from visavis.cli.terminal import reachable
from visavis.settings import Settings

_FILE = "address"
_URL = re.compile(r"https?://[\w.:\[\]-]+")


def remember(settings: Settings, url: str) -> None:
    """Note in the data directory where its server listens. Without a directory of this user nothing is noted."""
    with suppress(OSError):
        note = os.open(settings.data_dir / _FILE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(note, "w") as file:
            file.write(url)


def server_url(settings: Settings) -> str:
    """The URL of the server by the settings, or else where one listened last with this data directory."""
    if not {"host", "port"} & settings.model_fields_set:
        with suppress(OSError, UnicodeDecodeError):
            noted = (settings.data_dir / _FILE).read_text("utf-8")
            if _URL.fullmatch(noted):
                return noted
    return reachable(settings)


def command(settings: Settings, words: str) -> str:
    """A command to be typed by people, with the data directory if it is not the default one."""
    chosen = "data_dir" in settings.model_fields_set
    return f"{words} --data-dir {shlex.quote(str(settings.data_dir))}" if chosen else words
