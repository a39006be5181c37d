"""How to get each documented error out of the server: one recipe a name, used by the table `recipes.toml`."""

from __future__ import annotations

from collections.abc import Callable

from . import pictures
from .answers import Answer
from .faults import BY_NAME
from .ground import FACE_QUOTA, GROUP_QUOTA, Ground
from .tables import Operation


def cook(name: str, operation: Operation, ground: Ground) -> Answer:
    """Send the request that the recipe describes."""
    if name in BY_NAME:
        fault = BY_NAME[name]
        call = ground.main.call(operation, fault.body)
        return ground.main.send(fault.apply(call, ground.host))
    return _SPECIAL[name](operation, ground)


def names() -> set[str]:
    return {*BY_NAME, *_SPECIAL}


def _group_taken(operation: Operation, ground: Ground) -> Answer:
    return ground.main.send(ground.main.call(operation).put("json", "groupId", ground.main.group))


def _too_many_groups(operation: Operation, ground: Ground) -> Answer:
    scene = ground.small_app()
    answers = [scene.send(scene.call(operation)) for _ in range(GROUP_QUOTA + 1)]
    return answers[-1]


def _group_full(operation: Operation, ground: Ground) -> Answer:
    scene = ground.small
    return scene.send(scene.call(operation).put("path", "group-id", ground.full_group))


def _group_nearly_full(operation: Operation, ground: Ground) -> Answer:
    scene = ground.small
    group = scene.new_group()
    call = scene.call(operation).put("path", "group-id", group).put("json", "limit", FACE_QUOTA + 2)
    return scene.send(call.with_picture(pictures.sheet()))


def _not_aligned(operation: Operation, ground: Ground) -> Answer:
    return ground.main.send(ground.main.call(operation).having("aligned", True))


def _database_gone(operation: Operation, ground: Ground) -> Answer:
    return ground.damaged.send(ground.damaged.call(operation))


_SPECIAL: dict[str, Callable[[Operation, Ground], Answer]] = {
    "group id taken": _group_taken,
    "too many groups": _too_many_groups,
    "group full": _group_full,
    "group nearly full": _group_nearly_full,
    "aligned, but not 224 x 224": _not_aligned,
    "database gone": _database_gone,
}
