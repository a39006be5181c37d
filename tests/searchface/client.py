"""An app at the desk of Search Face: requests that succeed, varied by copying, and an operator within reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import httpx

from harness.servers import Keys, Server
from tests.contract import pictures

from .tables import OPERATIONS, Operation

TOKEN = "the-operator-of-these-tests"  # a made-up token


@dataclass(frozen=True)
class Ask:
    """A request; its parameters go into the body of a POST, otherwise into the query."""

    operation: Operation
    parameters: Mapping[str, Any]
    headers: Mapping[str, str]

    def put(self, name: str, value: object) -> Ask:
        return replace(self, parameters={**self.parameters, name: value})

    def without(self, name: str) -> Ask:
        return replace(self, parameters={key: value for key, value in self.parameters.items() if key != name})

    def showing(self, picture: bytes) -> Ask:
        return self.put("faceImage", pictures.in_base64(picture))

    def with_key(self, key: str | None) -> Ask:
        return replace(self, headers={} if key is None else {"x-api-key": key})

    def send(self, server: Server) -> httpx.Response:
        place = "json" if self.operation.method == "POST" else "params"
        body: dict[str, Any] = {place: self.parameters}
        return server.client.request(self.operation.method, self.operation.path, headers=self.headers, **body)


@dataclass(frozen=True)
class SearchFaceClient:
    """An app on a server, and a collection of it that has the portrait of person 1 in it, as "person-1"."""

    server: Server
    keys: Keys
    collection: str = "no-collection"
    face: str = "no-face"

    def furnished(self) -> SearchFaceClient:
        collection = self.new_collection()
        return replace(self, collection=collection, face=self.add(collection, "person-1", pictures.portrait(1)))

    def ask(self, operation: str) -> Ask:
        """A request that succeeds on a furnished desk."""
        parameters: dict[str, dict[str, Any]] = {
            "search_face": {"userName": "person-1", "faceImage": pictures.in_base64(pictures.portrait(1))},
            "add_face": {"userName": "person-2", "faceImage": pictures.in_base64(pictures.portrait(2))},
            "delete_face": {"faceId": self.face},
            "list_faces": {"page": 1},
            "compare_faces": {
                "originFace": pictures.in_base64(pictures.portrait(1)),
                "targetFace": pictures.in_base64(pictures.selfie(1)),
            },
        }
        collection = {} if operation == "compare_faces" else {"collectionId": self.collection}
        return Ask(OPERATIONS[operation], collection | parameters[operation], {"x-api-key": self.keys.apiKey})

    def answer(self, ask: Ask) -> Any:
        """The body of a success."""
        response = ask.send(self.server)
        assert response.status_code == 200, f"{response.text} {response.headers.get('X-Error-Detail')}"
        answer = response.json()
        assert answer.get("message") == ("success" if "message" in ask.operation.fields else None)
        return answer

    def add(self, collection: str, name: str, picture: bytes) -> str:
        """The id of the new face."""
        ask = self.ask("add_face").put("collectionId", collection).put("userName", name)
        return str(self.answer(ask.showing(picture))["faceId"])

    def found(self, collection: str, picture: bytes) -> list[str]:
        """The ids of the faces that match, best first."""
        ask = self.ask("search_face").put("collectionId", collection)
        ids: list[str] = self.answer(ask.showing(picture))["faceIdList"]
        return ids

    def listed(self, collection: str, page: int = 1, term: str | None = None) -> Any:
        """The answer of list_faces."""
        ask = self.ask("list_faces").put("collectionId", collection).put("page", page)
        return self.answer(ask if term is None else ask.put("term", term))

    def delete(self, collection: str, face: str) -> None:
        self.answer(self.ask("delete_face").put("collectionId", collection).put("faceId", face))

    def v2(self, method: str, path: str, **body: Any) -> Any:
        """The data of an answer of the v2.0 API; collections are made and deleted there."""
        with self.server.v2(self.keys) as client:
            answer = client.request(method, path, **body).json()
        assert answer["header"]["isSuccessful"], answer
        return answer.get("data")

    def new_collection(self, name: str = "", **settings: object) -> str:
        name = name or f"collection-{uuid4().hex}"
        self.v2("POST", "/groups", json={"groupId": name})
        if settings:
            self.configure(name, **settings)
        return name

    def deleted_collection(self) -> str:
        name = self.new_collection()
        self.v2("DELETE", f"/groups/{name}")
        return name

    def configure(self, collection: str, **settings: object) -> None:
        """Change what the collection asks of faces, as its operator."""
        response = self.server.client.patch(
            f"/admin/apps/{self.keys.name}/groups/{collection}",
            headers={"Authorization": f"Bearer {TOKEN}"},
            json=settings,
        )
        assert response.status_code == 200, response.text
