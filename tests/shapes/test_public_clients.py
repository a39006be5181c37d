"""Two kinds of public clients, with host and keys changed: a front end on v2.0, a service on Search Face."""

from __future__ import annotations

import json
from typing import Any

from harness.servers import Keys, Server, visavis
from tests.contract import pictures
from tests.shapes.sending import Shape, answer

FETCH = """
        host: 127.0.0.1:{port}
        connection: keep-alive
        Authorization: {secretKey}
        Content-Type: application/json;charset=UTF-8
        accept: */*
        accept-language: *
        sec-fetch-mode: cors
        user-agent: node
        accept-encoding: gzip, deflate"""
"""How `fetch` in a route of Next.js asks the v2.0 API."""

AXIOS = """
        Accept: application/json, text/plain, */*
        Content-Type: application/json
        x-api-key: {apiKey}
        User-Agent: axios/1.6.8
        Accept-Encoding: gzip, compress, deflate, br
        Host: 127.0.0.1:{port}
        Connection: keep-alive"""
"""How the HttpService of NestJS asks Search Face."""


class Caller:
    """Sends requests in one shape with the keys of an app."""

    def __init__(self, server: Server, keys: Keys, headers: str) -> None:
        self._port, self._headers = server.port, headers
        self._keys = {"appKey": keys.appKey, "secretKey": keys.secretKey, "apiKey": keys.apiKey}

    def __call__(self, method: str, path: str, body: object = None) -> Any:
        content = b"" if body is None else json.dumps(body, separators=(",", ":")).encode()
        status, received = answer(
            self._port, Shape(f"{method} {path} HTTP/1.1{self._headers}", content), **self._keys
        )
        assert status == 200, received
        return received


def test_a_front_end_of_next_js_signs_people_up_and_in_with_v2(server: Server, keys: Keys) -> None:
    ask = Caller(server, keys, FETCH)
    api = "/v2.0/appkeys/{appKey}"
    assert ask("POST", f"{api}/groups", {"groupId": "next-users"})["header"]["resultCode"] == 0
    assert ask("POST", f"{api}/groups", {"groupId": "next-users"})["header"]["resultCode"] == -40020
    picture = {"bytes": pictures.in_base64(pictures.portrait())}
    detected = ask("POST", f"{api}/faces/detect", {"image": picture, "orientation": True, "mask": True})
    assert detected["data"]["faceDetailCount"] == 1
    body = {"image": picture, "limit": 1, "externalImageId": "user-1042", "orientation": False, "mask": False}
    added = ask("POST", f"{api}/groups/next-users/faces", body)["data"]
    assert added["addedFaceCount"] == 1
    selfie = {"bytes": pictures.in_base64(pictures.selfie())}
    body = {"image": selfie, "limit": 1, "threshold": 80}
    [match] = ask("POST", f"{api}/groups/next-users/faces/search", body)["data"]["matchFaces"]
    assert match["face"]["externalImageId"] == "user-1042"
    face = match["face"]["faceId"]
    verified = ask("POST", f"{api}/groups/next-users/faces/{face}/verify", {"compareImage": selfie})
    assert verified["data"]["similarity"] >= 90
    listed = ask("GET", f"{api}/groups/next-users/faces?limit=200")["data"]
    assert [each["faceId"] for each in listed["faces"]] == [face]
    assert ask("DELETE", f"{api}/groups/next-users/faces/{face}")["header"]["resultMessage"] == "Success"
    assert ask("DELETE", f"{api}/groups/next-users")["header"]["isSuccessful"] is True


def test_a_service_of_nest_js_enrols_and_recognises_with_search_face(server: Server, keys: Keys) -> None:
    visavis("group", "create", keys.name, "col_123456789", "--data-dir", str(server.data_dir))
    ask = Caller(server, keys, AXIOS)
    prefix = "data:image/jpeg;base64,"
    body = {
        "collectionId": "col_123456789",
        "userName": "hong.gildong",
        "faceImage": prefix + pictures.in_base64(pictures.portrait()),
    }
    added = ask("POST", "/faces", body)
    assert added["message"] == "success"
    body = {**body, "userName": "gate-2", "faceImage": prefix + pictures.in_base64(pictures.selfie())}
    found = ask("POST", "/search", body)
    assert found["faceIdList"] == [added["faceId"]]
    assert found["result"][0]["user_name"] == "hong.gildong"
    listed = ask("GET", "/faces?collectionId=col_123456789&page=1&term=")
    assert (listed["totalCount"], listed["result"][0]["face_id"]) == (1, added["faceId"])
    pair = {"originFace": prefix + pictures.in_base64(pictures.portrait())}
    compared = ask("POST", "/modules/compare", pair | {"targetFace": body["faceImage"]})
    assert compared["result"]["similarity"]["isMatch"] is True
    path = f"/faces?collectionId=col_123456789&faceId={added['faceId']}"
    assert ask("DELETE", path) == {"message": "success"}
