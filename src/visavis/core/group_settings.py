"""Valid settings of a group: one set of rules for the admin API, the console, commands and archives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final, cast

from visavis.errors import ErrorCode, ServiceError
from visavis.recognition_events import MAX_DAYS, MAX_GAP_SECONDS
from visavis.types import CENTURY_HOURS, GroupSettings, SettingChanges


@dataclass(frozen=True, slots=True)
class Bounds:
    """The lowest and the highest valid number, both included."""

    least: int
    most: int
    whole: bool = False
    """Whether fractions are refused."""

    def hold(self, value: float) -> bool:
        return self.least <= value <= self.most

    def __str__(self) -> str:
        return f"a {'whole ' if self.whole else ''}number from {self.least} to {self.most}"


_PERCENT = Bounds(0, 100)

BOUNDS: Final[Mapping[str, Bounds]] = {
    "liveness_threshold": _PERCENT,
    "similarity": _PERCENT,
    "min_quality": _PERCENT,
    "min_comparability": _PERCENT,
    "retention_hours": Bounds(0, CENTURY_HOURS, whole=True),
    "recognition_event_days": Bounds(0, MAX_DAYS, whole=True),
    "recognition_event_gap_seconds": Bounds(0, MAX_GAP_SECONDS, whole=True),
}
"""Bounds of the numbers in `GroupSettings`, by name. All other settings are true or false."""

NAMES: Final = frozenset(field.name for field in fields(GroupSettings))


def checked(values: Mapping[str, object]) -> SettingChanges:
    """The settings, after checking types and bounds. Raises INVALID_PARAMETER with the reason."""
    if unknown := values.keys() - NAMES:
        raise ServiceError(ErrorCode.INVALID_PARAMETER, f"Groups have no setting {min(unknown)!r}.")
    for name, value in values.items():
        if not _is_possible(name, value):
            wanted = BOUNDS.get(name, "true or false")
            detail = f"The setting {name!r} must be {wanted}."
            raise ServiceError(ErrorCode.INVALID_PARAMETER, detail, subject=name)
    return cast("SettingChanges", dict(values))


def _is_possible(name: str, value: object) -> bool:
    bounds = BOUNDS.get(name)
    if bounds is None or isinstance(value, bool):
        return bounds is None and isinstance(value, bool)
    return isinstance(value, int if bounds.whole else int | float) and bounds.hold(value)
