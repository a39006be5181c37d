"""The operator's office: a server whose admin API is on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

from harness.servers import Keys, Server

TOKEN = "the-operator-of-these-tests"  # a made-up token


@dataclass(frozen=True)
class AdminClient:
    server: Server

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {TOKEN}"}

    def ask(self, method: str, path: str, token: str | None = TOKEN, **body: Any) -> httpx.Response:
        headers = {} if token is None else {"Authorization": f"Bearer {token}".rstrip()}
        return self.server.client.request(method, f"/admin{path}", headers=headers, **body)

    def answer(self, method: str, path: str, **body: Any) -> Any:
        """The body of a success."""
        response = self.ask(method, path, **body)
        assert response.is_success, response.text
        return response.json() if response.content else None

    def new_app(self) -> Keys:
        return Keys(**self.answer("POST", "/apps", json={"name": f"app-{uuid4().hex}"}))

    def names(self) -> list[str]:
        return [app["name"] for app in self.answer("GET", "/apps")]

    def knows(self, keys: Keys) -> bool:
        """Whether the keys open the v2.0 API."""
        with self.server.v2(keys) as client:
            return bool(client.get("/groups", params={"limit": 1}).json()["header"]["isSuccessful"])

    def new_group(self, keys: Keys) -> str:
        name = f"group-{uuid4().hex}"
        with self.server.v2(keys) as client:
            assert client.post("/groups", json={"groupId": name}).json()["header"]["isSuccessful"]
        return name


def assert_refused(response: httpx.Response, status: int) -> str:
    """The status, and nothing but one plain sentence; the sentence."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"].partition(";")[0] == "application/json"
    body = response.json()
    assert body.keys() == {"error"}
    sentence = body["error"]
    assert isinstance(sentence, str)
    assert sentence.isascii()
    assert sentence.isprintable()
    assert sentence[0].isupper()
    assert sentence.endswith(".")
    assert len(sentence) <= 200
    return sentence
