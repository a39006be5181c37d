"""A server with two apps, and user access keys for one, the other and all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from harness.servers import AccessKey, Keys, Server, running_server

CREATE, REVOKE = "/oauth2/token/create", "/oauth2/token/revoke"
GRANT = {"grant_type": "client_credentials"}
ADMIN_TOKEN = "the-operator-of-these-tests"  # a made-up token
INVALID, UNAUTHORIZED = -41006, -41007


@dataclass(frozen=True)
class Place:
    """The server, its apps and the user access key of the first."""

    server: Server
    front: Keys
    back: Keys
    key: AccessKey

    def ask(self, path: str, key: AccessKey | None = None, /, **fields: str) -> httpx.Response:
        """A request with a form, the key by HTTP Basic."""
        key = key or self.key
        return self.server.client.post(path, auth=(key.id, key.secret), data=fields)

    def token(self, key: AccessKey | None = None) -> str:
        return self.server.new_token(key or self.key)

    def code(self, token: str, keys: Keys | None = None, header: str = "x-nhn-authorization") -> int:
        """The result code of a list of groups with this token."""
        return code_of(self.server, keys or self.front, token, header)

    def audit(self, operation: str) -> list[dict[str, Any]]:
        """The records of an operation in the audit log, newest first."""
        answer = self.server.client.get(
            "/admin/audit",
            params={"operation": operation},
            headers={"Authorization": f"Bearer {ADMIN_TOKEN}"},
        )
        records: list[dict[str, Any]] = answer.raise_for_status().json()["records"]
        return records


def code_of(server: Server, keys: Keys, token: str, header: str = "x-nhn-authorization") -> int:
    path = f"/v2.1/appkeys/{keys.appKey}/groups"
    answer = server.client.get(path, params={"limit": 1}, headers={header: f"Bearer {token}"})
    code: int = answer.json()["header"]["resultCode"]
    return code


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {"ADMIN_TOKEN": ADMIN_TOKEN}
    with running_server(tmp_path_factory.mktemp("oauth"), settings) as server:
        yield server


@pytest.fixture(scope="session")
def place(server: Server) -> Place:
    front, back = server.create_app("front"), server.create_app("back")
    return Place(server, front, back, server.create_access_key("of the front", "--app", "front"))
