"""Presentation attacks, in the terms of ISO/IEC 30107-3.

APCER is the share of attacks of one species (a kind of print, screen or mask) that pass for living faces, and the
worst species counts. BPCER is the share of living faces that are called spoofs. APNRR and BPNRR are the shares of
attacks and of living people in whose pictures no face was found: such pictures get no verdict, and count in
neither error rate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.core.policy import LIVENESS_REQUIRED
from visavis.errors import SetupError
from visavis.evaluation.corpus import Sample, counts
from visavis.evaluation.folders import pictures_in
from visavis.evaluation.intervals import wilson

THRESHOLDS = tuple(float(liveness) for liveness in range(10, 100, 10))


@dataclass(frozen=True, slots=True, eq=False)
class Presentations:
    """Pictures of one kind: living people, or one species of attack."""

    liveness: NDArray[np.float64]
    """Liveness, 0-100, of the pictures in which a face was found, shape (n,)."""
    counts: Mapping[str, int]
    """Numbers of pictures: `faces`, `missed` (without a face), `unreadable`."""

    @classmethod
    def of(cls, samples: Sequence[Sample]) -> Presentations:
        found = [sample.face.liveness for sample in samples if sample.face is not None]
        return cls(np.array(found, np.float64), counts(samples))

    def accepted(self, threshold: float) -> int:
        return int((self.liveness >= threshold).sum())


def live_and_species(folder: Path) -> tuple[list[Path], dict[str, list[Path]]]:
    """The pictures in `live`, and those in `spoof` by species: its folders, or all as one.

    Raises SetupError if either has no pictures.
    """
    live, spoof = pictures_in(folder / "live"), pictures_in(folder / "spoof")
    species: dict[str, list[Path]] = {}
    for file in spoof:
        inner = file.relative_to(folder / "spoof").parts
        species.setdefault(inner[0] if len(inner) > 1 else "spoof", []).append(file)
    for name, files in (("live", live), ("spoof", spoof)):
        if not files:
            raise SetupError(f"There are no pictures in {folder / name}.")
    return live, species


def summary(live: Presentations, species: Mapping[str, Presentations]) -> dict[str, Any]:
    """All figures, as the command prints them in JSON. Rates are shares from 0 to 1, with 95 % intervals.

    Raises SetupError if no face was found in the pictures of the living, or in those of the attacks.
    """
    if not len(live.liveness) or not any(len(each.liveness) for each in species.values()):
        raise SetupError("No face was found in the pictures of living people, or none in those of attacks.")
    sensitivities = {sensitivity.value: liveness for sensitivity, liveness in LIVENESS_REQUIRED.items()}
    return {
        "live": live.counts,
        "species": {name: each.counts for name, each in species.items()},
        "bpnrr": _non_responses(live),
        "apnrr": {name: _non_responses(each) for name, each in species.items()},
        "at_sensitivity": {name: _errors(live, species, at) for name, at in sensitivities.items()},
        "at_liveness": {f"{at:g}": _errors(live, species, at) for at in THRESHOLDS},
    }


def _errors(live: Presentations, species: Mapping[str, Presentations], threshold: float) -> dict[str, object]:
    apcer = {
        name: _rate(each.accepted(threshold), len(each.liveness))
        for name, each in species.items()
        if len(each.liveness)
    }
    worst = max(apcer, key=lambda name: float(apcer[name]["rate"]))
    refused = len(live.liveness) - live.accepted(threshold)
    return {
        "liveness": threshold,
        "apcer": apcer[worst],
        "worst_species": worst,
        "apcer_by_species": apcer,
        "bpcer": _rate(refused, len(live.liveness)),
    }


def _non_responses(kind: Presentations) -> dict[str, object]:
    missed = kind.counts["missed"]
    return _rate(missed, len(kind.liveness) + missed)


def _rate(events: int, trials: int) -> dict[str, Any]:
    return {"rate": events / trials if trials else None, "interval": wilson(events, trials)}
