"""What every answer carries: an id, and headers that keep it from being misread or stored."""

from __future__ import annotations

import re

import pytest

from harness.servers import Server
from visavis.web.edge.answer_headers import DEFAULTS

from .conftest import Secure

PATHS = ["/livez", "/readyz", "/docs", "/nothing", "/admin/apps", "/modules/faces", "/v2.0/appkeys/x/groups"]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_has_the_security_headers(path: str, server: Server) -> None:
    headers = server.client.get(path).headers
    assert {name.lower() for name in DEFAULTS} <= set(headers)
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"
    assert "server" not in headers
    assert "Strict-Transport-Security" not in headers


def test_pages_keep_the_headers_of_their_own(server: Server) -> None:
    assert "script-src 'self'" in server.client.get("/docs/v2").headers["Content-Security-Policy"]
    assert "max-age" in server.client.get("/docs/assets/page.css").headers["Cache-Control"]


def test_over_tls_browsers_are_told_to_come_back_by_tls(secure: Secure) -> None:
    with secure.client() as client:
        assert client.get("/livez").headers["Strict-Transport-Security"] == "max-age=86400"


@pytest.mark.parametrize("name", ["abc", "0" * 128, "1b4e28ba-2fa1-11d2-883f-b9a761bde3fb", "Root=1-5759-bd86"])
def test_a_request_id_comes_back_and_is_in_the_log(name: str, server: Server) -> None:
    assert server.client.get("/nothing", headers={"X-Request-Id": name}).headers["X-Request-Id"] == name
    while not re.search(rf"404 \d+ ms {re.escape(name)} ", server.log.read_text()):
        pass  # the line is written once the answer is on its way


@pytest.mark.parametrize("name", ["", "a b", "a\tb", "x" * 129, "<script>", 'a"b', "a;b"])
def test_a_request_id_that_is_not_well_formed_is_replaced(name: str, server: Server) -> None:
    answers = [server.client.get("/livez", headers={"X-Request-Id": name}) for _ in range(2)]
    ids = [answer.headers["X-Request-Id"] for answer in answers]
    assert all(re.fullmatch(r"[0-9a-f]{32}", made) for made in ids)
    assert ids[0] != ids[1]
