"""What the operations that look at pictures may be asked to report."""

from __future__ import annotations

from enum import StrEnum


class Spoofing(StrEnum):
    """Ask for a verdict on spoofing, and how readily a face is called a spoof."""

    WEAK = "weak"
    BALANCED = "balanced"
    STRICT = "strict"


def report(*, orientation: bool, mask: bool, spoofing: Spoofing | None) -> dict[str, bool | str]:
    """The request fields for what is to be reported. Spoofing is Plus: a server without it never hears of it."""
    fields: dict[str, bool | str] = {"orientation": orientation, "mask": mask}
    if spoofing is not None:
        fields |= {"spoofing": True, "spoofingCondition": spoofing.value}
    return fields
