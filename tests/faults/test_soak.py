"""Mixed load for a minute: every answer is the one to be expected, and nothing grows. `make soak`: an hour."""

from __future__ import annotations

from benchmarks.soak.measure import soak
from benchmarks.soak.present import report


def test_nothing_grows_under_mixed_load() -> None:
    seen = soak(minutes=1.2, clients=4, rate=5)
    assert not seen.unexpected
    assert len(seen.requests) > 60
    # A leak of one descriptor or one thread a request, or of the pixels of one picture, would be far above this.
    assert seen.growth_of_descriptors <= 12
    assert max(each.threads for each in seen.third(2)) <= max(each.threads for each in seen.third(1)) + 12
    assert seen.growth_mb < 60
    told = report(seen, clients=4, rate=5)
    assert told.figures["requests"] == len(seen.requests)
