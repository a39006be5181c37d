"""Each request of the corpus is answered once, or refused; nothing behind it is heard."""

from __future__ import annotations

import pytest

from harness.servers import Server
from tests.hostile.talking import exchange, statuses
from tests.hostile.wire import CASES, Case


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_request_ends_where_it_says_or_is_none(case: Case, server: Server) -> None:
    assert statuses(exchange(server.port, case.sent)) == case.statuses
