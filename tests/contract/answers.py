"""Answers, and what is true of every one of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from .tables import Operation


@dataclass(frozen=True)
class Answer:
    """A response in the envelope `{"header": {...}, "data": {...}}`, and the operation it is an answer of."""

    response: httpx.Response
    operation: Operation

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def body(self) -> Any:
        return self.response.json()

    @property
    def code(self) -> int:
        code = self.body["header"]["resultCode"]
        assert type(code) is int
        return code

    @property
    def data(self) -> Any:
        return self.body["data"]

    @property
    def detail(self) -> str:
        return str(self.response.headers.get("X-Error-Detail", ""))

    @property
    def not_added(self) -> list[str]:
        """Why faces were not registered, as the header tells."""
        header = self.response.headers.get("X-Not-Added", "")
        return header.split(", ") if header else []

    def __str__(self) -> str:
        return f"{self.status} {self.response.text[:300]} [{self.detail}]"


def assert_success(answer: Answer) -> None:
    """HTTP 200 and the header of a success."""
    assert answer.status == 200, answer
    message = answer.operation.dialect.success_message
    header = {"isSuccessful": True, "resultCode": 0, "resultMessage": message}
    assert answer.body["header"] == header, answer


def assert_error(answer: Answer, code: int, picture: int = 0) -> None:
    """HTTP 200, exactly the documented envelope and a reason in the detail header.

    `picture` says which of two it is about, where the documents have a message for each.
    """
    assert answer.status == 200, answer
    message = answer.operation.message(code, picture)
    envelope = {"header": {"isSuccessful": False, "resultCode": code, "resultMessage": message}}
    assert answer.body == envelope, answer
    assert answer.response.headers["content-type"].partition(";")[0] == "application/json"
    assert_detail(answer.response)


def assert_detail(response: httpx.Response) -> None:
    """One plain sentence: printable ASCII, at most 200 characters."""
    detail = response.headers["X-Error-Detail"]
    assert 0 < len(detail) <= 200
    assert detail.isascii()
    assert detail.isprintable()
    assert detail[0].isupper()
    assert detail.endswith(".") or len(detail) == 200


def values_at(document: Any, path: str) -> Iterator[Any]:
    """Every value of `document` at a path like `data.faces[].bbox.x0`; none where the path leads nowhere."""
    head, _, rest = path.partition(".")
    name = head.removesuffix("[]")
    if not isinstance(document, dict) or name not in document:
        return
    branches = document[name] if head.endswith("[]") else [document[name]]
    for branch in branches:
        if rest:
            yield from values_at(branch, rest)
        else:
            yield branch


def paths_of(document: Any, at: str = "") -> set[str]:
    """The path of every field of `document`, in the spelling of the tables."""
    if isinstance(document, list):
        return {path for element in document for path in paths_of(element, f"{at}[]")}
    if not isinstance(document, dict):
        return set()
    found = set()
    for name, value in document.items():
        path = f"{at}.{name}" if at else name
        found |= {path} | paths_of(value, path)
    return found
