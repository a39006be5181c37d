"""Recognition models, of which some are made of the same networks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from visavis.errors import ErrorCode, ServiceError
from visavis.types import Embedding

Conversion = Callable[[Embedding], Embedding]


@dataclass(frozen=True)
class FakeRecipes:
    """What leads from one model to a newer one, by the names of both; the newest comes last."""

    conversions: Mapping[tuple[str, str], Conversion] = field(default_factory=dict)

    def newer_of(self, model: str) -> str | None:
        """The newest that embeddings of this one can be brought to."""
        newer = [new for old, new in self.conversions if old == model]
        return newer[-1] if newer else None

    def conversion(self, old: str, new: str) -> Conversion:
        """Raises INVALID_PARAMETER where nothing leads there."""
        if (old, new) not in self.conversions:
            raise ServiceError(ErrorCode.INVALID_PARAMETER, f"Nothing leads from {old} to {new}.")
        return self.conversions[old, new]
