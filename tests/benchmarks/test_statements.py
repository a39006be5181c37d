"""How often an operation waits for PostgreSQL: bounds, so that round trips do not come back unnoticed."""

from __future__ import annotations

import pytest

from benchmarks.statements import WARM_UP, application, operations
from harness.postgres import Postgres

pytestmark = pytest.mark.slow

BOUNDS = {
    "detect": 2,  # keys, audit record
    "register one face": 8,
    # Keys, group, audit record; its state and records, twice where one view of the face may not be enough.
    "search by picture, group in memory": 7,
    "search by stored face, group in memory": 4,  # keys; group, its state and template; records; audit record
    "register, then search by stored face": 24,
    "list 10 faces": 3,
    "group": 2,
    "group, by access token": 2,  # the app key and the token together
    "delete a face": 9,
}
"""Round trips of each operation, pings and BEGIN and COMMIT among them; docs/scaling.md has the same figures."""


def test_no_operation_waits_for_the_database_more_often_than_it_has_to(postgres: Postgres) -> None:
    with application(postgres) as (client, traffic):
        waits = {}
        for name, operation in operations(client).items():
            for _ in range(WARM_UP):
                operation()
            traffic.clear()
            operation()
            waits[name] = traffic.round_trips
    assert waits == BOUNDS
