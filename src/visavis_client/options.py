"""Options of operations with pictures: what to report."""

from __future__ import annotations

from enum import StrEnum


class Spoofing(StrEnum):
    """Requests a spoof verdict; the value says how readily a face is called a spoof."""

    WEAK = "weak"
    BALANCED = "balanced"
    STRICT = "strict"


def report(*, orientation: bool, mask: bool, spoofing: Spoofing | None) -> dict[str, bool | str]:
    """The request fields of these options. Spoofing is left out unless requested, since it needs Plus."""
    fields: dict[str, bool | str] = {"orientation": orientation, "mask": mask}
    if spoofing is not None:
        fields |= {"spoofing": True, "spoofingCondition": spoofing.value}
    return fields
