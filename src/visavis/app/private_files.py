"""Whether what the server keeps is for its own user alone."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from visavis.errors import SetupError
from visavis.settings import Settings
from visavis.storage.store import DATABASE_FILE, KEY_FILE

logger = logging.getLogger(__name__)

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def require_private_files(settings: Settings) -> None:
    """Warn of every place that other users of the machine can get at; raises SetupError if the settings say so."""
    found = list(_open_places(settings))
    if not found:
        return
    sentence = f"Other users of this machine can access {', '.join(found)}: chmod go= prevents that."
    if settings.require_private_files:
        raise SetupError(sentence)
    logger.warning("%s", sentence)


def _open_places(settings: Settings) -> Iterator[str]:
    """The places that others can get at, each with its rights; links are followed."""
    if os.name != "posix":
        return
    data_dir = settings.data_dir
    for path in (data_dir, data_dir / DATABASE_FILE, data_dir / KEY_FILE, settings.master_key_file):
        rights = None if path is None else _rights(path)
        if rights is not None and rights & _OTHERS:
            yield f"{path} ({rights:04o})"


def _rights(path: Path) -> int | None:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return None
