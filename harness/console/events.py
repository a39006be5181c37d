"""Switches the recognition events of a group on and off, as its settings page does."""

from __future__ import annotations

from harness.console.person import Person

_OTHER_SETTINGS = {
    "similarity": "90",
    "liveness_threshold": "50",
    "min_quality": "0",
    "min_comparability": "50",
    "retention": "",
    "unit": "days",
}


def record_events(person: Person, group: str, **fields: str) -> int:
    """Send the form with these fields, to the group of this path; the status of the answer."""
    return person.post(f"{group}/settings", **_OTHER_SETTINGS, **fields).status_code
