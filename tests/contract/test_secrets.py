"""What the server writes down holds no key."""

from __future__ import annotations

from harness.servers import Keys

from .ground import Ground
from .tables import OPERATIONS


def test_no_key_of_an_app_is_in_the_log(ground: Ground) -> None:
    for scene in (ground.neighbour, ground.damaged):
        for operation in OPERATIONS:
            if operation.method != "DELETE":
                scene.send(scene.call(operation))
                scene.send(scene.call(operation).put("path", "appKey", scene.keys.appKey + "x"))
        _assert_silent(scene.keys, scene.server.log.read_text())


def _assert_silent(keys: Keys, log: str) -> None:
    assert keys.appKey not in log
    assert keys.secretKey not in log
    assert keys.apiKey not in log
