"""How to get each documented error out of the server: one recipe a name, used by the table `recipes.toml`."""

from __future__ import annotations

from collections.abc import Callable

from . import pictures
from .answers import Answer
from .faults import BY_NAME
from .servers import FACE_QUOTA, GROUP_QUOTA, Servers
from .tables import Operation


def cook(name: str, operation: Operation, servers: Servers) -> Answer:
    """Send the request that the recipe describes."""
    if name in BY_NAME:
        fault = BY_NAME[name]
        call = servers.main.call(operation, fault.body)
        return servers.main.send(fault.apply(call, servers.host))
    return _SPECIAL[name](operation, servers)


def names() -> set[str]:
    return {*BY_NAME, *_SPECIAL}


def _group_taken(operation: Operation, servers: Servers) -> Answer:
    return servers.main.send(servers.main.call(operation).put("json", "groupId", servers.main.group))


def _too_many_groups(operation: Operation, servers: Servers) -> Answer:
    session = servers.small_app()
    answers = [session.send(session.call(operation)) for _ in range(GROUP_QUOTA + 1)]
    return answers[-1]


def _group_full(operation: Operation, servers: Servers) -> Answer:
    session = servers.small
    return session.send(session.call(operation).put("path", "group-id", servers.full_group))


def _group_nearly_full(operation: Operation, servers: Servers) -> Answer:
    session = servers.small_app()
    group = session.new_group()
    call = session.call(operation).put("path", "group-id", group).put("json", "limit", FACE_QUOTA + 2)
    return session.send(call.with_picture(pictures.sheet()))


def _not_aligned(operation: Operation, servers: Servers) -> Answer:
    return servers.main.send(servers.main.call(operation).having("aligned", True))


def _foreign_token(operation: Operation, servers: Servers) -> Answer:
    call = servers.main.call(operation)
    for header, kind in operation.dialect.headers.items():
        call = call.with_header(header, servers.neighbour.credential(kind))
    return servers.main.send(call)


def _database_gone(operation: Operation, servers: Servers) -> Answer:
    return servers.damaged.send(servers.damaged.call(operation))


_SPECIAL: dict[str, Callable[[Operation, Servers], Answer]] = {
    "group id taken": _group_taken,
    "too many groups": _too_many_groups,
    "group full": _group_full,
    "group nearly full": _group_nearly_full,
    "aligned, but not 224 x 224": _not_aligned,
    "token of another app": _foreign_token,
    "database gone": _database_gone,
}
