"""The operator sees how busy the processes are that look at pictures, and what shuts them in."""

from __future__ import annotations

from .client import AdminClient


def test_the_processes_that_look_at_pictures_are_told_of(admin: AdminClient) -> None:
    vision = admin.answer("GET", "/status")["vision"]
    assert vision["workers"] >= 1
    assert (vision["busy"], vision["waiting"]) == (0, 0)
    assert set(vision["replaced"]) == {"time", "memory", "crash", "answer", "idle", "age", "model"}
    assert all(state == "on" or state.startswith("off: ") for state in vision["layers"].values())


def test_the_log_tells_of_the_layers_at_the_start(admin: AdminClient) -> None:
    layers = admin.answer("GET", "/status")["vision"]["layers"]
    line = next(line for line in admin.server.log.read_text().splitlines() if "sandboxed by" in line)
    assert all(name in line for name, state in layers.items() if state == "on")
