"""The record of accepted terms of packs: a file in the models directory."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from visavis.errors import SetupError
from visavis.files import AS_USUAL, write_whole
from visavis.vision.models import PACKS, Pack

FILE = "accepted-terms.json"


def accept(models: Path, pack: Pack) -> None:
    """Record that the terms of a pack were accepted, with the time and the text."""
    record = _read(models)
    record[pack.name] = {"accepted_at": datetime.now(UTC).isoformat(timespec="seconds"), "terms": pack.terms}
    path = models / FILE
    try:
        models.mkdir(parents=True, exist_ok=True)
        write_whole(path, (json.dumps(record, indent=1) + "\n").encode(), AS_USUAL)
    except OSError as error:
        raise SetupError(f"{path} cannot be written ({error.strerror})") from error


def accepted_packs(models: Path) -> tuple[Pack, ...]:
    """The packs whose present terms have been accepted."""
    record = _read(models)
    return tuple(pack for pack in PACKS if record.get(pack.name, {}).get("terms") == pack.terms)


def _read(models: Path) -> dict[str, dict[str, str]]:
    path = models / FILE
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        return {name: {key: str(value) for key, value in entry.items()} for name, entry in record.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError) as error:
        raise SetupError(
            f"{path} cannot be read; take it away and accept the terms of your packs again."
        ) from error
