"""docs/admin.md describes every request that there is, and every status."""

from __future__ import annotations

import re
from pathlib import Path

from fastapi.routing import APIRoute

from visavis.api.admin.answers import STATUS
from visavis.api.admin.routes import router
from visavis.app import DIALECT_NAMES

PAGE = (Path(__file__).parents[2] / "docs" / "admin.md").read_text(encoding="utf-8")


def test_every_request_has_a_section() -> None:
    routes = [route for route in router.routes if isinstance(route, APIRoute)]
    requests = [f"{method} /admin{route.path}" for route in routes for method in route.methods or ()]
    assert len(requests) == 17
    assert sorted(re.findall(r"^### (.+)$", PAGE, flags=re.MULTILINE)) == sorted(requests)


def test_every_status_of_an_error_is_in_the_table() -> None:
    listed = {int(status) for status in re.findall(r"^\| (\d{3}) \|", PAGE, flags=re.MULTILINE)}
    assert listed == {*STATUS.values(), 405, 408, 422, 500}


def test_every_dialect_and_the_setting_of_the_token_are_named() -> None:
    assert all(f"`{dialect}`" in PAGE for dialect in DIALECT_NAMES)
    assert "VISAVIS_ADMIN_TOKEN" in PAGE
