"""What the server writes down holds no key."""

from __future__ import annotations

from harness.servers import Keys

from .servers import Servers
from .tables import OPERATIONS


def test_no_key_of_an_app_is_in_the_log(servers: Servers) -> None:
    for session in (servers.neighbour, servers.damaged):
        for operation in OPERATIONS:
            if operation.method != "DELETE":
                session.send(session.call(operation))
                session.send(session.call(operation).put("path", "appKey", session.keys.appKey + "x"))
        _assert_silent(session.keys, session.server.log.read_text())


def _assert_silent(keys: Keys, log: str) -> None:
    assert keys.appKey not in log
    assert keys.secretKey not in log
    assert keys.apiKey not in log
