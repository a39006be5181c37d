"""What is true of every error of Search Face."""

from __future__ import annotations

import httpx

from tests.contract.answers import assert_detail

from .tables import OPERATIONS, STATUS


def assert_error(response: httpx.Response, operation: str, code: int) -> None:
    """Exactly the documented body and status, and a reason in the detail header."""
    body = {"errorCode": code, "message": OPERATIONS[operation].errors[code]}
    assert response.json() == body, f"{response.text} {response.headers.get('X-Error-Detail')}"
    assert response.status_code == STATUS.get(code, 400)
    assert response.headers["content-type"].partition(";")[0] == "application/json"
    assert_detail(response)
