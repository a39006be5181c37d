"""How many examples a property is tried on."""

from __future__ import annotations

from hypothesis import settings


def examples(count: int) -> settings:
    """`count` examples, or the few of the profile that `make test-fast` chooses."""
    few = settings.get_current_profile_name() == "fast"
    return settings(max_examples=settings().max_examples if few else count)
