"""Errors of mask detection, on masked and on bare faces."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from visavis.errors import SetupError
from visavis.evaluation.corpus import Sample, counts
from visavis.evaluation.folders import pictures_in
from visavis.evaluation.intervals import wilson

FOLDERS = {"masked": True, "unmasked": False}


def masked_and_unmasked(folder: Path) -> dict[str, list[Path]]:
    """The pictures in `masked` and in `unmasked`. Raises SetupError if either has none."""
    files = {name: pictures_in(folder / name) for name in FOLDERS}
    for name, found in files.items():
        if not found:
            raise SetupError(f"There are no pictures in {folder / name}.")
    return files


def summary(samples: dict[str, Sequence[Sample]]) -> dict[str, Any]:
    """All figures, as the command prints them in JSON: the share of faces judged right, with its interval."""
    return {name: _judged(samples[name], masked=masked) for name, masked in FOLDERS.items()}


def _judged(samples: Sequence[Sample], *, masked: bool) -> dict[str, Any]:
    found = counts(samples)
    faces = found["faces"]
    right = sum(sample.face is not None and sample.face.mask is masked for sample in samples)
    return {
        **found,
        "right": right / faces if faces else None,
        "interval": wilson(right, faces),
    }
