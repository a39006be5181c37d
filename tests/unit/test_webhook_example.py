"""The receiver that docs/events.md shows takes what is genuine, and nothing else."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from visavis.core.webhook_messages import new_secret, signed_headers

SECRET, OLD, OTHER = new_secret(), new_secret(), new_secret()
AT = datetime(2026, 11, 29, 9, tzinfo=UTC)
NOW = AT.timestamp()
BODY = b'{"type":"webhook.test"}'


@pytest.fixture(scope="module")
def is_genuine() -> Callable[[dict[str, str], bytes, float], bool]:
    page = (Path(__file__).parents[2] / "docs" / "events.md").read_text("utf-8")
    [program] = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    found: dict[str, Callable[[dict[str, str], bytes, float], bool]] = {}
    os.environ["WEBHOOK_SECRET"] = SECRET
    exec(program, found)  # noqa: S102 - ours
    del os.environ["WEBHOOK_SECRET"]
    return found["is_genuine"]


def sent(*secrets: str) -> dict[str, str]:
    return signed_headers("an-id", AT, BODY, secrets)


@pytest.mark.parametrize("secrets", [(SECRET,), (OTHER, SECRET), (SECRET, OLD)])
def test_what_we_sign_is_genuine(is_genuine: Callable[..., bool], secrets: tuple[str, ...]) -> None:
    assert is_genuine(sent(*secrets), BODY, NOW + 200)


@pytest.mark.parametrize(
    ("headers", "body", "now"),
    [
        (sent(OTHER), BODY, NOW),
        (sent(SECRET), BODY + b" ", NOW),
        (sent(SECRET) | {"webhook-id": "another"}, BODY, NOW),
        (sent(SECRET) | {"webhook-timestamp": str(int(NOW) + 1)}, BODY, NOW),
        (sent(SECRET) | {"webhook-timestamp": "-1"}, BODY, NOW),
        (sent(SECRET) | {"webhook-signature": ""}, BODY, NOW),
        (sent(SECRET) | {"webhook-signature": "v1,"}, BODY, NOW),
        (sent(SECRET), BODY, NOW + 301),
        (sent(SECRET), BODY, NOW - 301),
        ({}, BODY, NOW),
    ],
)
def test_nothing_else_is(
    is_genuine: Callable[..., bool], headers: dict[str, str], body: bytes, now: float
) -> None:
    assert not is_genuine(headers, body, now)
