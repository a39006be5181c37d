"""A running server, with an app for each module of tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources

import httpx
import pytest

from harness.servers import Keys, Server, running_server


@dataclass(frozen=True)
class Servers:
    """A server, the keys of an app there, and what the app has."""

    server: Server
    keys: Keys
    token: str
    group_id: str = "staff"

    @property
    def headers(self) -> dict[str, dict[str, str]]:
        """What carries the keys in each dialect, besides the path."""
        return {
            "v1": {},
            "plus": {"x-nhn-apikey": self.keys.apiKey},
            "v2": {"Authorization": self.keys.secretKey},
            "v2.1": {"x-nhn-authorization": f"Bearer {self.token}"},
            "searchface": {"x-api-key": self.keys.apiKey},
        }

    def create_group(self) -> httpx.Response:
        """Make the group, if it is not there."""
        with self.server.v2(self.keys) as client:
            return client.post("/groups", json={"groupId": self.group_id})

    def register(self) -> str:
        """The id of a new face in the group."""
        face = (resources.files("visavis") / "assets" / "ines-small.jpg").read_bytes()
        with self.server.v2(self.keys) as client:
            answer = client.post(f"/groups/{self.group_id}/faces", files={"imageFile": face}, data={"limit": "1"})
        face_id: str = answer.json()["data"]["addedFaces"][0]["faceId"]
        return face_id


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("openapi")) as server:
        yield server


@pytest.fixture(scope="module")
def servers(server: Server, request: pytest.FixtureRequest) -> Servers:
    keys = server.create_app(request.module.__name__)
    return Servers(server, keys, server.token_of(keys))


@pytest.fixture
def known(servers: Servers) -> dict[str, str]:
    """What there is, under the names of path parameters: the app, a group, a face in it."""
    servers.create_group()
    return {"appKey": servers.keys.appKey, "group-id": servers.group_id, "face-id": servers.register()}
