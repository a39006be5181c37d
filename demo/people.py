"""The ten people of the openpeople set, who do not exist, six pictures each."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path

PORTRAIT = "studio_portrait"
PROBES = ("amateur_selfie", "studio_posture", "amateur_posture", "emotions_sheet")


@dataclass(frozen=True, slots=True)
class Photo:
    """One picture of one person."""

    person: str
    kind: str
    path: Path

    @property
    def title(self) -> str:
        return f"{self.person} {self.kind.replace('_', ' ')}"


def photos(kinds: tuple[str, ...]) -> list[Photo]:
    """Every person's pictures of these kinds, sorted by person."""
    root = Path(str(resources.files("openpeople"))) / "data" / "curated"
    people = sorted(path.name for path in root.iterdir() if path.is_dir())
    return [Photo(person, kind, root / person / "assets" / f"{kind}.jpg") for person in people for kind in kinds]
