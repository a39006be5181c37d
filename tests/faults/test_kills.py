"""What was acknowledged survives SIGKILL, and what was deleted stays deleted. `make crash`: hundreds of times."""

from __future__ import annotations

from pathlib import Path

from harness.kills.killing import Kills, kill_again_and_again
from harness.kills.serving import kill_servers
from harness.storage.place import Place

START_S = 30.0
"""Far above what a start takes, whatever else the machine does."""


def held_up(told: Kills, kills: int) -> bool:
    assert told.faults == []
    assert told.kills == kills
    assert told.acknowledged["add"] > 0
    assert max(told.starts_s) < START_S
    return True


def test_a_process_that_writes_is_killed_and_nothing_is_lost(place: Place) -> None:
    assert held_up(kill_again_and_again(place, kills=12, seed=20), 12)


def test_a_server_is_killed_under_its_clients_and_nothing_is_lost(tmp_path: Path) -> None:
    assert held_up(kill_servers(tmp_path, kills=4, seed=4), 4)
