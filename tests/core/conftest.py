"""No server, no model, no database."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from tests.core.world import World
from visavis.core import passwords


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets hashes of passwords cost next to nothing, for tests that are about something else."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
