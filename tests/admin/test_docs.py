"""docs/admin.md describes every request that there is, and every status."""

from __future__ import annotations

import re
from pathlib import Path

from visavis.api.admin.answers import STATUS
from visavis.api.admin.routes import all_routes
from visavis.app import DIALECT_NAMES

PAGE = (Path(__file__).parents[2] / "docs" / "admin.md").read_text(encoding="utf-8")


def test_every_request_has_a_section() -> None:
    requests = [
        f"{method} /admin{route.path.replace(':path', '')}"
        for route in all_routes()
        for method in route.methods or ()
    ]
    assert len(requests) == 30
    assert sorted(re.findall(r"^### (.+)$", PAGE, flags=re.MULTILINE)) == sorted(requests)


def test_every_status_of_an_error_is_in_the_table() -> None:
    listed = {int(status) for status in re.findall(r"^\| (\d{3}) \|", PAGE, flags=re.MULTILINE)}
    assert listed == {*STATUS.values(), 405, 408, 413, 422, 500}


def test_every_dialect_and_the_setting_of_the_token_are_named() -> None:
    assert all(f"`{dialect}`" in PAGE for dialect in DIALECT_NAMES)
    assert "VISAVIS_ADMIN_TOKEN" in PAGE
