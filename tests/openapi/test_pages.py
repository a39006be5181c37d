"""The pages show the documents to anybody, and need nothing but this server."""

from __future__ import annotations

import re
from urllib.parse import urljoin

import pytest

from harness.servers import Server
from visavis.api.dialect import Dialect
from visavis.api.openapi.document import document

from .dialects import DIALECTS

each_dialect = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)


@each_dialect
def test_a_document_is_served_without_keys(dialect: Dialect, server: Server) -> None:
    answer = server.client.get(f"/openapi/{dialect.name}.json")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json() == document(dialect)


@each_dialect
def test_a_page_gets_all_it_needs_from_this_server(dialect: Dialect, server: Server) -> None:
    page = server.client.get(f"/docs/{dialect.name}")
    assert page.status_code == 200
    needed = re.findall(r'(?:src|href|data-document)="([^"]+)"', page.text)
    local = [address for address in needed if address != "data:,"]
    assert len(local) == 5
    for address in local:
        assert "//" not in address
        assert server.client.get(urljoin(f"/docs/{dialect.name}", address)).status_code == 200


@each_dialect
def test_a_page_may_load_nothing_from_elsewhere(dialect: Dialect, server: Server) -> None:
    policy = server.client.get(f"/docs/{dialect.name}").headers["Content-Security-Policy"]
    directives = dict(directive.split(" ", 1) for directive in policy.split("; "))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == directives["connect-src"] == directives["style-src"] == "'self'"
    assert directives["frame-ancestors"] == "'none'"


def test_the_list_leads_to_every_page_and_document(server: Server) -> None:
    page = server.client.get("/docs")
    assert page.status_code == 200
    leads_to = {urljoin("/docs", link) for link in re.findall(r'<a href="([^"]+)"', page.text)}
    assert leads_to == {
        path
        for name in (*(dialect.name for dialect in DIALECTS), "admin")
        for path in (f"/docs/{name}", f"/openapi/{name}.json")
    }


def test_a_page_of_no_dialect_is_not_found(server: Server) -> None:
    assert server.client.get("/docs/v9").status_code == 404
    assert server.client.get("/openapi/v9.json").status_code == 404
